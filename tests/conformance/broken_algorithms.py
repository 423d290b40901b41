"""One broken algorithm for each check that must catch it; `copies` are of a healthy one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type

SPEC = AlgorithmSpec(
    (
        Feature("key", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("twice", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("best_h", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("best", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, scale=1.0):
    key = np.empty(size)
    for i in range(size):
        key[i] = uniform(rng) * scale
    return key, 2 * key


def step(key, best):
    top = 0
    yield 0
    for i in range(1, len(key)):
        if key[i] > key[top]:
            top = i
        best[0] = top
        yield top


def verify(inputs: Any, outputs: Any) -> bool:
    return bool(outputs["best"].argmax() == inputs["key"].argmax())


def reference(inputs: Any) -> dict[str, Any]:
    return {"best": np.eye(len(inputs["key"]))[inputs["key"].argmax()]}


HEALTHY = Algorithm(
    name="maximum",
    version=1,
    source="a test",
    spec=SPEC,
    sample=sample,
    step=step,
    verify=verify,
    reference=reference,
    derive={"twice": lambda inputs: 2 * inputs["key"]},
    smallest=2,
    training={"scale": (0.5, 1.0)},
)


def constant_sample(rng, size):
    key = np.arange(size) / size
    return key, 2 * key


def unbounded_step(key, best):
    best[0] = len(key)
    yield len(key)


def forgetful_step(key, best):
    for top in step(key, best):  # noqa: UP028 - numba knows no `yield from`
        yield top
    best[0] = 0


def twice_step(twice, best):
    for i in range(len(twice)):
        if twice[i] > twice[best[0]]:
            best[0] = i
        yield int(best[0])


def small_sample(rng, size):
    key = np.empty(size)
    for i in range(size):
        key[i] = uniform(rng)
    if size < 3:
        raise ValueError("too small")
    return key, 2 * key


class _Turning:
    """A verifier and sampler that change their minds; state is what makes them wrong."""

    calls = 0


class Undecided(Algorithm):
    """Draws other instances at every second call."""

    def execute(self, inputs: Any, nodes: int) -> Any:
        _Turning.calls += 1
        return super().execute({name: column + _Turning.calls for name, column in inputs.items()}, nodes)


class BatchDependent(Algorithm):
    """Normalises by the whole batch."""

    def execute(self, inputs: Any, nodes: int) -> Any:
        return super().execute({name: column / column.max() for name, column in inputs.items()}, nodes)


class Rounding(Algorithm):
    """Interpreted, it rounds."""

    def execute(self, inputs: Any, nodes: int) -> Any:
        changed = inputs if self.compiled else {name: column.round(1) for name, column in inputs.items()}
        return super().execute(changed, nodes)


class Overwriting(Algorithm):
    """Its run writes into what it is given."""

    def run(self, **inputs: Any) -> Any:
        trajectory = super().run(**inputs)
        inputs["key"][0] = -1.0
        return trajectory


def as_type(kind: type, **changes: Any) -> Algorithm:
    fields = {field.name: getattr(HEALTHY, field.name) for field in dataclasses.fields(HEALTHY)}
    return kind(**{**fields, **changes})


BROKEN = {
    "is_described": (dataclasses.replace(HEALTHY, source=" "), "source is empty"),
    "is_deterministic": (as_type(Undecided), "differ in key"),
    "seeds_matter": (dataclasses.replace(HEALTHY, sample=constant_sample, training={}), "give equal inputs"),
    "samples_are_independent_of_the_batch": (
        as_type(BatchDependent),
        r"sample \d+ drawn alone and in a batch of 16 differs in key",
    ),
    "compiled_equals_interpreted": (
        as_type(Rounding),
        "compiled and interpreted runs at size 2, seed 20261123 differ in key",
    ),
    "values_fit_the_spec": (
        dataclasses.replace(HEALTHY, step=unbounded_step),
        "hint 'best_h' is 2 at size 2; a node mask_one is from 0 to 1",
    ),
    "run_equals_generate": (as_type(Overwriting), r"run\(\) changed its argument 'key'"),
    "derived_inputs_may_be_left_out": (
        dataclasses.replace(HEALTHY, step=twice_step, derive={"twice": lambda inputs: -inputs["key"]}),
        "without twice the output 'best' is another",
    ),
    "hints_end_in_the_output": (
        dataclasses.replace(HEALTHY, step=forgetful_step),
        "the last hint 'best_h' is not the output 'best'",
    ),
    "verify_accepts_its_own_answers": (
        dataclasses.replace(HEALTHY, verify=lambda inputs, outputs: False),
        "own answer is refused: size 2, seed 20261123, sample 0",
    ),
    "verify_accepts_the_reference": (
        dataclasses.replace(
            HEALTHY, reference=lambda inputs: {"best": np.eye(len(inputs["key"]))[inputs["key"].argmin()]}
        ),
        "reference's answer is refused",
    ),
    "verify_refuses_wrong_answers": (
        dataclasses.replace(HEALTHY, verify=lambda inputs, outputs: True),
        "only 0 are refused",
    ),
    "the_smallest_size_works": (
        dataclasses.replace(HEALTHY, sample=small_sample, compiled=False, training={}),
        "ValueError: too small",
    ),
    "the_training_distribution_can_be_drawn": (
        dataclasses.replace(HEALTHY, training={"scal": 1.0}),
        "shift axis 'scal' is not known",
    ),
}
