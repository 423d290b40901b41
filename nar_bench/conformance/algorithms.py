"""What every algorithm must do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from nar_bench.conformance.kit import require
from nar_bench.data.generate import generate, shift_axes
from nar_bench.data.random import Stream
from nar_bench.errors import InputError
from nar_bench.evaluation.chance import constant_answers
from nar_bench.evaluation.metrics import output_scores
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Layout, Location, Type
from nar_bench.trajectory import Array, Columns

SEED = 20261123
_SIZE, _COUNT = 8, 16
_LEAK, _TRIVIAL, _GROWTH = 0.1, 0.95, 0.35


def _sizes(algorithm: Algorithm) -> list[int]:
    """Return the smallest size, one in the middle, and the usual one."""
    return sorted({algorithm.smallest, max(algorithm.smallest, _SIZE), max(algorithm.smallest, 16)})


def _batch(algorithm: Algorithm, size: int | None = None, count: int = _COUNT, first: int = 0) -> Any:
    return generate(algorithm, size or _sizes(algorithm)[1], count, SEED, first=first)


def _same(one: Columns, other: Columns) -> str:
    """Return the first column in which two batches differ, or ""."""
    return next((name for name in one if not np.array_equal(one[name], other[name])), "")


def _differs(one: Any, other: Any) -> str:
    if not np.array_equal(one.offsets, other.offsets):
        return "the lengths"
    return _same(one.inputs, other.inputs) or _same(one.hints, other.hints) or _same(one.outputs, other.outputs)


def is_described(algorithm: Algorithm) -> None:
    """The name is an identifier, the source is named, the version is at least 1."""
    require(algorithm.name.isidentifier(), f"the name {algorithm.name!r} is no identifier.")
    require(bool(algorithm.source.strip()), "source is empty; name the book page or paper.")
    require(algorithm.version >= 1, f"version is {algorithm.version}; versions begin at 1.")


def is_deterministic(algorithm: Algorithm) -> None:
    """Equal arguments give equal trajectories."""
    differs = _differs(_batch(algorithm), _batch(algorithm))
    require(not differs, f"two calls generate(size={_sizes(algorithm)[1]}, seed={SEED}) differ in {differs}.")


def seeds_matter(algorithm: Algorithm) -> None:
    """Another seed gives other inputs."""
    other = generate(algorithm, _sizes(algorithm)[1], _COUNT, SEED + 1)
    require(bool(_same(_batch(algorithm).inputs, other.inputs)), f"seeds {SEED} and {SEED + 1} give equal inputs.")


def samples_are_independent_of_the_batch(algorithm: Algorithm) -> None:
    """Sample i is the same, alone or in a batch."""
    whole = _batch(algorithm)
    for index in (0, _COUNT // 2, _COUNT - 1):
        differs = _differs(whole.select([index]), _batch(algorithm, count=1, first=index))
        require(not differs, f"sample {index} drawn alone and in a batch of {_COUNT} differs in {differs}.")


def compiled_equals_interpreted(algorithm: Algorithm) -> None:
    """The compiled source computes what the interpreted one does."""
    interpreted = dataclasses.replace(algorithm, compiled=False)
    for size in _sizes(algorithm)[:2]:
        differs = _differs(_batch(algorithm, size, 4), _batch(interpreted, size, 4))
        require(not differs, f"compiled and interpreted runs at size {size}, seed {SEED} differ in {differs}.")


def values_fit_the_spec(algorithm: Algorithm) -> None:
    """Every value of every input, hint and output is in the range of its type."""
    for size in _sizes(algorithm):
        batch = _batch(algorithm, size)
        for columns in (batch.inputs, batch.hints, batch.outputs):
            for feature in algorithm.spec.features:
                if feature.name in columns:
                    _check_range(feature, columns[feature.name], batch.nodes, size)


def _check_range(feature: Feature, values: Array, nodes: int, size: int) -> None:
    if feature.type is Type.SCALAR:
        require(bool(np.isfinite(values).all()), f"{feature.stage} '{feature.name}' is not finite at size {size}.")
        return
    low, high = {
        Type.MASK: (MASKED, 1),
        Type.CATEGORICAL: (MASKED, feature.classes - 1),
    }.get(feature.type, (0, nodes - 1))
    wrong = np.argwhere((values < low) | (values > high))
    require(
        not len(wrong),
        f"{feature.stage} '{feature.name}' is {values[tuple(wrong[0])] if len(wrong) else ''} at size {size}; "
        f"a {feature.location} {feature.type} is from {low} to {high}.",
    )
    if feature.type is Type.PERMUTATION_POINTER:
        for pred in values:
            require(_is_order(pred), f"{feature.stage} '{feature.name}' {pred.tolist()} is no order of all nodes.")


def _is_order(pred: Array) -> bool:
    firsts = np.flatnonzero(pred == np.arange(len(pred)))
    if len(firsts) != 1:
        return False
    rest = np.delete(pred, firsts[0])
    if len(set(rest.tolist())) != len(rest):
        return False
    node, seen = int(firsts[0]), 1
    successor = {int(before): after for after, before in enumerate(pred) if before != after}
    while node in successor:
        node, seen = successor[node], seen + 1
    return seen == len(pred)


def run_equals_generate(algorithm: Algorithm) -> None:
    """`run` on generated inputs gives the generated trajectory, and does not change its arguments."""
    for trajectory in _batch(algorithm, count=4):
        given = {name: value.copy() for name, value in trajectory.inputs.items()}
        again = algorithm.run(**given)
        require(again.length == trajectory.length, f"run() made {again.length} steps, generate() {trajectory.length}.")
        differs = _same(trajectory.hints, again.hints) or _same(trajectory.outputs, again.outputs)
        require(not differs, f"run() and generate() differ in {differs}.")
        changed = _same(trajectory.inputs, given)
        require(not changed, f"run() changed its argument '{changed}'.")


def derived_inputs_may_be_left_out(algorithm: Algorithm) -> None:
    """Leaving out the derived inputs gives the same output."""
    trajectory = _batch(algorithm, count=1)[0]
    given = {name: value for name, value in trajectory.inputs.items() if name not in algorithm.derive}
    differs = _same(trajectory.outputs, algorithm.run(**given).outputs)
    require(not differs, f"without {', '.join(algorithm.derive)} the output '{differs}' is another.")


def hints_end_in_the_output(algorithm: Algorithm) -> None:
    """The last hint with an output's name, or that name and `_h`, is the output; `loose_ends` says if not."""
    batch = _batch(algorithm)
    last = batch.offsets[1:] - 1
    for output in algorithm.spec.outputs:
        for hint in algorithm.spec.hints:
            if hint.name in (output.name, f"{output.name}_h"):
                same = np.array_equal(batch.hints[hint.name][last], batch.outputs[output.name])
                if hint.name in algorithm.loose_ends:
                    require(not same, f"the last hint '{hint.name}' is the output; take it off loose_ends.")
                else:
                    require(same, f"the last hint '{hint.name}' is not the output '{output.name}'.")


