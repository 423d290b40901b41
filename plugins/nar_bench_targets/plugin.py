"""Registration of the targets and of the suites of `nar-bench align`."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_targets(register: Register) -> None:
    """Register the targets."""
    for name, place, summary in (
        ("absolute_difference", "extremes:ABSOLUTE_DIFFERENCE", "|a - b|, a module function"),
        ("bellman_ford_step", "steps:BELLMAN_FORD_STEP", "one relaxation of all edges of a graph"),
        ("bfs_step", "steps:BFS_STEP", "one step of breadth-first search"),
        ("both", "steps:BOTH", "a and b, a module function"),
        ("furthest_pair", "extremes:FURTHEST_PAIR", "which two points are furthest apart"),
        ("identity", "pairwise_sum:IDENTITY", "a, a module function"),
        ("max_difference", "extremes:MAX_DIFFERENCE", "the greatest difference of two objects"),
        ("maximum_value", "extremes:MAXIMUM", "the greatest object"),
        ("pairwise_sum", "pairwise_sum:PAIRWISE_SUM", "sum of (x_i - x_j)^2 over all pairs, of Corollary 1"),
        ("path_sum", "steps:PATH_SUM", "d_u + w_uv, a module function"),
        ("polynomial", "polynomial:POLYNOMIAL", "sum of alpha (beta . x)^p, of Theorem 1"),
        ("squared_difference", "pairwise_sum:SQUARED_DIFFERENCE", "(a - b)^2, a module function"),
    ):
        register(name, f"nar_bench_targets.{place}", summary)


@hookimpl
def register_alignment_suites(register: Register) -> None:
    """Register the suites."""
    for name, summary in (
        ("corollary1", "samples that MLP, Deep Sets and GNN need for the pairwise sum, n = 2 to 8"),
        ("corollary1-small", "the same at n = 2 and 4 in a minute, to see that all is well"),
        ("theorem1", "samples for polynomials: exponents in n, p, eps and delta"),
        ("bellman_ford-modules", "modules that generate steps of algorithms, and the networks of them"),
        ("samples-needed", "examples that processors need to learn an algorithm"),
    ):
        register(name, f"nar_bench_targets:suites/{name}.toml", summary)
