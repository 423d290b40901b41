"""Registration of the processors."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_processors(register: Register) -> None:
    """Register the processors."""
    register("mpnn", "nar_bench_processors.mpnn:MPNN", "message passing on the complete graph, maximum aggregation")
    register("memory_mpnn", "nar_bench_processors.memory_mpnn:MEMORY_MPNN", "mpnn that writes and reads ideas")
