"""Inputs that the training or validation split of a config shares with a split that is kept from them.

A test is of nothing new where its input was trained on, under its own node names or others. Splits are looked at in
the order tests, validation, training; what an earlier one has is shared by a later one. Only parts of equal size can
share inputs. Fingerprints, kept while files are written, say where to look; the inputs themselves then decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data_sets.columns import EDGES
from nar_bench.data_sets.fingerprints import counted, has_graph, node_colours
from nar_bench.data_sets.manifest import Shared
from nar_bench.data_sets.recipe import DataConfig, Part, Recipe, Split
from nar_bench.data_sets.rows import Rows
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import Layout, Location, Type

TRAIN, VAL = "train", "val"

Fingerprints = Callable[[str, str, int], NDArray[np.uint64]]
"""(config, split, part) -> [rows, 2]"""


def compares(config: DataConfig) -> bool:
    """Return whether a config has splits that could share inputs."""
    return any(True for _ in _pairs(config))


def _pairs(config: DataConfig) -> list[tuple[Split, int, Split, int]]:
    """Return (earlier split, its part, later split, its part) that must not share inputs."""
    order = sorted(config.splits, key=lambda split: {TRAIN: 2, VAL: 1}.get(split.name, 0))
    found = []
    for later in order:
        if later.name not in (TRAIN, VAL):
            continue
        for earlier in order[: order.index(later)]:
            for i, mine in enumerate(earlier.parts):
                for j, theirs in enumerate(later.parts):
                    if mine.nodes == theirs.nodes:
                        found.append((earlier, i, later, j))
    return found


def find_shared(config: DataConfig, marks: Fingerprints, rows: Callable[[Part], Rows]) -> list[Shared]:
    """Return what the splits of a config share; `samples` are of the later split.

    Args:
        marks: fingerprints of the parts, in the order of their places, none removed.
        rows: makes the rows of a part.
    """
    found: dict[tuple[str, str], tuple[set[int], int]] = {}
    for earlier, i, later, j in _pairs(config):
        kept, sought = marks(config.name, earlier.name, i), marks(config.name, later.name, j)
        first = {int(mark): place for place, mark in reversed(list(enumerate(kept[:, 1].tolist())))}
        candidates = np.flatnonzero(np.isin(sought[:, 1], kept[:, 1]))
        samples, exact = found.setdefault((later.name, earlier.name), (set(), 0))
        mine, theirs = rows(earlier.parts[i]), rows(later.parts[j])
        for place in candidates.tolist():
            number = theirs.part.first + place
            # The first of the earlier split with this fingerprint stands for all: to be relabelled is transitive.
            equal, relabelled = same_problem(mine, first[int(sought[place, 1])], theirs, place)
            twin = equal or _has_equal(mine, theirs, place, kept, sought)
            if number not in samples and (relabelled or twin):
                samples.add(number)
                exact += twin
        found[later.name, earlier.name] = samples, exact
    return [
        Shared(
            config=config.name,
            split=split,
            other=other,
            samples=tuple(sorted(samples)),
            exact=exact,
            removed=False,
        )
        for (split, other), (samples, exact) in found.items()
        if samples
    ]


def _has_equal(mine: Rows, theirs: Rows, place: int, kept: Any, sought: Any) -> bool:
    for other in np.flatnonzero(kept[:, 0] == sought[place, 0]).tolist():
        if same_problem(mine, other, theirs, place)[0]:
            return True
    return False


def same_problem(mine: Rows, here: int, theirs: Rows, there: int) -> tuple[bool, bool]:
    """Return whether two inputs are equal, and whether they are equal but for the names of their nodes."""
    one, other = _inputs(mine, here), _inputs(theirs, there)
    equal = all(np.array_equal(one[name], other[name]) for name in one)
    if equal:
        return True, True
    if not has_graph(mine.algorithm.spec):
        return False, False
    return False, relabels(mine.algorithm, _one(mine, here), _one(theirs, there))


def _one(rows: Rows, place: int) -> Any:
    """Make one input, removed or not."""
    whole = Rows(rows.config, rows.part.model_copy(update={"removed": (), "hints": False}), rows.algorithm)
    return whole.batch(place, 1)


def _inputs(rows: Rows, place: int) -> Mapping[str, Any]:
    batch = _one(rows, place)
    names = [feature.name for feature in counted(batch.spec)]
    if batch.spec.layout is Layout.SPARSE:
        names.append(EDGES)
    return {name: batch.inputs[name] for name in names}


def relabels(algorithm: Algorithm, one: Any, other: Any) -> bool:
    """Return whether one input is another with other names for its nodes; both are batches of one."""
    import networkx as nx
    from networkx.algorithms.isomorphism import categorical_edge_match, categorical_node_match

    for feature in counted(algorithm.spec):
        if feature.location is Location.GRAPH and one.inputs[feature.name][0] != other.inputs[feature.name][0]:
            return False
    graphs = [_graph(algorithm, batch, node_colours(batch)[0]) for batch in (one, other)]
    sorted_colours = [sorted(colour for _, colour in graph.nodes(data="colour")) for graph in graphs]
    if sorted_colours[0] != sorted_colours[1] or graphs[0].size() != graphs[1].size():
        return False
    # The colours are an invariant: an isomorphism takes each node to one of its colour, so matching them loses none.
    return bool(
        nx.is_isomorphic(
            *graphs,
            node_match=categorical_node_match(["colour", "features"], [0, 0]),
            edge_match=categorical_edge_match("features", 0),
        )
    )


def _graph(algorithm: Algorithm, batch: Any, colours: NDArray[np.uint64]) -> Any:
    """Return one input as a graph for networkx, with all that it says of nodes and edges."""
    import networkx as nx

    graph = nx.DiGraph()
    features = counted(algorithm.spec)
    on_nodes = [
        batch.inputs[f.name][0] if f.type is not Type.MASK_ONE else np.arange(batch.nodes) == batch.inputs[f.name][0]
        for f in features
        if f.location is Location.NODE
    ]
    for node in range(batch.nodes):
        said = tuple(float(column[node]) for column in on_nodes)
        graph.add_node(node, colour=int(colours[node]), features=said)
    on_edges = [batch.inputs[f.name] for f in features if f.location is Location.EDGE]
    if algorithm.spec.layout is Layout.SPARSE:
        for e, (u, v) in enumerate(batch.inputs[EDGES].tolist()):
            graph.add_edge(u, v, features=tuple(float(column[e]) for column in on_edges))
        return graph
    stacked = np.stack([column[0].astype(np.float64) for column in on_edges], axis=-1)
    for u, v in np.argwhere(stacked.any(axis=-1)).tolist():
        graph.add_edge(u, v, features=tuple(stacked[u, v].tolist()))
    return graph


def without(recipe: Recipe, shared: list[Shared]) -> Recipe:
    """Return the recipe that leaves shared inputs out of the later split, in all forms of the config."""
    gone: dict[tuple[str, str, str], set[int]] = {}
    families = {config.name: (config.algorithm_id, config.family) for config in recipe.configs}
    for one in shared:
        algorithm, family = families[one.config]
        gone.setdefault((algorithm, family, one.split), set()).update(one.samples)

    def lacking(config: DataConfig) -> DataConfig:
        splits = []
        for split in config.splits:
            numbers = gone.get((config.algorithm_id, config.family, split.name), set())
            splits.append(split.model_copy(update={"parts": tuple(_lacking(part, numbers) for part in split.parts)}))
        return config.model_copy(update={"splits": tuple(splits)})

    return recipe.model_copy(update={"configs": tuple(lacking(config) for config in recipe.configs)})


def _lacking(part: Part, numbers: set[int]) -> Part:
    own = tuple(sorted(number for number in numbers if part.first <= number < part.first + part.count))
    return part.model_copy(update={"removed": own})


def marks_path(folder: Path, path: str) -> Path:
    """Return where the fingerprints of a file lie while a data set is built."""
    return folder / ".build" / f"{path}.npy"
