"""Registration of the CLRS-30 algorithms and the suites that use them."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_algorithms(register: Register) -> None:
    """Register the algorithms."""
    register("bellman_ford", "nar_bench_clrs30.graphs.bellman_ford:BELLMAN_FORD", "single-source shortest paths")
    register("bfs", "nar_bench_clrs30.graphs.bfs:BFS", "breadth-first search")
    register("insertion_sort", "nar_bench_clrs30.sorting.insertion_sort:INSERTION_SORT", "sorting by insertion")


@hookimpl
def register_suites(register: Register) -> None:
    """Register the suites."""
    register(
        "quickstart", "nar_bench_clrs30.suites:quickstart.toml", "three algorithms, learned and measured in minutes"
    )
