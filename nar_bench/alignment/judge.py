"""One run: does P_x[ |f(x) - g(x)| <= eps ] reach 1 - delta? Fresh inputs are drawn until that is clear.

After 250, 500, 1,000, ... inputs Clopper and Pearson's interval is looked at, at a level that is divided between the
looks, so that a run is judged wrongly with a probability of at most 1 - `level`, whatever its P_x. Where the interval
still holds 1 - delta after `most` inputs, P_x is within about 1 / sqrt(most) of it: the share itself decides then, and
the run is marked `close`. Such a run may be judged either way, which moves C by no more than a learner whose P_x is
that much better or worse.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from nar_bench.alignment.binomial import clopper_pearson


@dataclass(frozen=True)
class JudgeConfig:
    """How many fresh inputs a run is judged by."""

    first: int = 250
    """Inputs before the first look, at least 1; they double from look to look."""
    most: int = 16_000
    """Inputs at most, at least `first`."""
    level: float = 0.99
    """Of the judgement of one run, in (0, 1)."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("first", self.first >= 1, "at least 1"),
            ("most", self.most >= self.first, f"at least first, {self.first}"),
            ("level", 0 < self.level < 1, "above 0 and below 1"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]


@dataclass(frozen=True)
class Judgement:
    """What came of it.

    Attributes:
        success: whether P_x >= 1 - delta.
        hits, count: of the inputs that it was judged by.
        close: whether it was too close to call, and the share decided.
    """

    success: bool
    hits: int
    count: int
    close: bool


def judge(hits_of: Callable[[int, int], int], delta: float, config: JudgeConfig) -> Judgement:
    """Judge a run.

    Args:
        hits_of: `hits_of(first, count)`: on how many of the fresh inputs first .. first + count - 1 the error is at
            most eps. Inputs are independent of each other and of the examples.
        delta: in (0, 1).
    """
    looks = 1 + math.ceil(math.log2(config.most / config.first))
    level = 1 - (1 - config.level) / looks
    hits, count, until = 0, 0, config.first
    while True:
        hits += hits_of(count, until - count)
        count = until
        low, high = clopper_pearson(hits, count, level)
        if low >= 1 - delta or high < 1 - delta:
            return Judgement(low >= 1 - delta, hits, count, close=False)
        if count >= config.most:
            return Judgement(hits >= (1 - delta) * count, hits, count, close=True)
        until = min(2 * until, config.most)
