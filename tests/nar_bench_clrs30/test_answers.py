"""Verifiers accept every right answer and no wrong one; brute force over all answers at small sizes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nar_bench
from nar_bench.errors import InputError

BFS, BELLMAN_FORD, SORT = (nar_bench.algorithm(name) for name in ("bfs", "bellman_ford", "insertion_sort"))


def graph(n: int, bits: list[int], weights: list[int]) -> np.ndarray:
    A = np.zeros((n, n))
    for (i, j), bit, weight in zip(itertools.product(range(n), repeat=2), bits, weights, strict=True):
        A[i, j] = bit * weight / 4
    return A


def graphs(n: int = 4) -> st.SearchStrategy[np.ndarray]:
    cells = n * n
    return st.builds(
        lambda bits, weights: graph(n, bits, weights),
        st.lists(st.integers(0, 1), min_size=cells, max_size=cells),
        st.lists(st.integers(1, 3), min_size=cells, max_size=cells),
    )


def walk_length(A: np.ndarray, pi: tuple[int, ...], node: int, source: int, hops: bool) -> float | None:
    """Follow pi from node to source; None where it does not get there along edges."""
    total = 0.0
    for _ in range(len(pi) + 1):
        if node == source:
            return total
        if A[pi[node], node] == 0 or pi[node] == node:
            return None
        total += 1 if hops else A[pi[node], node]
        node = pi[node]
    return None


def distances(A: np.ndarray, source: int, hops: bool) -> list[float]:
    """Floyd and Warshall's recurrence, as a second opinion on every distance."""
    n = len(A)
    d = np.where(A != 0, 1.0 if hops else A, np.inf)
    np.fill_diagonal(d, 0.0)
    for k, i, j in itertools.product(range(n), repeat=3):
        d[i, j] = min(d[i, j], d[i, k] + d[k, j])
    return list(d[source])


@pytest.mark.parametrize(("algorithm", "hops"), [(BFS, True), (BELLMAN_FORD, False)], ids=["bfs", "bellman_ford"])
@settings(max_examples=12, deadline=None)
@given(A=graphs(), source=st.integers(0, 3))
def test_a_tree_is_accepted_exactly_when_brute_force_finds_it_right(algorithm, hops, A, source) -> None:
    best = distances(A, source, hops)
    trajectory = algorithm.run(A=A, s=source)
    assert algorithm.verify(trajectory.inputs, trajectory.outputs)
    for pi in itertools.product(range(4), repeat=4):
        right = pi[source] == source
        for node in range(4):
            if node == source:
                continue
            if np.isinf(best[node]):
                right &= pi[node] == node
            else:
                right &= walk_length(A, pi, node, source, hops) == best[node]
        assert algorithm.verify(trajectory.inputs, {"pi": np.array(pi)}) == right, (A, source, pi)


@settings(max_examples=30, deadline=None)
@given(keys=st.lists(st.integers(0, 2), min_size=1, max_size=4))
def test_an_order_is_accepted_exactly_when_it_is_sorted(keys: list[int]) -> None:
    n = len(keys)
    inputs = {"key": np.array(keys, float)}
    right = set()
    for order in itertools.permutations(range(n)):
        if all(keys[a] <= keys[b] for a, b in itertools.pairwise(order)):
            pred = [0] * n
            for before, node in zip((order[0], *order), order, strict=False):
                pred[node] = before
            right.add(tuple(pred))
    for pred in itertools.product(range(n), repeat=n):
        assert SORT.verify(inputs, {"pred": np.array(pred)}) == (pred in right)


@settings(max_examples=30, deadline=None)
@given(keys=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
def test_insertion_sort_sorts_stably(keys: list[float]) -> None:
    trajectory = SORT.run(key=keys)
    np.testing.assert_array_equal(trajectory.outputs["pred"], SORT.reference({"key": np.array(keys)})["pred"])


@pytest.mark.parametrize(
    ("algorithm", "inputs", "says"),
    [
        (BFS, {"A": np.eye(3)}, r"input 's' is missing; it needs s, A"),
        (BFS, {"A": np.eye(3), "s": 3}, r"input 's': got 3 at \[\]; a node mask_one holds values from 0 to 2"),
        (BFS, {"A": np.eye(3), "s": [1, 1, 0]}, r"exactly one of the 3 nodes must be 1.*got 2 ones"),
        (BFS, {"A": np.eye(3), "s": 0, "B": 1}, r"unknown input 'B'; its inputs are pos, s, A, adj"),
        (BFS, {"A": np.zeros((3, 2)), "s": 0}, r"input 'A': got shape \(3, 2\).*has shape \(3, 3\)"),
        (BFS, {"A": np.full((2, 2), np.nan), "s": 0}, r"input 'A': got NaN or infinity at \[0, 0\]"),
        (BFS, {"A": np.array([["x"]]), "s": 0}, r"input 'A': got dtype <U1; numbers are needed"),
        (BFS, {"s": 0}, r"the number of nodes is not known"),
        (BFS, {"A": np.eye(2), "adj": np.ones((2, 2)), "s": 0}, r"'A' and 'adj' disagree at \[0, 1\]"),
        (BELLMAN_FORD, {"A": -np.eye(2), "s": 0}, r"cycle of negative length"),
        (SORT, {"key": []}, r"got 0 nodes; at least 1 are needed"),
        (SORT, {"key": [1.0, np.inf]}, r"input 'key': got NaN or infinity at \[1\]"),
    ],
)
def test_bad_inputs_are_refused_with_what_is_wrong(algorithm, inputs, says) -> None:
    with pytest.raises(InputError, match=says):
        algorithm.run(**inputs)


def test_negative_edges_without_a_negative_cycle_are_fine() -> None:
    A = np.array([[0.0, 2.0, 1.0], [0, 0, 0], [0, -3.0, 0]])
    A[2, 1] = -3.0
    assert BELLMAN_FORD.run(A=A, s=0).outputs["pi"].tolist() == [0, 2, 0]
