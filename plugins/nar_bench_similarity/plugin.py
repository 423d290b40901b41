"""Registration of the similarity functions and the similar inputs."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_similarities(register: Register) -> None:
    """Register the similarity functions."""
    register("cosine", "nar_bench_similarity.cosine:COSINE", "cosine of the angle between two ideas")
    register("dot", "nar_bench_similarity.dot:DOT", "dot product of two ideas")


@hookimpl
def register_similar_inputs(register: Register) -> None:
    """Register the similar inputs."""
    register(
        "reweighted_edges", "nar_bench_similarity.reweighted_edges:REWEIGHTED_EDGES", "other weights on the same edges"
    )
    register("same_order", "nar_bench_similarity.same_order:SAME_ORDER", "fresh keys in the same order")
    register(
        "scaled_weights", "nar_bench_similarity.scaled_weights:SCALED_WEIGHTS", "all weights times one positive number"
    )
