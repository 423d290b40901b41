"""What is to be learned, and how well: a target at one size, with eps and delta."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nar_bench.alignment.complexity import Run
from nar_bench.alignment.judge import JudgeConfig, judge
from nar_bench.data.random import Stream, derive_seed
from nar_bench.errors import AlignmentError, Diverged
from nar_bench.plugin.learnability import Learner, Target

UNITS = ("deviation", "absolute")
"""Of eps: the standard deviation of the target's values, over inputs and objects, or that of the values themselves."""
_DEVIATION_COUNT = 20_000


@dataclass(frozen=True)
class Problem:
    """Learn `target` of `size` objects, so that P_x[ max_i |f_i - g_i| <= eps ] >= 1 - delta.

    Args:
        config: the target's options.
        size: n.
        eps: above 0, in `unit`s.
        delta: in (0, 1).
        unit: one of `UNITS`.

    Raises:
        AlignmentError: something is out of range, or the target's values are not bounded.
    """

    target: Target
    config: Any
    size: int
    eps: float
    delta: float
    unit: str = "deviation"

    def __post_init__(self) -> None:
        faults = problem_faults(self.target, self.config, self.size, self.eps, self.delta, self.unit)
        if faults:
            raise AlignmentError(f"target '{self.target.name}': " + "; ".join(f"{key} {why}" for key, why in faults))

    @cached_property
    def deviation(self) -> float:
        """The standard deviation of the target's values, from 20,000 inputs that are the same every time."""
        seed = derive_seed("deviation", self.target.name, self.size)
        objects = self.target.sample(self.config, Stream(seed), self.size, _DEVIATION_COUNT)
        return float(self.target.value(self.config, objects).std())

    @cached_property
    def absolute_eps(self) -> float:
        """Eps in the units of the target's values."""
        if self.unit == "absolute":
            return self.eps
        if self.deviation == 0:
            raise AlignmentError(
                f"target '{self.target.name}': all its values at size {self.size} are equal, so eps has no unit; "
                "give it as absolute."
            )
        return self.eps * self.deviation


def problem_faults(
    target: Target, config: Any, size: int, eps: float, delta: float, unit: str
) -> list[tuple[str, str]]:
    """Return (what, what is wrong with it) for everything that cannot be asked."""
    right_size = size == target.only if target.only is not None else size >= target.smallest
    sizes = f"{target.only} alone" if target.only is not None else f"at least {target.smallest}"
    checks = [
        ("eps", f"is {eps!r}", isinstance(eps, int | float) and 0 < eps < math.inf, "above 0 and finite"),
        ("delta", f"is {delta!r}", isinstance(delta, int | float) and 0 < delta < 1, "above 0 and below 1"),
        ("unit", f"is {unit!r}", unit in UNITS, "one of " + ", ".join(UNITS)),
        ("size", f"is {size!r}", right_size, sizes),
    ]
    faults = [(name, f"{got}; it must be {allowed}") for name, got, right, allowed in checks if not right]
    if right_size:
        low, high = target.bounds(config, size)
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            faults.append(
                ("bounds", f"are {low:g} to {high:g}; values must be bounded, or no eps says how well it is learned")
            )
    return faults


def training_run(
    problem: Problem, learner: Learner, options: Any, judging: JudgeConfig, seed: int
) -> Callable[[int, int], Run]:
    """Return `run(m, number)`, which trains a learner on m fresh examples and judges it.

    Args:
        options: the learner's.
        seed: of all runs together; run `number` at m has a seed of its own, which depends on these three alone.

    Raises:
        AlignmentError: the learner cannot learn the target.
    """
    if reason := learner.unsupported(problem.target):
        raise AlignmentError(f"{reason}.")
    target, size = problem.target, problem.size

    def run(m: int, number: int) -> Run:
        start = time.perf_counter()
        own = derive_seed(seed, "run", m, number)
        examples = target.sample(problem.config, Stream(derive_seed(own, "examples")), size, m)
        values = target.value(problem.config, examples)
        try:
            predict = learner.fit(options, examples, values, target.on_nodes, derive_seed(own, "learner"))
        except Diverged:
            return Run(m, number, None, time.perf_counter() - start)

        def hits_of(first: int, count: int) -> int:
            objects = target.sample(problem.config, Stream(derive_seed(own, "tests"), first), size, count)
            errors = np.abs(predict(objects) - target.value(problem.config, objects)).max(1)
            if not np.isfinite(errors).all():
                raise Diverged(f"{learner.name} answers with numbers that are not finite.")
            return int((errors <= problem.absolute_eps).sum())

        try:
            found = judge(hits_of, problem.delta, judging)
        except Diverged:
            return Run(m, number, None, time.perf_counter() - start)
        return Run(m, number, found, time.perf_counter() - start)

    return run
