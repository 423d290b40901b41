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


def telling_step(key, best):
    best[0] = np.argmax(key)
    yield best[0]


def last_step(key, best):
    best[0] = len(key) - 1
    yield 0
    yield len(key) - 1


def last_reference(inputs: Any) -> dict[str, Any]:
    return {"best": np.eye(len(inputs["key"]))[-1]}


def scattered_sample(rng, size, keys=0):
    key = np.empty(size)
    for i in range(size):
        key[i] = uniform(rng) if keys == 0 else 0.5
    return key, 2 * key


EDGES = AlgorithmSpec(
    (
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("adj", Stage.INPUT, Location.EDGE, Type.MASK),
        Feature("top_h", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("top", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def edge_sample(rng, size):
    adj = np.zeros((size, size), np.int8)
    for i in range(size):
        for j in range(size):
            adj[i, j] = uniform(rng) < 0.5
    return np.arange(size) / size, adj


def first_to_reach_step(adj, top):
    """Finds the first node with an edge to node 0, which is another one when the nodes are renamed."""
    yield 0
    for i in range(len(adj)):
        if adj[i, 0]:
            top[0] = i
            break
    yield top[0]


def first_to_reach(inputs: Any) -> int:
    return int(inputs["adj"][:, 0].argmax())


BY_INDEX = Algorithm(
    name="first_to_reach",
    version=1,
    source="a test",
    spec=EDGES,
    sample=edge_sample,
    step=first_to_reach_step,
    verify=lambda inputs, outputs: int(outputs["top"].argmax()) == first_to_reach(inputs),
    reference=lambda inputs: {"top": np.eye(len(inputs["adj"]))[first_to_reach(inputs)]},
    smallest=2,
)


class _Turning:
    """A verifier and sampler that change their minds; state is what makes them wrong."""

    calls = 0


class Undecided(Algorithm):
    """Draws other instances at every second call."""

    def execute(self, inputs: Any, nodes: int, **options: Any) -> Any:
        _Turning.calls += 1
        return super().execute({name: column + _Turning.calls for name, column in inputs.items()}, nodes, **options)


class BatchDependent(Algorithm):
    """Normalises by the whole batch."""

    def execute(self, inputs: Any, nodes: int, **options: Any) -> Any:
        return super().execute({name: column / column.max() for name, column in inputs.items()}, nodes, **options)


class Rounding(Algorithm):
    """Interpreted, it rounds."""

    def execute(self, inputs: Any, nodes: int, **options: Any) -> Any:
        changed = inputs if self.compiled else {name: column.round(1) for name, column in inputs.items()}
        return super().execute(changed, nodes, **options)


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
    "every_word_of_an_axis_can_be_drawn": (
        dataclasses.replace(
            HEALTHY,
            sample=scattered_sample,
            training={},
            words={"keys": ("uniform", "equal")},
            verify=lambda inputs, outputs: verify(inputs, outputs) and np.ptp(inputs["key"]) > 0,
        ),
        "keys=equal: own answer refused, size 2",
    ),
    "relabelled_nodes_get_a_right_answer": (BY_INDEX, "the answer on relabelled nodes is refused: size 16"),
    "the_first_hint_gives_little_away": (
        dataclasses.replace(HEALTHY, step=telling_step),
        "the first hint 'best_h' has 100% of output 'best' right",
    ),
    "no_constant_answers_it": (
        dataclasses.replace(HEALTHY, step=last_step, verify=lambda *_: True, reference=last_reference),
        "a constant answer scores 1.000 on output 'best'",
    ),
    "cost_grows_as_declared": (
        dataclasses.replace(HEALTHY, growth=2.0),
        r"n\^1.00; declared is n\^2",
    ),
}
