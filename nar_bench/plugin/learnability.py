"""What is learned, and what learns it, in the alignment laboratory: targets, their decompositions, learners.

A target is a function g of a set of n objects with a distribution of inputs; a learner makes a function f from M
examples of it. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nar_bench.data.random import Stream

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Objects:
    """A batch of B sets of n objects.

    Args:
        nodes: [B, n, d], d features of each object.
        pairs: [B, n, n, e]; [b, u, v] is what is known of the ordered pair from u to v. e may be 0.
    """

    nodes: Values
    pairs: Values

    def at(self, chosen: Any) -> Objects:
        """Return the sets at `chosen`, an index array or a slice of the batch."""
        return Objects(self.nodes[chosen], self.pairs[chosen])

    def __len__(self) -> int:
        return len(self.nodes)

    def flat(self) -> Values:
        """Return [B, n d + n n e], what a learner reads that knows nothing of objects."""
        return np.concatenate([self.nodes.reshape(len(self), -1), self.pairs.reshape(len(self), -1)], axis=1)


def without_pairs(nodes: Values) -> Objects:
    """Return objects of whose pairs nothing is given; nodes is [B, n, d]."""
    return Objects(nodes, np.zeros((*nodes.shape[:2], nodes.shape[1], 0)))


class Term(NamedTuple):
    """alpha (beta . x)^p, one term of a polynomial."""

    alpha: float
    beta: tuple[float, ...]
    power: int


Function = Callable[[Values], Values]
"""A module's function: [..., inputs] -> [...]."""


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Which functions of a network's modules generate a target: a claim of algorithmic alignment.

    Args:
        network: the learner whose structure it is, by name.
        modules: module -> the target that is its own function, by name, on one object with its inputs for features.
        learner: what each module is on its own, by name.
        options: of the network, such as the aggregation that the claim is about.
        compose: `compose(functions, config, objects) -> [B, m]`: what the network computes if each of its modules is
            replaced by the function given. With the modules' own functions it must be the target, exactly;
            conformance compares.

    Source: Xu et al. 2020, "What can neural networks reason about?", definition 3.4.
    """

    network: str
    modules: Mapping[str, str]
    learner: str
    compose: Callable[[Mapping[str, Function], Any, Objects], Values]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Target:
    """A function of a set of n objects.

    Args:
        config: frozen dataclass of its options, all with defaults.
        sample: `sample(config, stream, size, count) -> Objects`: `count` independent inputs of `size` objects.
        value: `value(config, objects) -> [B, m]`, exact; m is 1, or n where `on_nodes`.
        bounds: `bounds(config, size) -> (least, greatest)` value that any input of `sample` can have, both finite.
        pairs: e, the features of a pair of objects.
        on_nodes: whether it has one value for each object rather than one for the set.
        smallest: the least size.
        only: the only size there is, or None for any from `smallest`.
        symmetric: whether relabelling the objects changes nothing but the order of values on nodes.
        terms: `terms(config, size) -> terms`: the polynomial that it is of all its features in order, x in R^{n d}, or
            None; then ||x|| is 1 and p is 1 or even, so that Theorem 1 (3.5 of the paper) speaks of it.
        decompositions: name -> claim.
    """

    name: str
    version: int
    source: str
    config: type
    sample: Callable[[Any, Stream, int, int], Objects]
    value: Callable[[Any, Objects], Values]
    bounds: Callable[[Any, int], tuple[float, float]]
    pairs: int = 0
    on_nodes: bool = False
    smallest: int = 1
    only: int | None = None
    symmetric: bool = False
    terms: Callable[[Any, int], tuple[Term, ...]] | None = None
    decompositions: Mapping[str, Decomposition] = field(default_factory=dict)


Predictor = Callable[[Objects], Values]
"""A trained learner: objects -> [B, m]."""


def _learns_all(target: Target) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class Learner:
    """A learning algorithm A: it makes a function from examples.

    Args:
        config: frozen dataclass of its options, all with defaults; a method `faults` may name values out of range.
        fit: `fit(config, objects, values [M, m], on_nodes, seed) -> Predictor`. Equal arguments give equal functions
            on one machine. Raises `Diverged` where training does not end in finite numbers.
        unsupported: `unsupported(target) -> str`: "" or why it cannot learn this target.
        equivariant: whether relabelling the objects changes nothing but the order of values on nodes.
    """

    name: str
    version: int
    source: str
    config: type
    fit: Callable[[Any, Objects, Values, bool, int], Predictor]
    unsupported: Callable[[Target], str] = _learns_all
    equivariant: bool = False


@dataclass(frozen=True)
class NoChoice:
    """The config of a target or learner that has no options."""
