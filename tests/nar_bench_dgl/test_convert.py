"""Batches to DGL and back: every registered algorithm, edges in any order, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch

import nar_bench
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.spec import Layout
from nar_bench.trajectory import Batch, SparseBatch

if find_spec("dgl") is None:
    pytest.skip("DGL has wheels for Python 3.11 alone", allow_module_level=True)

from nar_bench_dgl.convert import from_dgl, to_dgl
from nar_bench_dgl.library import dgl
from nar_bench_dgl.library import function as fn

CHOSEN = [
    "bfs",  # pointers, a mask_one, masks
    "floyd_warshall",  # pointers on edges
    "insertion_sort",  # a permutation
    "lcs_length",  # classes on edges
    "sparse_dijkstra",  # numbers on sparse edges, mask_one hints
    "eccentricity",  # masks on sparse edges that are hints, numbers on the graph
    "fast_mis",
]


def drawn(name: str, count: int = 3, **options: Any) -> Any:
    return nar_bench.generate(name, size=6, count=count, seed=4, **options)


def assert_equal(ours: Any, given: Any) -> None:
    assert type(ours) is type(given)
    assert ours.spec == given.spec
    assert ours.nodes == given.nodes
    for columns in ("inputs", "hints", "outputs"):
        one, other = getattr(ours, columns), getattr(given, columns)
        assert set(one) == set(other)
        for name, column in other.items():
            assert one[name].dtype == column.dtype, name
            np.testing.assert_array_equal(one[name], column, err_msg=name)
    np.testing.assert_array_equal(ours.offsets, given.offsets)
    if isinstance(given, SparseBatch):
        np.testing.assert_array_equal(ours.edge_offsets, given.edge_offsets)


@pytest.mark.parametrize("name", CHOSEN)
def test_there_and_back_nothing_is_lost(name: str) -> None:
    given = drawn(name)
    assert_equal(from_dgl(to_dgl(given)), given)


@pytest.mark.slow
@pytest.mark.parametrize("entry", registry().entries(Kind.ALGORITHM), ids=lambda entry: entry.name)
def test_there_and_back_nothing_is_lost_of_any_registered_algorithm(entry: Any) -> None:
    algorithm = entry.load()
    given = nar_bench.generate(entry.name, size=max(algorithm.smallest, 6), count=2, seed=1)
    assert_equal(from_dgl(to_dgl(given)), given)


@pytest.mark.parametrize("name", ["bfs", "sparse_dijkstra"])
def test_a_batch_without_hints_stays_without(name: str) -> None:
    given = drawn(name, hints=False)
    assert_equal(from_dgl(to_dgl(given)), given)


def test_along_a_mask_the_edges_are_its_pairs_and_nothing_is_lost() -> None:
    given = drawn("bfs")
    made = to_dgl(given, along="adj")
    assert made.graph.batch_num_edges().tolist() == given.inputs["adj"].sum(axis=(1, 2)).tolist()
    assert made.graph.batch_num_nodes().tolist() == [6, 6, 6]
    assert_equal(from_dgl(made), given)


def test_dgl_computes_on_it_what_numpy_does_on_the_batch() -> None:
    given = drawn("dijkstra")
    graph = to_dgl(given, along="adj").graph
    graph.update_all(fn.copy_e("A", "m"), fn.sum("m", "total"))
    np.testing.assert_allclose(graph.ndata["total"].numpy(), given.inputs["A"].sum(axis=1).reshape(-1))
    alone = dgl.unbatch(graph)[1]
    np.testing.assert_array_equal(alone.ndata["pi"].numpy(), given.outputs["pi"][1])
    assert alone.ndata["s"].numpy().argmax() == given.inputs["s"][1]


@pytest.mark.parametrize(("name", "along"), [("floyd_warshall", "adj"), ("sparse_dijkstra", ""), ("eccentricity", "")])
def test_the_order_of_edges_does_not_matter(name: str, along: str) -> None:
    given = drawn(name) if not along else without_far_values(drawn(name))
    made = to_dgl(given, along=along)
    source, target = made.graph.edges()
    order = torch.randperm(len(source), generator=torch.Generator().manual_seed(0))
    graph = dgl.graph((source[order], target[order]), num_nodes=made.graph.num_nodes())
    graph.set_batch_num_nodes(made.graph.batch_num_nodes())
    graph.ndata.update(made.graph.ndata)
    graph.edata.update({name: values[order] for name, values in made.graph.edata.items()})
    assert_equal(from_dgl(replace(made, graph=graph)), given)


def without_far_values(batch: Batch) -> Batch:
    """Zero everything on pairs that are no edges."""
    mask = batch.inputs["adj"]
    row = np.repeat(np.arange(len(batch)), batch.lengths)

    def kept(columns: Any, on: Any) -> Any:
        return {n: (c * on).astype(c.dtype) if c.shape[1:] == mask.shape[1:] else c for n, c in columns.items()}

    inputs, outputs = kept(batch.inputs, mask), kept(batch.outputs, mask)
    return replace(batch, inputs=inputs, outputs=outputs, hints=kept(batch.hints, mask[row]))


def test_a_value_off_the_edges_is_refused_rather_than_lost() -> None:
    with pytest.raises(
        InputError, match=r"'Pi_h' of run 0 is \d on the pair \(\d, \d\), which is no edge. Leave `along`"
    ):
        to_dgl(drawn("floyd_warshall", p=0.2), along="adj")


@pytest.mark.parametrize(
    ("name", "along", "says"),
    [
        ("bfs", "A", "along='A' is no input mask on edges; its masks on edges are adj. Leave it away"),
        ("insertion_sort", "adj", "it has no mask on edges"),
        ("sparse_bfs", "adj", "is for the dense layout; the sparse one has its own edges"),
    ],
)
def test_what_gives_no_edges_is_refused(name: str, along: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        to_dgl(drawn(name), along=along)


def test_a_batch_of_no_runs_is_refused() -> None:
    with pytest.raises(InputError, match="a batch of no runs; at least one"):
        to_dgl(drawn("bfs").select([]))


def test_what_is_no_batch_of_the_spec_is_refused_on_the_way_back() -> None:
    made = to_dgl(drawn("sparse_dijkstra"))
    assert made.spec.layout is Layout.SPARSE
    source, target = made.graph.edges()
    twice = dgl.graph((torch.cat([source, source]), torch.cat([target, target])), num_nodes=made.graph.num_nodes())
    twice.set_batch_num_nodes(made.graph.batch_num_nodes())
    with pytest.raises(InputError, match="an edge is there twice"):
        from_dgl(replace(made, graph=twice))
    bare = dgl.graph((source, target), num_nodes=made.graph.num_nodes())
    bare.set_batch_num_nodes(made.graph.batch_num_nodes())
    with pytest.raises(InputError, match="no values for the feature 'pos' on its node"):
        from_dgl(replace(made, graph=bare))
    unequal = dgl.batch([dgl.graph(([0], [1])), dgl.graph(([0], [2]))])
    with pytest.raises(InputError, match=r"graphs of \[2, 3\] nodes; at least one is needed, all of equal size"):
        from_dgl(replace(made, graph=unequal))