def verify_accepts_its_own_answers(algorithm: Algorithm) -> None:
    """The verifier accepts what the algorithm outputs."""
    for size in _sizes(algorithm):
        for index, trajectory in enumerate(_batch(algorithm, size)):
            accepted = algorithm.verify(trajectory.inputs, trajectory.outputs)
            require(accepted, f"the algorithm's own answer is refused: size {size}, seed {SEED}, sample {index}.")


def verify_accepts_the_reference(algorithm: Algorithm) -> None:
    """The verifier accepts what the independent reference answers."""
    for size in _sizes(algorithm):
        for index, trajectory in enumerate(_batch(algorithm, size)):
            answer = algorithm.reference(trajectory.inputs)
            accepted = algorithm.verify(trajectory.inputs, answer)
            require(accepted, f"the reference's answer is refused: size {size}, seed {SEED}, sample {index}.")


def verify_refuses_wrong_answers(algorithm: Algorithm) -> None:
    """Answers to other inputs, where they differ from the algorithm's own, are refused: at least half of them."""
    size = _sizes(algorithm)[-1]
    batch = _batch(algorithm, size, 33)
    runs = list(batch)
    others = [(one, other) for one, other in pairwise(runs) if _same(one.outputs, other.outputs)]
    refused = sum(not algorithm.verify(one.inputs, other.outputs) for one, other in others)
    require(
        2 * refused >= len(others) > 0,
        f"of {len(others)} answers that belong to other inputs (size {size}, seed {SEED}) only {refused} are refused.",
    )


