"""Shared inputs: every one is found, under any node names, and none that is not."""

from __future__ import annotations

import itertools
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from data_sets.small import built, in_process

from nar_bench.data.generate import generate
from nar_bench.data_sets.build import build
from nar_bench.data_sets.fingerprints import fingerprints
from nar_bench.data_sets.leaks import relabels
from nar_bench.data_sets.recipe import anew, read_recipe
from nar_bench.data_sets.shards import read_table
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import registry
from nar_bench.spec import Location, Type

pytestmark = pytest.mark.usefixtures("each_way")


def algorithm(name: str) -> Algorithm:
    return registry().load(Kind.ALGORITHM, name)


def relabelled(batch, order: np.ndarray):
    """Return the batch with node i called order[i], without its answers."""
    inputs = dict(batch.inputs)
    back = np.argsort(order)
    for feature in batch.spec.inputs:
        value = inputs[feature.name]
        if feature.name == "pos":
            continue
        if feature.type is Type.MASK_ONE:
            inputs[feature.name] = order[value].astype(value.dtype)
        elif feature.location is Location.NODE:
            inputs[feature.name] = value[:, back]
        elif feature.location is Location.EDGE:
            inputs[feature.name] = value[:, back][:, :, back]
    return type(batch)(batch.spec, batch.nodes, inputs, {}, batch.outputs, batch.offsets)


def as_graph(batch, row: int) -> nx.DiGraph:
    graph = nx.DiGraph()
    for node in range(batch.nodes):
        graph.add_node(node, source=int(batch.inputs["s"][row] == node))
    for u, v in np.argwhere(batch.inputs["A"][row]).tolist():
        graph.add_edge(u, v)
    return graph


def same_graph(one: nx.DiGraph, other: nx.DiGraph) -> bool:
    return nx.is_isomorphic(one, other, node_match=lambda a, b: a == b)


def test_fingerprints_and_the_exact_check_agree_with_brute_force() -> None:
    """On 60 graphs of 4 nodes, of which many are the same: all pairs, against networkx."""
    batch = generate(algorithm("bfs"), 4, 60, 3, hints=False)
    marks = fingerprints(batch)
    graphs = [as_graph(batch, row) for row in range(60)]
    met = 0
    for i, j in itertools.combinations(range(60), 2):
        truth = same_graph(graphs[i], graphs[j])
        met += truth
        assert (marks[i, 1] == marks[j, 1]) >= truth
        assert relabels(algorithm("bfs"), batch.select([i]), batch.select([j])) == truth
        equal = np.array_equal(batch.inputs["A"][i], batch.inputs["A"][j]) and (
            batch.inputs["s"][i] == batch.inputs["s"][j]
        )
        assert (marks[i, 0] == marks[j, 0]) == equal
    assert met > 10


@pytest.mark.parametrize("name", ["bfs", "dijkstra", "topological_sort", "floyd_warshall"])
def test_another_name_for_each_node_is_seen_through(name: str) -> None:
    batch = generate(algorithm(name), 9, 6, 1, hints=False)
    order = np.random.default_rng(0).permutation(9)
    other = relabelled(batch, order)
    np.testing.assert_array_equal(fingerprints(batch)[:, 1], fingerprints(other)[:, 1])
    assert (fingerprints(batch)[:, 0] != fingerprints(other)[:, 0]).all()
    for row in range(6):
        assert relabels(algorithm(name), batch.select([row]), other.select([row]))


