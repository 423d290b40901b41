"""Trajectories go from one layout to the other without loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nar_bench
from nar_bench.errors import InputError, SpecError
from nar_bench.layouts import as_dense, as_sparse, dense_form, sparse_form
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Layout, Location, Type
from nar_bench.trajectory import Batch, SparseBatch

SALSA = ("sparse_bfs", "sparse_dfs", "sparse_dijkstra", "sparse_mst_prim", "fast_mis", "eccentricity")
N, M = "node", "mask"
SPEC = AlgorithmSpec(
    (
        Feature("x", "input", N, "scalar"),
        Feature("A", "input", "edge", "scalar"),
        Feature("way", "input", "edge", M),
        Feature("to", "hint", N, "pointer"),
        Feature("seen", "hint", "edge", M),
        Feature("left", "hint", "edge", "scalar"),
        Feature("phase", "hint", "graph", "categorical", 3),
        Feature("in_tree", "output", "edge", M),
    ),
    along_edges=True,
)  # type: ignore[arg-type]


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Draw runs with anything at all along the edges, and one value for each feature off them."""
    nodes, lengths = draw(st.integers(1, 6)), draw(st.lists(st.integers(1, 4), min_size=0, max_size=3))
    rng, count, rows = np.random.default_rng(draw(st.integers(0, 2**32))), len(lengths), sum(lengths)
    off = {name: draw(st.sampled_from((0, MASKED))) for name in ("seen", "in_tree")}
    way = (rng.random((count, nodes, nodes)) < draw(st.floats(0, 1))).astype(np.int8)
    graph = (way + way.transpose(0, 2, 1)) > 0
    run = np.repeat(np.arange(count), lengths)

    def on_edges(values: np.ndarray, of: np.ndarray, fill: int) -> np.ndarray:
        return np.where(graph[of], values, fill).astype(values.dtype)

    mask = rng.integers(-1, 2, (rows, nodes, nodes)).astype(np.int8)
    return Batch(
        spec=SPEC,
        nodes=nodes,
        inputs={
            "x": rng.random((count, nodes)),
            "A": on_edges(rng.random((count, nodes, nodes)), np.arange(count), 0),
            "way": way,
        },
        hints={
            "to": rng.integers(0, nodes, (rows, nodes)).astype(np.int16),
            "seen": on_edges(mask, run, off["seen"]),
            "left": on_edges(rng.random((rows, nodes, nodes)), run, 0),
            "phase": rng.integers(0, 3, rows).astype(np.int8),
        },
        outputs={"in_tree": on_edges(way, np.arange(count), off["in_tree"])},
        offsets=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
    )


def assert_equal(one: Batch | SparseBatch, other: Batch | SparseBatch) -> None:
    assert (one.spec, one.nodes) == (other.spec, other.nodes)
    np.testing.assert_array_equal(one.offsets, other.offsets)
    for mine, theirs in ((one.inputs, other.inputs), (one.hints, other.hints), (one.outputs, other.outputs)):
        assert mine.keys() == theirs.keys()
        for name, column in mine.items():
            np.testing.assert_array_equal(column, theirs[name], err_msg=name)
            assert column.dtype == theirs[name].dtype, name


@given(batches())
def test_a_dense_batch_comes_back_from_the_sparse_layout_as_it_was(batch: Batch) -> None:
    sparse = as_sparse(batch)
    assert_equal(as_dense(sparse, batch.spec), batch)
    assert_equal(as_sparse(as_dense(sparse, batch.spec)), sparse)


@given(batches())
def test_hints_padded_in_time_are_those_of_the_dense_layout_at_the_edges(batch: Batch) -> None:
    sparse = as_sparse(batch)
    run = np.repeat(np.arange(len(batch)), np.diff(sparse.edge_offsets))
    u, v = sparse.inputs["edges"].T
    for name in ("seen", "left"):
        np.testing.assert_array_equal(sparse.padded(name), batch.padded(name)[:, run, u, v])
    np.testing.assert_array_equal(sparse.padded("to"), batch.padded("to"))