def the_smallest_size_works(algorithm: Algorithm) -> None:
    """Size `smallest` can be drawn and run."""
    batch = _batch(algorithm, algorithm.smallest, 4)
    require(bool((batch.lengths >= 1).all()), f"a trajectory of size {algorithm.smallest} has no hint.")


def the_training_distribution_can_be_drawn(algorithm: Algorithm) -> None:
    """The shift axes of `training` exist, and every axis has a default."""
    axes = shift_axes(algorithm)
    missing = [n for n, value in axes.items() if not (isinstance(value, int | float) or n in algorithm.words)]
    require(not missing, f"shift axis '{missing[0] if missing else ''}' of the input distribution has no default.")
    generate(algorithm, _sizes(algorithm)[1], 4, SEED, **algorithm.training)


def relabelled_nodes_get_a_right_answer(algorithm: Algorithm) -> None:
    """On a graph with its nodes in another order, the answer, put back in the old order, is accepted.

    For algorithms on graphs; `pos` tells the order and stays. What `check` refuses after relabelling, such as a network
    whose source must be the first node, is left out.
    """
    spec, size = algorithm.spec, _sizes(algorithm)[-1]
    dense_graph = any(f.location is Location.EDGE and f.type is Type.MASK for f in spec.inputs)
    if not (dense_graph or spec.layout is Layout.SPARSE):
        return
    for index, run in enumerate(_batch(algorithm, size)):
        nodes = len(run.inputs["pos"])
        new = Stream(SEED, index).permutation(nodes)  # old node v becomes new[v]
        inputs = {
            name: new[value] if name == "edges" else _moved(spec, name, value, new)
            for name, value in run.inputs.items()
            if name != "pos"
        }
        try:
            answer = algorithm.run(pos=run.inputs["pos"], **inputs).outputs
        except InputError:
            return
        back = {name: _moved(spec, name, value, np.argsort(new)) for name, value in answer.items()}
        accepted = algorithm.verify(run.inputs, back)
        require(accepted, f"the answer on relabelled nodes is refused: size {size}, seed {SEED}, sample {index}.")


def _moved(spec: AlgorithmSpec, name: str, value: Array, new: Array) -> Array:
    """Return a dense feature with node v renamed new[v]."""
    feature, old = spec[name], np.argsort(new)
    if feature.type in (Type.POINTER, Type.PERMUTATION_POINTER):
        value = new[value]
    if feature.location is Location.NODE:
        return value[old]
    if feature.location is Location.EDGE and spec.layout is Layout.DENSE:
        return value[np.ix_(old, old)]
    return value


def _constant_share(values: Array) -> float:
    """Return the share of entries that the most frequent value of each entry has right; masked ones do not count."""
    most = np.zeros(values.shape[1:])
    for one in np.unique(values[values != MASKED]):
        most = np.maximum(most, (values == one).sum(axis=0))
    return float(most.sum() / max((values != MASKED).sum(), 1))


