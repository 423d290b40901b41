"""Registration of the algorithms on sparse graphs and the suites that use them."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_algorithms(register: Register) -> None:
    """Register the algorithms."""
    register("eccentricity", "nar_bench_salsa.eccentricity:ECCENTRICITY", "distance of the farthest node, sparse")
    register("fast_mis", "nar_bench_salsa.fast_mis:FAST_MIS", "maximal independent set with random numbers, sparse")
    register("sparse_bfs", "nar_bench_salsa.sparse_bfs:SPARSE_BFS", "breadth-first search, sparse")
    register("sparse_dfs", "nar_bench_salsa.sparse_dfs:SPARSE_DFS", "depth-first search, sparse")
    register("sparse_dijkstra", "nar_bench_salsa.sparse_dijkstra:SPARSE_DIJKSTRA", "shortest paths, sparse")
    register("sparse_mst_prim", "nar_bench_salsa.sparse_mst_prim:SPARSE_MST_PRIM", "minimum spanning tree, sparse")


@hookimpl
def register_suites(register: Register) -> None:
    """Register the suites."""
    register(
        "salsa", "nar_bench_salsa.suites:salsa.toml", "the protocol of SALSA-CLRS, three processors, up to n = 1,600"
    )
    register("salsa-large", "nar_bench_salsa.suites:salsa-large.toml", "learned at n <= 16, measured at n = 100,000")
