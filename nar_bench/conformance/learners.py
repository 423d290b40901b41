"""What every learner of the alignment laboratory must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from nar_bench.conformance.kit import require
from nar_bench.data.random import Stream
from nar_bench.plugin.learnability import Learner, NoChoice, Objects, Target, Values, without_pairs

_SIZE, _EXAMPLES, _TESTS = 3, 96, 64
_TOLERANCE = 1e-4


def _objects(seed: int, count: int) -> Objects:
    return without_pairs(2 * Stream(seed).uniform(count, _SIZE, 1) - 1)


def _values(objects: Objects, on_nodes: bool) -> Values:
    """Return what is easy to learn: the mean of all objects, or that and each one's own."""
    mean: Values = objects.nodes.mean(1)
    return objects.nodes[..., 0] + mean if on_nodes else mean


@cache
def _answers(learner: Learner, on_nodes: bool, again: bool = False) -> Values:
    """Return the answers to the test inputs."""
    objects = _objects(0, _EXAMPLES)
    predict = learner.fit(learner.config(), objects, _values(objects, on_nodes), on_nodes, 0)
    return predict(_objects(1, _TESTS))


def is_described(learner: Learner) -> None:
    """The source is named and versions begin at 1."""
    require(bool(learner.source.strip()), "source is empty; name the paper, or say that it is yours.")
    require(learner.version >= 1, f"version is {learner.version}; versions begin at 1.")


def answers_have_their_shape(learner: Learner) -> None:
    """Answers are [B, 1], or [B, n] on nodes, and finite."""
    for on_nodes in (False, True):
        answers = _answers(learner, on_nodes)
        wanted = (_TESTS, _SIZE if on_nodes else 1)
        require(answers.shape == wanted, f"answers are {answers.shape}; {wanted} is needed.")
        require(bool(np.isfinite(answers).all()), "answers are not finite.")


def learns_what_is_easy(learner: Learner) -> None:
    """From 96 examples of a mean it explains half of the variance on new inputs, with its default options."""
    for on_nodes in (False, True):
        wanted = _values(_objects(1, _TESTS), on_nodes)
        error = float(((_answers(learner, on_nodes) - wanted) ** 2).mean() / wanted.var())
        require(error < 0.5, f"of a mean, {'on nodes, ' * on_nodes}it leaves {error:.0%} of the variance unexplained.")


def is_deterministic(learner: Learner) -> None:
    """Equal examples and seeds give equal functions."""
    require(
        np.array_equal(_answers(learner, False), _answers(learner, False, again=True)),
        "two fits on equal examples with equal seeds differ.",
    )


def relabelling_relabels_where_declared(learner: Learner) -> None:
    """The order of the objects does not matter exactly where `equivariant` says so.

    The examples are of the first object alone: what knows of an order learns to look at that, what does not cannot.
    """
    objects, asked = _objects(0, _EXAMPLES), _objects(1, _TESTS)
    predict = learner.fit(learner.config(), objects, objects.nodes[:, 0], False, 0)
    moved = Objects(asked.nodes[:, ::-1].copy(), asked.pairs)
    same = bool(np.abs(predict(asked) - predict(moved)).max() < _TOLERANCE)
    require(same == learner.equivariant, f"equivariant is {learner.equivariant}, but relabelled objects give "
            f"{'equal' if same else 'other'} answers.")  # fmt: skip


def leaves_its_arguments(learner: Learner) -> None:
    """Examples are not changed."""
    objects = _objects(0, 8)
    values = _values(objects, False)
    kept = objects.nodes.copy(), values.copy()
    learner.fit(learner.config(), objects, values, False, 0)
    unchanged = np.array_equal(kept[0], objects.nodes) and np.array_equal(kept[1], values)
    require(unchanged, "it changed the examples.")


def says_what_it_cannot_learn(learner: Learner) -> None:
    """`unsupported` returns a string for a target with pairs and for one without."""
    for pairs in (0, 1):
        target = Target(
            "asked", 1, "-", NoChoice, lambda *_: _objects(0, 1), lambda *_: np.zeros((1, 1)), lambda *_: (0, 1), pairs
        )
        said = learner.unsupported(target)
        require(isinstance(said, str), f"unsupported() returned {said!r}; a string is needed, empty where it can.")


CHECKS: Mapping[str, Callable[[Learner], None]] = {
    check.__name__: check
    for check in (
        is_described,
        answers_have_their_shape,
        learns_what_is_easy,
        is_deterministic,
        relabelling_relabels_where_declared,
        leaves_its_arguments,
        says_what_it_cannot_learn,
    )
}
