"""Everything that a page shows, as plain data.

Its arrays are columns (see `nar_bench.view.columns`), by name:

==================== ============================ ==========================================================
column               rows                         what
==================== ============================ ==========================================================
input/NAME           1                            the input, compact
hint/NAME            T                            the hint at each step
output/NAME          1                            the output
predicted/NAME       T or 1                       what the network says; 0 at steps for which it says nothing
wrong/NAME           T or 1                       1 where that is wrong
edges                E                            [u, v] of the entries of features on the edges of a sparse graph
ideas                S                            the ideas, by step
lines                T + 1                        how often each listed line was run for the step
ends                 T + 1                        the listed line where the step ends, or -1
==================== ============================ ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nar_bench.errors import PluginError
from nar_bench.plugin.contracts import Drawing
from nar_bench.spec import MASKED, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench.view.columns import Packed, pack, rounded
from nar_bench.view.instance import Instance
from nar_bench.view.lines import Lines
from nar_bench.view.listing import Function, listing
from nar_bench.view.scene import Scene, scene_of
from nar_bench.view.wrong import tolerance, wrong

if TYPE_CHECKING:
    from nar_bench.view.prediction import Predicted

_BITS = {Location.NODE: 12, Location.GRAPH: 12, Location.EDGE: 8}
"""Of the mantissa of predicted numbers: three digits, of the many on edges two."""
_MOST_RUNS = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Shown:
    """One feature.

    Attributes:
        words: what its classes are called, or none.
        low, high: of a scalar, over the whole run.
        allowed: of a predicted scalar, by how much it may be off.
        first, last: the first and the last step for which a hint is predicted; first > last where none is.
        errors: wrong entries at each of the T steps, or of the output; empty where nothing is predicted.
        counted: entries of one row that are not masked, at most.
    """

    name: str
    stage: str
    location: str
    type: str
    given: bool
    words: list[str]
    low: float = 0.0
    high: float = 0.0
    allowed: float = 0.0
    first: int = 1
    last: int = 0
    errors: list[int] = field(default_factory=list)
    counted: int = 0


@dataclass(frozen=True)
class Picture:
    """All of it.

    Attributes:
        facts: what the run is of, as pairs of a word and a text.
        steps: T.
        model: what predicts, or "".
        model_steps: how many steps it made.
        ideas: K, or 0.
    """

    algorithm: str
    summary: str
    source: str
    facts: list[tuple[str, str]]
    nodes: int
    steps: int
    scene: Scene
    features: list[Shown]
    functions: list[Function]
    packed: Packed
    model: str = ""
    model_steps: int = 0
    ideas: int = 0
    notes: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Return what the page's script reads: all but what stands in the page itself."""
        whole = asdict(self)
        del whole["functions"], whole["facts"], whole["notes"]
        whole["columns"] = whole.pop("packed")["columns"]
        return whole


def picture_of(
    instance: Instance,
    summary: str,
    drawing: Drawing | None,
    facts: Sequence[tuple[str, str]],
    predicted: Predicted | None = None,
    model: str = "",
    notes: Sequence[str] = (),
) -> Picture:
    """Put together what is shown of a run, and of what a network said to it.

    Raises:
        PluginError: the algorithm's drawing does not fit its spec.
    """
    algorithm, batch = instance.algorithm, instance.batch
    drawing = drawing or Drawing()
    if faults := drawing.faults(algorithm.spec):
        raise PluginError(f"algorithm '{algorithm.name}': its drawing does not fit: {'; '.join(faults)}.")
    columns: dict[str, Array] = {}
    features = []
    for feature in algorithm.spec.features:
        truth = {Stage.INPUT: batch.inputs, Stage.HINT: batch.hints, Stage.OUTPUT: batch.outputs}[feature.stage]
        features.append(_feature(feature, _rows(instance, feature, truth[feature.name]), predicted, drawing, columns))
    if "edges" in batch.inputs:
        columns["edges"] = batch.inputs["edges"].astype(np.int16)
    functions = listing(instance.lines.codes)
    columns |= _run_lines(instance.lines, functions)
    ideas = None if predicted is None else predicted.ideas
    if ideas is not None:
        columns["ideas"] = rounded(ideas, 8)
    return Picture(
        algorithm=algorithm.name,
        summary=summary,
        source=algorithm.source,
        facts=list(facts),
        nodes=batch.nodes,
        steps=int(batch.lengths[0]),
        scene=scene_of(batch, drawing),
        features=features,
        functions=functions,
        packed=pack(columns),
        model=model,
        model_steps=predicted.steps if predicted else 0,
        ideas=0 if ideas is None else int(ideas.shape[1]),
        notes=list(notes),
    )


