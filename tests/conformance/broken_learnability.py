"""One broken target and learner for each check that must catch it."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from nar_bench.plugin.learnability import Decomposition, Learner, NoChoice, Objects, Target, Term, without_pairs

_calls = itertools.count()


def unit_vectors(config: Any, stream: Any, size: int, count: int) -> Objects:
    x = 2 * stream.uniform(count, size, 1) - 1
    return without_pairs(x / np.linalg.norm(x, axis=1, keepdims=True))


def sum_of_squares(config: Any, objects: Objects) -> Any:
    return (np.arange(1, objects.nodes.shape[1] + 1)[:, None] * objects.nodes**2).sum(1)


TARGET = Target(
    name="squares",
    version=1,
    source="made for a test",
    config=NoChoice,
    sample=unit_vectors,
    value=sum_of_squares,
    bounds=lambda config, size: (0.0, float(size)),
    smallest=2,
    terms=lambda config, size: tuple(Term(float(i + 1), tuple(np.eye(size)[i].tolist()), 2) for i in range(size)),
    decompositions={
        "same": Decomposition(
            network="gnn",
            modules={"whole": "identity"},
            learner="mlp",
            compose=lambda functions, config, objects: functions["whole"](sum_of_squares(config, objects))[:, None],
        )
    },
)

replace = dataclasses.replace
BROKEN_TARGETS: dict[str, tuple[Target, str]] = {
    "is_described": (replace(TARGET, source=" "), "source is empty"),
    "inputs_have_their_shapes": (replace(TARGET, pairs=2), r"pairs are \(64, 2, 2, 0\)"),
    "inputs_depend_on_the_stream_alone": (
        replace(TARGET, sample=lambda c, s, n, b: without_pairs(s.uniform(b, n, 1) + next(_calls))),
        "two draws from equal streams differ",
    ),
    "values_have_their_shape": (replace(TARGET, on_nodes=True), r"values are \(64, 1\)"),
    "values_are_within_the_bounds": (replace(TARGET, bounds=lambda c, n: (0.0, 1.1)), "values from"),
    "a_value_is_of_its_own_input": (
        replace(TARGET, value=lambda c, o: sum_of_squares(c, o) - sum_of_squares(c, o).mean()),
        "depends on what else is in its batch",
    ),
    "values_are_not_all_equal": (
        replace(TARGET, value=lambda c, o: np.zeros((len(o), 1))),
        "all values at size 2 are equal",
    ),
    "is_symmetric_where_declared": (replace(TARGET, symmetric=True), "symmetric is True, but .* other values"),
    "terms_are_the_target": (
        replace(TARGET, terms=lambda c, n: (Term(1.0, tuple([1.0] * n), 2),)),
        "its terms have other values",
    ),
    "modules_generate_it": (
        replace(
            TARGET,
            decompositions={
                "wrong": replace(
                    TARGET.decompositions["same"],
                    compose=lambda f, c, o: 2 * f["whole"](sum_of_squares(c, o))[:, None],
                )
            },
        ),
        "alignment 'wrong': the modules' functions do not generate it",
    ),
}


def fit_linear(config: Any, objects: Objects, values: Any, on_nodes: bool, seed: int) -> Any:
    weights, *_ = np.linalg.lstsq(objects.flat() + 1e-3 * np.eye(len(objects), objects.flat().shape[1]), values)
    return lambda asked: asked.flat() @ weights


def fit_mean(config: Any, objects: Objects, values: Any, on_nodes: bool, seed: int) -> Any:
    return lambda asked: np.full((len(asked), values.shape[1]), values.mean())


def fit_and_spoil(config: Any, objects: Objects, values: Any, on_nodes: bool, seed: int) -> Any:
    objects.nodes[0] = 0.5
    return fit_linear(config, objects, values, on_nodes, seed)


def fit_by_chance(config: Any, objects: Objects, values: Any, on_nodes: bool, seed: int) -> Any:
    predict, noise = fit_linear(config, objects, values, on_nodes, seed), 1e-3 * next(_calls)
    return lambda asked: predict(asked) + noise


LEARNER = Learner(name="linear", version=1, source="made for a test", config=NoChoice, fit=fit_linear)
BROKEN_LEARNERS: dict[str, tuple[Learner, str]] = {
    "is_described": (replace(LEARNER, version=0), "version is 0"),
    "answers_have_their_shape": (
        replace(LEARNER, fit=lambda *given: lambda asked: np.zeros(len(asked))),
        r"answers are \(64,\)",
    ),
    "learns_what_is_easy": (replace(LEARNER, fit=fit_mean), "leaves 1.*of the variance unexplained"),
    "is_deterministic": (replace(LEARNER, fit=fit_by_chance), "two fits on equal examples with equal seeds differ"),
    "relabelling_relabels_where_declared": (
        replace(LEARNER, equivariant=True),
        "equivariant is True, but relabelled objects give other answers",
    ),
    "leaves_its_arguments": (replace(LEARNER, fit=fit_and_spoil), "it changed the examples"),
    "says_what_it_cannot_learn": (
        replace(LEARNER, unsupported=lambda target: None),
        "unsupported\\(\\) returned None",
    ),
}