@pytest.mark.parametrize("name", ["sparse_bfs", "sparse_dijkstra"])
def test_sparse_graphs_are_seen_through_too(name: str) -> None:
    """Their edges are sorted anew under the new names, and their weights with them."""
    batch = generate(algorithm(name), 12, 1, 5, hints=False)
    order = np.random.default_rng(1).permutation(12)
    edges = order[batch.inputs["edges"]]
    by = np.lexsort((edges[:, 1], edges[:, 0]))
    inputs = {**batch.inputs, "edges": edges[by].astype(np.int32), "s": order[batch.inputs["s"]].astype(np.int16)}
    if "A" in inputs:
        inputs["A"] = batch.inputs["A"][by]
    other = type(batch)(batch.spec, 12, inputs, {}, batch.outputs, batch.offsets, batch.edge_offsets)
    assert fingerprints(batch)[0, 1] == fingerprints(other)[0, 1]
    assert relabels(algorithm(name), batch, other)
    moved = {**inputs, "s": (inputs["s"] + 1) % 12}
    another = type(batch)(batch.spec, 12, moved, {}, batch.outputs, batch.offsets, batch.edge_offsets)
    assert not relabels(algorithm(name), batch, another)


def test_the_order_of_a_string_or_of_keys_counts() -> None:
    batch = generate(algorithm("insertion_sort"), 8, 5, 1, hints=False)
    other = relabelled(batch, np.arange(8)[::-1])
    assert (fingerprints(batch) != fingerprints(other)).all()


TINY = """
name = "tiny"
version = 1
leaks = "{leaks}"
[[configs]]
algorithms = ["bfs"]
text = ["text"]
[configs.splits]
train = {{ size = [4, 6], count = 200 }}
val = {{ size = 4, count = 30 }}
test_n4 = {{ size = 4, count = 20 }}
"""


def test_what_is_shared_is_removed_and_what_is_left_shares_nothing(tmp_path: Path) -> None:
    manifest = built(tmp_path, TINY.format(leaks="remove"))
    found = {(one.split, one.other): one for one in manifest.shared}
    graphs = {
        split: [as_graph(batch, row) for row in range(len(batch))]
        for split, seed, count in (("train", None, 200), ("val", None, 30), ("test_n4", None, 20))
        for part in [manifest.recipe.config("bfs").split(split).parts[0]]
        for batch in [generate(algorithm("bfs"), 4, count, part.seed, hints=False)]
    }
    for (split, other), one in found.items():
        truth = {i for i, g in enumerate(graphs[split]) if any(same_graph(g, h) for h in graphs[other])}
        assert set(one.samples) == truth
        assert one.removed
    assert set(found) == {("val", "test_n4"), ("train", "test_n4"), ("train", "val")}
    gone = {
        split: {sample for one in manifest.shared if one.split == split for sample in one.samples}
        for split in ("train", "val")
    }
    assert gone["train"]
    assert gone["val"]
    kept = {
        split: read_table(tmp_path / "set" / manifest.of("bfs", split)[0].path).column("sample").to_pylist()
        for split in ("train", "val", "test_n4")
    }
    assert kept["train"] == [sample for sample in range(200) if sample not in gone["train"]]
    assert kept["val"] == [sample for sample in range(30) if sample not in gone["val"]]
    assert kept["test_n4"] == list(range(20))
    text = read_table(tmp_path / "set" / manifest.of("bfs-text", "train")[0].path)
    assert text.column("sample").to_pylist() == kept["train"]
    for one in kept["train"]:
        assert not any(same_graph(graphs["train"][one], other) for other in graphs["test_n4"])


def test_reported_inputs_stay(tmp_path: Path) -> None:
    manifest = built(tmp_path, TINY.format(leaks="report"))
    assert manifest.shared
    assert not any(one.removed for one in manifest.shared)
    assert sum(file.rows for file in manifest.of("bfs", "train")) == 400
    assert "**left in**" in (tmp_path / "set" / "README.md").read_text()


def test_a_recipe_that_leaves_samples_out_is_built_again_to_the_same_files(tmp_path: Path) -> None:
    first = built(tmp_path, TINY.format(leaks="remove"))
    recipe = anew(read_recipe(tmp_path / "set" / "recipe.json"))
    assert recipe.hash() != first.recipe.hash()
    again = build(recipe, tmp_path / "again", in_process())
    assert (again.recipe, again.files, again.shared) == (first.recipe, first.files, first.shared)