def _rows(instance: Instance, feature: Feature, values: Array) -> Array:
    """Return [rows, ...] of a column of a batch of one; hints on edges of a sparse graph are laid end to end there."""
    rows = int(instance.batch.lengths[0]) if feature.stage is Stage.HINT else 1
    return values.reshape(rows, -1)


def _feature(
    feature: Feature, truth: Array, predicted: Predicted | None, drawing: Drawing, columns: dict[str, Array]
) -> Shown:
    """Describe one feature [rows, cells] and add its columns."""
    scalar, maskable = feature.type is Type.SCALAR, feature.type in (Type.MASK, Type.CATEGORICAL)
    columns[f"{feature.stage}/{feature.name}"] = truth.astype(np.float32) if scalar else _narrow(truth)
    allowed, first, last, errors = tolerance(feature, truth), 1, 0, []
    said = None if predicted is None else _said(feature, predicted)
    if said is not None:
        rows, first = len(truth), 1 if feature.stage is Stage.HINT else 0
        last = min(rows - 1, first + len(said) - 1)
        whole = np.zeros(truth.shape, said.dtype)
        marks = np.zeros(truth.shape, np.uint8)
        answers = said.reshape(len(said), -1)[: last - first + 1]
        whole[first : last + 1] = answers
        marks[first : last + 1] = wrong(feature, truth[first : last + 1], answers, allowed)
        columns[f"predicted/{feature.name}"] = rounded(whole, _BITS[feature.location]) if scalar else _narrow(whole)
        columns[f"wrong/{feature.name}"] = marks
        errors = marks.sum(axis=1, dtype=np.int64).tolist()
    words = drawing.words.get(feature.name, ())
    return Shown(
        name=feature.name,
        stage=str(feature.stage),
        location=str(feature.location),
        type=str(feature.type),
        given=feature.given,
        words=list(words) or [str(k) for k in range(feature.classes)],
        low=float(truth.min()) if scalar and truth.size else 0.0,
        high=float(truth.max()) if scalar and truth.size else 0.0,
        allowed=allowed,
        first=first,
        last=last,
        errors=errors,
        counted=int((truth != MASKED).sum(axis=1).max(initial=0)) if maskable else truth.shape[1],
    )


def _said(feature: Feature, predicted: Predicted) -> Array | None:
    """Return [rows, ...] what is predicted of a feature, or None."""
    said: Mapping[str, Array] = {Stage.HINT: predicted.hints, Stage.OUTPUT: predicted.outputs}.get(feature.stage, {})
    return np.asarray(said[feature.name]) if feature.name in said else None


def _narrow(values: Array) -> Array:
    """Return whole numbers in the narrowest type that a page reads."""
    small = values.size == 0 or (values.min() >= -128 and values.max() <= 127)
    return values.astype(np.int8 if small else np.int16)


def _run_lines(lines: Lines, functions: Sequence[Function]) -> dict[str, Array]:
    listed = {(line.file, line.number): at for at, line in enumerate(one for f in functions for one in f.lines)}
    if not listed or not lines.steps:
        return {}
    counts = np.zeros((len(lines.steps), len(listed)), np.uint16)
    for row, step in zip(counts, lines.steps, strict=True):
        for place, count in step.items():
            if place in listed:
                row[listed[place]] = min(count, _MOST_RUNS)
    ends = np.array([listed.get(place, -1) for place in lines.ends], np.int16)
    return {"lines": counts, "ends": ends[:, None]}
