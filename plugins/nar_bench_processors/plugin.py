"""Registration of the processors, and of the memory that goes around any."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_processors(register: Register) -> None:
    """Register the processors."""
    register("deep_sets", "nar_bench_processors.deep_sets:DEEP_SETS", "message passing from each node to itself alone")
    register("discrete", "nar_bench_processors.discrete:DISCRETE", "hard attention; its finite states are the hints")
    register(
        "edge_transformer", "nar_bench_processors.edge_transformer:EDGE_TRANSFORMER", "triangular attention on pairs"
    )
    register("forgetnet", "nar_bench_processors.forgetnet:FORGETNET", "triplet_mpnn that carries nothing between steps")
    register(
        "g_forgetnet", "nar_bench_processors.g_forgetnet:G_FORGETNET", "triplet_mpnn with a gate on what it carries"
    )
    register("gat", "nar_bench_processors.gat:GAT", "graph attention along edges")
    register("gat_full", "nar_bench_processors.gat_full:GAT_FULL", "graph attention on the complete graph")
    register("gatv2", "nar_bench_processors.gatv2:GATV2", "dynamic graph attention along edges")
    register("gatv2_full", "nar_bench_processors.gatv2_full:GATV2_FULL", "dynamic attention on the complete graph")
    register("gin", "nar_bench_processors.gin:GIN", "graph isomorphism network, recurrent, without edge vectors")
    register("gine", "nar_bench_processors.gine:GINE", "graph isomorphism network, recurrent, with edge vectors")
    register("gmpnn", "nar_bench_processors.gmpnn:GMPNN", "mpnn with a gate")
    register("gpgn", "nar_bench_processors.gpgn:GPGN", "pgn with a gate")
    register("gpgn_mask", "nar_bench_processors.gpgn_mask:GPGN_MASK", "pgn with a gate and answers only along edges")
    register("memnet", "nar_bench_processors.memnet:MEMNET", "each node asks the vectors of its edges")
    register("memory_mpnn", "nar_bench_processors.memory_mpnn:MEMORY_MPNN", "mpnn that writes and reads ideas")
    register("mpnn", "nar_bench_processors.mpnn:MPNN", "message passing on the complete graph, maximum aggregation")
    register("pgn", "nar_bench_processors.pgn:PGN", "message passing along edges, maximum aggregation")
    register("pgn_mask", "nar_bench_processors.pgn_mask:PGN_MASK", "pgn with answers only along edges")
    register("recgnn", "nar_bench_processors.recgnn:RECGNN", "messages of both ends of an edge, the largest into a GRU")
    register(
        "relational_transformer",
        "nar_bench_processors.relational_transformer:RELATIONAL_TRANSFORMER",
        "attention that reads edges, and edges that are carried",
    )
    register("rnar", "nar_bench_processors.rnar:RNAR", "message passing with an LSTM over the senders in their order")
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


@hookimpl
def register_wrappers(register: Register) -> None:
    """Register the memory."""
    register("memory", "nar_bench_processors.memory:MEMORY", "memory_NAME is any processor that writes and reads ideas")