def the_first_hint_gives_little_away(algorithm: Algorithm) -> str:
    """Hint 0, which a network is given, says at most a tenth of what no constant answer knows; `leaks` says if not."""
    batch = _batch(algorithm, _sizes(algorithm)[-1], 64)
    found = []
    for output in algorithm.spec.outputs:
        for hint in algorithm.spec.hints:
            if hint.name not in (output.name, f"{output.name}_h") or output.type is Type.SCALAR:
                continue
            truth = batch.outputs[output.name]
            counted = truth != MASKED
            agrees = float((batch.hints[hint.name][batch.offsets[:-1]] == truth)[counted].mean())
            constant = _constant_share(truth)
            leak = max(0.0, (agrees - constant) / max(1 - constant, 1e-9))
            declared = output.name in algorithm.leaks
            require(
                declared or leak <= _LEAK,
                f"the first hint '{hint.name}' has {agrees:.0%} of output '{output.name}' right, the best constant "
                f"answer {constant:.0%}: name the reason in leaks, or show less.",
            )
            require(not declared or leak > _LEAK, f"output '{output.name}' does not leak; take it off leaks.")
            found.append(f"{output.name} {agrees:.0%} (constant {constant:.0%})")
    return ", ".join(found)


def no_constant_answers_it(algorithm: Algorithm) -> str:
    """The best constant answer scores below 0.95 on every output (a scalar: is not exact); `shallow` says if not."""
    size = _sizes(algorithm)[-1]
    batch = _batch(algorithm, size, 64)
    constant = constant_answers(algorithm, size, batch.outputs, SEED)
    scores = output_scores(algorithm.spec, batch.outputs, constant)
    for feature in algorithm.spec.outputs:
        value = scores[feature.name]
        trivial = value == 0 if feature.type is Type.SCALAR else value >= _TRIVIAL
        declared = feature.name in algorithm.shallow
        said = f"a constant answer scores {value:.3f} on output '{feature.name}' at size {size}"
        require(declared or not trivial, f"{said}: make instances harder, or name the reason in shallow.")
        require(trivial or not declared, f"{said}; take it off shallow.")
    return ", ".join(f"{name} {value:.2f}" for name, value in scores.items())


def cost_grows_as_declared(algorithm: Algorithm) -> str:
    """The mean number of hints grows from n = 16 to 64 with an exponent within 0.35 of `growth`, where declared."""
    sizes = [max(algorithm.smallest, 16), max(algorithm.smallest, 16) * 4]
    few, many = (generate(algorithm, size, 64, SEED, hints=False).lengths.mean() for size in sizes)
    exponent = float(np.log(many / few) / np.log(sizes[1] / sizes[0]))
    measured = f"{few:.0f} hints at n = {sizes[0]}, {many:.0f} at {sizes[1]}: n^{exponent:.2f}"
    if algorithm.growth is not None:
        require(abs(exponent - algorithm.growth) <= _GROWTH, f"{measured}; declared is n^{algorithm.growth:g}.")
    return measured


def every_word_of_an_axis_can_be_drawn(algorithm: Algorithm) -> None:
    """Every named value of a shift axis, such as a graph family, gives instances whose own answers are right."""
    for axis, words in algorithm.words.items():
        for word in words:
            for size in _sizes(algorithm)[:2]:
                shift: Any = {axis: word}
                batch = generate(algorithm, size, 4, SEED, **shift)
                for index, run in enumerate(batch):
                    accepted = algorithm.verify(run.inputs, run.outputs)
                    require(accepted, f"{axis}={word}: own answer refused, size {size}, seed {SEED}, sample {index}.")


CHECKS: Mapping[str, Callable[[Algorithm], str | None]] = {
    function.__name__: function
    for function in (
        is_described,
        is_deterministic,
        seeds_matter,
        samples_are_independent_of_the_batch,
        compiled_equals_interpreted,
        values_fit_the_spec,
        run_equals_generate,
        derived_inputs_may_be_left_out,
        hints_end_in_the_output,
        verify_accepts_its_own_answers,
        verify_accepts_the_reference,
        verify_refuses_wrong_answers,
        the_smallest_size_works,
        the_training_distribution_can_be_drawn,
        every_word_of_an_axis_can_be_drawn,
        relabelled_nodes_get_a_right_answer,
        the_first_hint_gives_little_away,
        no_constant_answers_it,
        cost_grows_as_declared,
    )
}
