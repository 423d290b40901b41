"""Trajectories as prompts and answers for language models, and a reader that scores what a model says.

The form is that of CLRS-Text (Markeeva et al. 2024, arXiv 2406.04229), as dm-clrs 2.0.3 writes it:

    insertion_sort:
    key: [0.549 0.715 0.603], initial_trace: [0.549 0.715 0.603]
    trace | pred:
    [0.549 0.715 0.603] | [0.549 0.603 0.715]

It equals what dm-clrs writes for its own samples of all 30 algorithms, with and without traces
(tests/oracle/text.json), a row of the published files and the examples in dm-clrs's source
(tests/data_sets/test_text.py). What else of the published files is known, and what is not, is in
docs/reference/data_sets.md.
Like its generators, we cut numbers of the input to three decimals before the algorithm runs, so that what is asked can
be answered from what is printed.

What an algorithm derives from its other inputs, such as `pos`, is not told.

The trace is of the hints that are named after an output, `pi_h` after `pi`; a blueprint names others where there are
none such (`told`). Its first state is in the prompt and its last is the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nar_bench.errors import DataSetError
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import MASKED, Feature, Layout, Location, Type
from nar_bench.trajectory import Array, Batch, Trajectory

if TYPE_CHECKING:
    import pyarrow as pa

DECIMALS = 3
"""Of numbers in a prompt."""


def text_table(
    algorithm: Algorithm, batch: Batch, samples: NDArray[np.int64], size: int, *, trace: bool, told: tuple[str, ...]
) -> pa.Table:
    """Return one row for each trajectory, with the columns of dm-clrs's generators for the Hub.

    Raises:
        DataSetError: the algorithm is one on sparse graphs, which have no text form, or has no hint to tell.
    """
    import pyarrow as pa

    if algorithm.spec.layout is Layout.SPARSE:
        raise DataSetError(f"algorithm '{algorithm.name}' is one on sparse graphs, for which there is no text form.")
    asked = cut(algorithm, batch)
    pairs = [question_and_answer(algorithm, asked[row], trace=trace, told=told) for row in range(len(batch))]
    questions, answers = [one for one, _ in pairs], [one for _, one in pairs]
    return pa.table(
        {
            "sample": pa.array(np.asarray(samples, np.int64)),
            "question": pa.array(questions, pa.string()),
            "answer": pa.array(answers, pa.string()),
            "text": pa.array([q + a for q, a in zip(questions, answers, strict=True)], pa.string()),
            "algo_name": pa.array([algorithm.name] * len(batch), pa.string()),
            "length": pa.array(np.full(len(batch), size, np.int32)),
            "use_hints": pa.array([trace] * len(batch), pa.bool_()),
        }
    )


def cut(algorithm: Algorithm, batch: Batch) -> Batch:
    """Return the trajectories of the same inputs with their numbers cut to `DECIMALS` decimals, towards zero."""
    scale = 10**DECIMALS
    inputs = {
        feature.name: np.trunc(batch.inputs[feature.name] * scale) / scale
        if feature.type is Type.SCALAR and feature.name != "pos"
        else batch.inputs[feature.name]
        for feature in algorithm.spec.inputs
    }
    made: Batch = algorithm.execute(inputs, batch.nodes)
    return made


def question_and_answer(
    algorithm: Algorithm, trajectory: Trajectory, *, trace: bool, told: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Return the prompt and the answer of one trajectory.

    Args:
        trace: whether the steps are asked for.
        told: hints that tell the steps; by default those that are named after an output.
    """
    spec = trajectory.spec
    keys = trajectory.inputs.get("key")
    asked = [feature for feature in spec.inputs if feature.name not in algorithm.derive]
    line = ", ".join(f"{f.name}: {_shown(f, trajectory.inputs[f.name], keys)}" for f in asked)
    names = [feature.name.rstrip("_") for feature in spec.outputs]  # `return` is no Python identifier, `return_` is
    answer = ", ".join(_shown(f, trajectory.outputs[f.name], keys) for f in spec.outputs)
    if trace:
        steps = _steps(trajectory, keys, told)
        if steps:
            if told:
                names = list(told)
                if len(told) != len(spec.outputs):
                    answer = ", ".join(_shown(spec[name], trajectory.hints[name][-1], keys) for name in told)
            first, *others = steps
            asked_for = f"trace | {_grouped(names, told)}"
            # The last step is the answer and is told once.
            line = f"{line}, initial_trace: {_grouped(first, told)}"
            answer = f"{', '.join(_grouped(step, told) for step in others[:-1])} | {_grouped([answer], told)}"
            return f"{algorithm.name}:\n{line}\n{asked_for}:\n", f"{answer}\n\n"
    return f"{algorithm.name}:\n{line}\n{', '.join(names)}:\n", f"{answer}\n\n"


