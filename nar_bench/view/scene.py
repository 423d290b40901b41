"""How an instance is drawn, decided by what its features are and what its drawing declares.

======== ================================================== ==========================================
kind     drawn where                                        as
======== ================================================== ==========================================
plane    the drawing names two scalars as places            points or segments in the plane
spans    the drawing names where spans begin and end        spans above one line
graph    there are edges: an input lives on them, or sparse a graph, laid out by `nar_bench.view.layout`
table    hints or outputs live on pairs of nodes            tables beside an array
string   an input has a class for each node                 characters, one array for each string
array    else                                               bars of the first scalar that is no position
======== ================================================== ==========================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from nar_bench.plugin.contracts import Drawing
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Type
from nar_bench.trajectory import Array, Batch, SparseBatch
from nar_bench.view.layout import places

POSITION = "pos"
"""The input by which CLRS-30 tells networks the order of the nodes; it is drawn as that order."""


@dataclass(frozen=True)
class Scene:
    """What is drawn, and where.

    Attributes:
        kind: see above.
        places: [N][2] of a graph in [-1, 1], or of a plane as they are.
        edges: [u, v] of a graph: all of a directed one, those with u < v of an undirected one; of segments their ends.
        directed: whether the edges have an arrow.
        weight: the input on edges that is written beside them, or "".
        value: the input that bars show, or "".
        spans: the inputs where spans begin and end, "" for 0.
        letters: the input that has a character for each node, or "".
        groups: the mask that tells which string a node is of, or "".
        order: the hint that is an order of all nodes at every step, or "": nodes stand in that order.
        fill: the hint by which nodes are filled at first, or "".
        label: the scalar that is written beside nodes, or "".
        shown: the pointers and masks on edges that are drawn at first.
    """

    kind: str
    places: list[list[float]] = field(default_factory=list)
    edges: list[list[int]] = field(default_factory=list)
    directed: bool = False
    weight: str = ""
    value: str = ""
    spans: tuple[str, str] = ("", "")
    letters: str = ""
    groups: str = ""
    order: str = ""
    fill: str = ""
    label: str = ""
    shown: list[str] = field(default_factory=list)


def scene_of(batch: Batch | SparseBatch, drawing: Drawing) -> Scene:
    """Decide how the only run of a batch is drawn."""
    spec = batch.spec
    numbers = [f.name for f in spec.inputs if _is(f, Location.NODE, Type.SCALAR) and f.name != POSITION]
    characters = next((f.name for f in spec.inputs if _is(f, Location.NODE, Type.CATEGORICAL)), "")
    order = next((f.name for f in spec.hints if _is_order(f, batch.hints[f.name])), "")
    masks = [f for f in spec.hints if f.location is Location.NODE and f.type is Type.MASK]
    classes = [f for f in spec.hints if f.location is Location.NODE and f.type is Type.CATEGORICAL]
    common: dict[str, Any] = {
        "order": order,
        "fill": next((f.name for f in (*classes, *masks)), ""),
        "label": next((f.name for f in spec.hints if _is(f, Location.NODE, Type.SCALAR) and not f.given), ""),
        "shown": _shown(spec, order),
    }
    if drawing.plane:
        return Scene("plane", places=_rounded(_stack(batch, drawing.plane)), edges=_segments(batch, drawing), **common)
    if drawing.spans:
        return Scene("spans", spans=drawing.spans, **common)
    if spec.layout is Layout.SPARSE or any(f.location is Location.EDGE for f in spec.inputs):
        edges, directed = _edges(batch)
        return Scene(
            "graph",
            places=_rounded(places(batch.nodes, edges)),
            edges=edges.tolist(),
            directed=directed,
            weight=_weight(batch),
            **common,
        )
    tables = any(f.location is Location.EDGE for f in (*spec.hints, *spec.outputs))
    if characters:
        groups = next((f.name for f in spec.inputs if _is(f, Location.NODE, Type.MASK)), "")
        return Scene("table" if tables else "string", letters=characters, groups=groups, **common)
    return Scene("table" if tables else "array", value=next(iter(numbers), ""), **common)


def _is(feature: Feature, location: Location, kind: Type) -> bool:
    return feature.location is location and feature.type is kind


def _is_order(feature: Feature, values: Array) -> bool:
    """Say whether a hint [T, N] is at every step a chain of all nodes, and not always the same."""
    if not _is(feature, Location.NODE, Type.POINTER) or (values == values[0]).all():
        return False
    return all(is_chain(row) for row in values)


def is_chain(before: Array) -> bool:
    """Say whether pointers [N] at the node before, itself at the first, make one chain of all nodes."""
    starts = np.flatnonzero(before == np.arange(len(before)))
    if len(starts) != 1:
        return False
    after = {int(b): node for node, b in enumerate(before.tolist()) if b != node}
    node, length = int(starts[0]), 1
    while node in after and length <= len(before):
        node, length = after[node], length + 1
    return length == len(before)


def _shown(spec: AlgorithmSpec, order: str) -> list[str]:
    """Return what is drawn at first: what becomes an output, else the first pointer; less is read more easily."""
    outputs = {f.name for f in spec.outputs}
    drawn = [
        f
        for f in spec.hints
        if f.name != order and (_is(f, Location.NODE, Type.POINTER) or _is(f, Location.EDGE, Type.MASK))
    ]
    final = [f.name for f in drawn if f.name.removesuffix("_h") in outputs]
    return final or [f.name for f in drawn if f.type is Type.POINTER][:1]


def _edges(batch: Batch | SparseBatch) -> tuple[Array, bool]:
    """Return the edges [E, 2] without loops, and whether they have directions."""
    if isinstance(batch, SparseBatch):
        edges = batch.inputs["edges"].astype(np.int64)
        return edges[edges[:, 0] < edges[:, 1]], False
    present = np.zeros((batch.nodes, batch.nodes), bool)
    both = True
    for feature in batch.spec.inputs:
        if feature.location is Location.EDGE:
            values = batch.inputs[feature.name][0]
            present |= values != 0
            both &= bool((values == values.T).all())
    edges = np.argwhere(present)
    return edges[edges[:, 0] < edges[:, 1]] if both else edges[edges[:, 0] != edges[:, 1]], not both


def _weight(batch: Batch | SparseBatch) -> str:
    """Return the first scalar on edges that is not the same on all that have one."""
    for feature in batch.spec.inputs:
        if _is(feature, Location.EDGE, Type.SCALAR):
            values = batch.inputs[feature.name]
            if len(np.unique(values[values != 0])) > 1:
                return feature.name
    return ""


def _segments(batch: Batch | SparseBatch, drawing: Drawing) -> list[list[int]]:
    ends = range(batch.nodes) if drawing.segments else range(0)
    return [[u, v] for u, v in pairwise(ends) if u % 2 == 0]


def _stack(batch: Batch | SparseBatch, names: Sequence[str]) -> Array:
    return np.stack([batch.inputs[name][0] for name in names], axis=1)


def _rounded(values: Array) -> list[list[float]]:
    return [[round(float(x), 5), round(float(y), 5)] for x, y in values]
