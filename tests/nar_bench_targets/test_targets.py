"""Targets against the plainest way to compute them, one input at a time."""

from __future__ import annotations

import itertools
import math
from typing import Any

import networkx as nx
import numpy as np
import pytest

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.learnability import Objects, Target
from nar_bench.plugin.registry import registry


def drawn(name: str, size: int, count: int = 20, **options: Any) -> tuple[Objects, np.ndarray, Any]:
    target: Target = registry().load(Kind.TARGET, name)
    config = target.config(**options)
    objects = target.sample(config, Stream(3), size, count)
    return objects, target.value(config, objects), config


def rows(objects: Objects) -> list[tuple[list[list[float]], list[list[list[float]]]]]:
    return list(zip(objects.nodes.tolist(), objects.pairs.tolist(), strict=True))


def pairwise_sum(x: list[list[float]], _: Any) -> list[float]:
    return [sum(math.dist(a, b) ** 2 for a in x for b in x)]


def maximum_value(x: list[list[float]], _: Any) -> list[float]:
    return [max(a for (a,) in x)]


def max_difference(x: list[list[float]], _: Any) -> list[float]:
    return [max(abs(a - b) for (a,), (b,) in itertools.product(x, x))]


def furthest_pair(x: list[list[float]], _: Any) -> list[float]:
    far = max(itertools.combinations(range(len(x)), 2), key=lambda pair: math.dist(x[pair[0]], x[pair[1]]))
    return [float(i in far) for i in range(len(x))]


def bellman_ford_step(x: list[list[float]], pairs: list[list[list[float]]]) -> list[float]:
    """By networkx: a source leads to u at cost d_u, and one edge may follow."""
    graph, n = nx.DiGraph(), len(x)
    for u in range(n):
        graph.add_edge("s", ("once", u), weight=x[u][0])
        for v in range(n):
            graph.add_edge(("once", u), ("twice", v), weight=pairs[u][v][0])
    return [nx.shortest_path_length(graph, "s", ("twice", v), weight="weight") for v in range(n)]


def bfs_step(x: list[list[float]], pairs: list[list[list[float]]]) -> list[float]:
    n = len(x)
    return [float(any(x[u][0] and pairs[u][v][0] for u in range(n))) for v in range(n)]


@pytest.mark.parametrize(
    "plain", [pairwise_sum, maximum_value, max_difference, furthest_pair, bellman_ford_step, bfs_step]
)
@pytest.mark.parametrize("size", [3, 5])
def test_values_are_those_of_the_plainest_way(plain: Any, size: int) -> None:
    objects, values, _ = drawn(plain.__name__, size)
    assert values == pytest.approx(np.array([plain(*row) for row in rows(objects)]))


def test_a_node_may_keep_its_distance() -> None:
    objects, values, _ = drawn("bellman_ford_step", 4)
    assert (values <= objects.nodes[..., 0]).all()


def test_polynomials_are_what_their_options_say() -> None:
    objects, values, config = drawn("polynomial", 4, count=50, powers=(1, 4), alphas=(2.0, -1.0, 3.0), norm=1.5)
    target: Target = registry().load(Kind.TARGET, "polynomial")
    assert target.terms is not None
    (one,) = target.terms(config, 4)
    assert (one.alpha, one.power) == (2.0, 1)
    many = target.config(count=4, powers=(1, 4), alphas=(2.0, -1.0, 3.0), norm=1.5)
    terms = target.terms(many, 4)
    assert [(term.alpha, term.power) for term in terms] == [(2.0, 1), (-1.0, 4), (3.0, 1), (2.0, 4)]
    assert [math.hypot(*term.beta) for term in terms] == pytest.approx([1.5] * 4)
    for row, value in zip(objects.nodes[..., 0].tolist(), values[:, 0].tolist(), strict=True):
        assert value == pytest.approx(2 * sum(a * b for a, b in zip(one.beta, row, strict=True)))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"powers": (3,)}, "powers"),
        ({"powers": ()}, "powers"),
        ({"alphas": (math.inf,)}, "alphas"),
        ({"norm": 0.0}, "norm"),
        ({"count": 0}, "count"),
    ],
)
def test_polynomials_of_which_the_theorem_does_not_speak_are_refused(options: dict[str, Any], field: str) -> None:
    target: Target = registry().load(Kind.TARGET, "polynomial")
    assert [name for name, _ in target.config(**options).faults()] == [field]