def has_trace(algorithm: Algorithm, told: tuple[str, ...]) -> bool:
    """Return whether there are hints that tell the steps."""
    return bool(told) or any(_output_of(feature, algorithm.spec.outputs) for feature in algorithm.spec.hints)


def _output_of(hint: Feature, outputs: tuple[Feature, ...]) -> Feature | None:
    return next((output for output in outputs if hint.name == f"{output.name}_h"), None)


def _steps(trajectory: Trajectory, keys: Array | None, told: tuple[str, ...]) -> list[list[str]]:
    """Return for each step what its hints show, or nothing where there are no such hints."""
    spec = trajectory.spec
    shown = [(f, spec[f.name]) for f in spec.hints if f.name in told]
    if not told:
        shown = [(hint, output) for hint in spec.hints if (output := _output_of(hint, spec.outputs))]
    if not shown:
        return []
    return [
        [_shown(output, trajectory.hints[hint.name][t], keys) for hint, output in shown]
        for t in range(trajectory.length)
    ]


def _grouped(parts: list[str], told: tuple[str, ...]) -> str:
    """Join what belongs to one step; several hints that a blueprint names stand in parentheses."""
    joined = ", ".join(parts)
    return f"({joined})" if len(told) > 1 else joined


def _shown(feature: Feature, value: Array, keys: Array | None) -> str:
    """Print one dense value."""
    if feature.location is Location.GRAPH:
        if feature.type is Type.SCALAR:
            return f"{float(value)}"
        if feature.type is Type.CATEGORICAL:
            return str(int(value.argmax()))
        return str(int(value))
    if feature.location is Location.EDGE:
        whole = _classes(value) if feature.type is Type.CATEGORICAL else value
        return f"[{', '.join(_row(row, whole=_is_whole(feature, whole)) for row in whole)}]"
    if feature.type is Type.MASK_ONE:
        return str(int(value.argmax()))
    if feature.type is Type.PERMUTATION_POINTER:
        if keys is None:
            raise DataSetError(f"feature '{feature.name}': a permutation is told by the input 'key', which is missing.")
        return f"[{' '.join(f'{keys[node]}' for node in _order(value))}]"
    if feature.type is Type.CATEGORICAL:
        return _row(value.argmax(axis=-1), whole=True)
    return _row(value, whole=_is_whole(feature, value))


def _classes(value: Array) -> Array:
    """Return the class of each one-hot vector, MASKED where it is masked."""
    return np.where((value == MASKED).any(axis=-1), MASKED, value.argmax(axis=-1))


def _is_whole(feature: Feature, values: Array) -> bool:
    """Return whether all values are printed as whole numbers, as the reference prints arrays of such.

    It knows by the dtype and we by the values, so where all weights happen to be 0 or 1 it prints 0.0.
    """
    return feature.type is not Type.SCALAR or bool((values == np.floor(values)).all())


def _row(values: Array, *, whole: bool) -> str:
    return f"[{' '.join(str(int(value) if whole else float(value)) for value in values)}]"


def _order(before: Array) -> list[int]:
    """Return the nodes in the order that predecessor pointers give."""
    pointers = before.astype(int)
    last = set(range(len(pointers))) - set(pointers.tolist())
    if len(last) != 1:
        raise DataSetError("a permutation has no last node, so its predecessor pointers are damaged.")
    order = [last.pop()]
    while len(order) < len(pointers):
        order.append(int(pointers[order[-1]]))
    return order[::-1]