@pytest.mark.parametrize("name", SALSA)
def test_a_sparse_batch_comes_back_from_the_dense_layout_as_it_was(name: str) -> None:
    batch = nar_bench.generate(name, 7, 4, seed=1)
    assert isinstance(batch, SparseBatch)
    dense = as_dense(batch)
    assert dense.spec == dense_form(batch.spec)
    assert dense.inputs["edges"].sum() == len(batch.inputs["edges"])
    assert_equal(as_sparse(dense), batch)
    for feature in batch.spec.hints:
        if feature.location is Location.EDGE:
            off = dense.hints[feature.name][np.repeat(dense.inputs["edges"], batch.lengths, axis=0) == 0]
            assert (off == MASKED).all()  # whether what is not there is in a tree is not asked


@pytest.mark.usefixtures("each_way")
def test_what_says_that_it_is_along_edges_is() -> None:
    """For every registered algorithm that says so, and so for its pointers too."""
    found = 0
    for entry in registry().entries(Kind.ALGORITHM):
        spec = entry.load().spec
        if not spec.along_edges:
            continue
        found += 1
        batch = nar_bench.generate(entry.name, 11, 5, seed=3, p=0.2)
        sparse = as_sparse(batch)
        assert_equal(as_dense(sparse, spec), batch)
        graph = as_dense(replace(sparse, hints={}, outputs={}), spec).inputs
        near = np.any([graph[f.name] != 0 for f in spec.inputs if f.location is Location.EDGE], axis=0)
        near |= near.transpose(0, 2, 1) | np.eye(batch.nodes, dtype=bool)
        run = np.repeat(np.arange(5), batch.lengths)
        for columns, of in ((batch.hints, run), (batch.outputs, np.arange(5))):
            for name, values in columns.items():
                if spec[name].type is Type.POINTER:
                    assert near[of[:, None], np.arange(batch.nodes), values].all(), (entry.name, name)
    assert found == 15


@pytest.mark.usefixtures("each_way")
def test_one_that_is_not_is_refused() -> None:
    batch = nar_bench.generate("topological_sort", 6, 2)
    with pytest.raises(InputError, match=r"all is along the edges of its graph \(along_edges\)"):
        as_sparse(batch)
    kruskal = nar_bench.generate("mst_kruskal", 6, 2)
    wrong = replace(kruskal, spec=replace(kruskal.spec, along_edges=True))
    u, v = np.argwhere(wrong.inputs["adj"][1] == 0)[0]
    wrong.outputs["in_mst"][1, u, v] = MASKED  # type: ignore[index]
    with pytest.raises(InputError, match=r"output 'in_mst' is 0 at a pair without an edge and -1 at another"):
        as_sparse(wrong)


def test_a_dense_form_must_tell_of_every_edge() -> None:
    batch = nar_bench.generate("sparse_dijkstra", 5, 2)
    inputs = {**batch.inputs, "A": batch.inputs["A"] * 0}
    spec = AlgorithmSpec(batch.spec.features, along_edges=True)
    assert as_dense(batch, spec).inputs.keys() == {"pos", "s", "A"}
    with pytest.raises(InputError, match=r"no input on edges tells of the edge from \d to \d of run 0"):
        as_dense(replace(batch, inputs=inputs), spec)
    with pytest.raises(InputError, match=r"has other features than the batch"):
        as_dense(batch, SPEC)


@pytest.mark.parametrize(
    ("features", "layout", "says"),
    [
        (
            (Feature("p", "output", N, "permutation_pointer"), Feature("A", "input", "edge", M)),
            "dense",
            "'p' orders all",
        ),
        ((Feature("x", "input", N, M), Feature("y", "output", N, M)), "dense", "it needs an input on edges"),
        ((Feature("A", "input", "edge", M), Feature("y", "output", N, M)), "sparse", "the layout is sparse anyway"),
    ],
)
def test_a_spec_that_cannot_be_along_edges_is_refused(features: tuple[Feature, ...], layout: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        AlgorithmSpec(features, Layout(layout), along_edges=True)


def test_the_forms_of_a_spec() -> None:
    assert sparse_form(SPEC).layout is Layout.SPARSE
    assert sparse_form(sparse_form(SPEC)) == sparse_form(SPEC)
    assert sparse_form(dense_form(sparse_form(SPEC))) == sparse_form(SPEC)
    assert dense_form(SPEC) == SPEC
