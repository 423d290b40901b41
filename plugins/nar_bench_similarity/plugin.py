"""Registration of the similarity functions, the similar inputs and the suites that study them."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_similarities(register: Register) -> None:
    """Register the similarity functions."""
    for name, summary in (
        ("bilinear", "a learned bilinear form of two ideas"),
        ("cosine", "cosine of the angle between two ideas"),
        ("dot", "dot product of two ideas"),
        ("length_normalised", "dot product of two trajectories over the geometric mean of their lengths"),
        ("negative_squared_distance", "minus the squared distance of two ideas"),
        ("rbf", "Gaussian kernel of two ideas"),
        ("soft_dtw", "minus the soft cost of the best alignment of two trajectories"),
    ):
        register(name, f"nar_bench_similarity.{name}:{name.upper()}", summary)


@hookimpl
def register_similar_inputs(register: Register) -> None:
    """Register the similar inputs."""
    register(
        "appended_component",
        "nar_bench_similarity.appended_component:APPENDED_COMPONENT",
        "the same graph beside another component",
    )
    register(
        "appended_greatest_keys",
        "nar_bench_similarity.appended_greatest_keys:APPENDED_GREATEST_KEYS",
        "the same keys and greater ones at the end",
    )
    register(
        "appended_keys", "nar_bench_similarity.appended_keys:APPENDED_KEYS", "the same keys and more of them at the end"
    )
    register(
        "renamed_characters",
        "nar_bench_similarity.renamed_characters:RENAMED_CHARACTERS",
        "the same strings in other characters",
    )
    register(
        "reweighted_edges", "nar_bench_similarity.reweighted_edges:REWEIGHTED_EDGES", "other weights on the same edges"
    )
    register(
        "same_edge_order",
        "nar_bench_similarity.same_edge_order:SAME_EDGE_ORDER",
        "other weights of edges in the same order",
    )
    register(
        "same_event_order", "nar_bench_similarity.same_event_order:SAME_EVENT_ORDER", "other times in the same order"
    )
    register(
        "same_joint_order",
        "nar_bench_similarity.same_joint_order:SAME_JOINT_ORDER",
        "other keys and target in the same order",
    )
    register("same_order", "nar_bench_similarity.same_order:SAME_ORDER", "fresh keys in the same order")
    register(
        "same_weight_order",
        "nar_bench_similarity.same_weight_order:SAME_WEIGHT_ORDER",
        "other weights of tasks in the same order",
    )
    register(
        "scaled_numbers", "nar_bench_similarity.scaled_numbers:SCALED_NUMBERS", "all numbers times one positive number"
    )
    register(
        "scaled_weights", "nar_bench_similarity.scaled_weights:SCALED_WEIGHTS", "all weights times one positive number"
    )
    register(
        "stretched_points", "nar_bench_similarity.stretched_points:STRETCHED_POINTS", "points stretched along both axes"
    )


@hookimpl
def register_suites(register: Register) -> None:
    """Register the suites."""
    register(
        "memory-study",
        "nar_bench_similarity.suites:memory-study.toml",
        "what hints, augmentation, a memory and its contrastive loss each do, on nine algorithms and five seeds",
    )
    register(
        "memory-study-together",
        "nar_bench_similarity.suites:memory-study-together.toml",
        "the same with one processor for all nine algorithms",
    )
    register(
        "memory-study-ablations",
        "nar_bench_similarity.suites:memory-study-ablations.toml",
        "the memory and its loss, changed in one thing at a time",
    )
    register(
        "memory-study-lite",
        "nar_bench_similarity.suites:memory-study-lite.toml",
        "what hints, augmentation, contrasted nodes, a memory and its contrastive loss each do, on a few algorithms",
    )
