"""Registration of the processors."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_processors(register: Register) -> None:
    """Register the processors."""
    register("deep_sets", "nar_bench_processors.deep_sets:DEEP_SETS", "message passing from each node to itself alone")
    register("gmpnn", "nar_bench_processors.gmpnn:GMPNN", "mpnn with a gate")
    register("gpgn", "nar_bench_processors.gpgn:GPGN", "pgn with a gate")
    register("gpgn_mask", "nar_bench_processors.gpgn_mask:GPGN_MASK", "pgn with a gate and answers only along edges")
    register("memory_mpnn", "nar_bench_processors.memory_mpnn:MEMORY_MPNN", "mpnn that writes and reads ideas")
    register("mpnn", "nar_bench_processors.mpnn:MPNN", "message passing on the complete graph, maximum aggregation")
    register("pgn", "nar_bench_processors.pgn:PGN", "message passing along edges, maximum aggregation")
    register("pgn_mask", "nar_bench_processors.pgn_mask:PGN_MASK", "pgn with answers only along edges")
    register(
        "triplet_gmpnn", "nar_bench_processors.triplet_gmpnn:TRIPLET_GMPNN", "mpnn with a gate and triplet edge vectors"
    )
    register(
        "triplet_gpgn", "nar_bench_processors.triplet_gpgn:TRIPLET_GPGN", "pgn with a gate and triplet edge vectors"
    )
    register(
        "triplet_gpgn_mask",
        "nar_bench_processors.triplet_gpgn_mask:TRIPLET_GPGN_MASK",
        "pgn with a gate, triplet edge vectors and answers only along edges",
    )
    register("triplet_mpnn", "nar_bench_processors.triplet_mpnn:TRIPLET_MPNN", "mpnn with triplet edge vectors")
    register("triplet_pgn", "nar_bench_processors.triplet_pgn:TRIPLET_PGN", "pgn with triplet edge vectors")
    register(
        "triplet_pgn_mask",
        "nar_bench_processors.triplet_pgn_mask:TRIPLET_PGN_MASK",
        "pgn with triplet edge vectors and answers only along edges",
    )
