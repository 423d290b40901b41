"""Registration of the learners."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_learners(register: Register) -> None:
    """Register the learners."""
    for name, summary in (
        ("deep_sets", "a function of an aggregate over objects"),
        ("gnn", "messages between all objects, aggregated"),
        ("mlp", "a two-layer perceptron of everything in one vector"),
        ("ntk", "the same, infinitely wide and trained to the end"),
        ("sklearn", "any regressor of scikit-learn"),
    ):
        register(name, f"nar_bench_learners.{name}:{name.upper()}", summary)
