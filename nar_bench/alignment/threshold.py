"""Finding the least M at which at least half of all runs succeed, from as few runs as it takes.

Let q(M) be the share of all runs at M that succeed. What is assumed:

1. runs are independent, and those at one M alike: examples, initial weights and test inputs are drawn anew for each;
2. there is a C with q(M) < 1/2 for every M < C and q(M) >= 1/2 for every M >= C. C is what is looked for.

Nothing else is assumed of q: neither its form nor how steep it is, nor that it grows elsewhere.

**The interval.** Before run t, at M_t, a chance q_t that it succeeds is named by a model (below) from the runs before.
Take a candidate c. If c is the C, then q(M_t) is below 1/2 where M_t < c and at least 1/2 where M_t >= c. Let
L_t = 2 q_t if the run succeeds and 2 (1 - q_t) if it does not: a bet at even odds. If M_t < c and q_t > 1/2, the
expectation of L_t given what came before is at most 1 for every q(M_t) < 1/2, since it grows with q(M_t) and is 1 at
1/2. If M_t >= c and q_t < 1/2, likewise. In all other cases there is no bet against c. So the product E_c of the bets
against c is, if c is the C, a nonnegative supermartingale that starts at 1, however the M_t are chosen and whenever one
stops. By Ville's inequality it ever reaches 1 / alpha with a probability of at most alpha. The interval is what is left
of all c with E_c < 1 / alpha, so it holds C with a probability of at least 1 - alpha; only one c is the C, so nothing
has to be divided between the values of M that were looked at, and all runs speak together. Where every c is rejected,
assumption 2 does not hold, and that is what is said.

**The model** names q_t and chooses M_t, and no more: were it wrong, the interval would be wider, not wrong. It is
q(M) = s + (1 - 2 s) / (1 + (C / M)^b), with b in {2, 4, 8, 16}, s in {0, 0.02} and C on a grid of eighths of an octave,
all equally likely at first; q_t is its prediction from the runs so far. No q_t is beyond 0.98 or below 0.02.

**Where to run.** From the smallest M up, each twice the last, until a run succeeds: then C is within an octave or so.
From there on each run is for one end of the interval: for the end that has the longer way to go, at the M nearest to C
at which half of the runs that are left should suffice to move that end there. Where there is no such M, at the one
whose outcome is least certain, which is a bisection. It ends when the interval is narrow enough or the runs are used
up.

Source: the bets are those of Ville 1939 and of "testing by betting" (Shafer 2021); that intervals by them hold at any
stopping time is in Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting". Their use
for a threshold is worked out here; tests/alignment/test_coverage.py simulates it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_FINEST = 8
"""Places of C in the model, per octave."""
_SLOPES = (2.0, 4.0, 8.0, 16.0)
_SLIPS = (0.0, 0.02)
_SUREST = 0.98
"""No bet names a chance beyond it, so that one surprise costs a factor of 25 and no more."""


@dataclass(frozen=True)
class SearchConfig:
    """Where to look for C, and when to stop."""

    smallest: int = 8
    """The least M, at least 1."""
    largest: int = 4096
    """The greatest M, above the least; where it does not suffice, C is censored."""
    per_octave: int = 4
    """Values of M between one and its double, at least 1."""
    ratio: float = 1.5
    """The interval is narrow enough once its ends are no further apart; above 1."""
    runs: int = 40
    """Runs at most, at least 1."""
    level: float = 0.95
    """Of the interval, in (0, 1)."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("smallest", self.smallest >= 1, "at least 1"),
            ("largest", self.smallest < self.largest <= 2**30, f"above smallest, {self.smallest}, and at most 2^30"),
            ("per_octave", 1 <= self.per_octave <= _FINEST, f"from 1 to {_FINEST}"),
            ("ratio", self.ratio > 1, "above 1"),
            ("runs", self.runs >= 1, "at least 1"),
            ("level", 0 < self.level < 1, "above 0 and below 1"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]

    @property
    def grid(self) -> tuple[int, ...]:
        """Every M that may be tried, in order; the last is `largest`."""
        steps = range(math.ceil(math.log2(self.largest / self.smallest) * self.per_octave))
        values = {round(self.smallest * 2 ** (k / self.per_octave)) for k in steps}
        return tuple(sorted({*(m for m in values if m < self.largest), self.largest}))


class Interval(NamedTuple):
    """C is above `low` and at most `high`; None where nothing bounds it on that side."""

    low: int | None
    high: int | None


class ThresholdSearch:
    """The search, from outcome to outcome; it runs nothing itself."""

    def __init__(self, config: SearchConfig) -> None:
        self.config = config
        self._grid = config.grid
        self._place, self._shares = _models(config)
        self._log_posterior = np.zeros(len(self._place))
        self._runs: list[tuple[int, bool]] = []
        # The gaps between neighbouring values of the grid, in which C may be: gap k is above grid[k - 1] and at most
        # grid[k], the first has no lower and the last no upper end.
        self._log_evidence = np.zeros(len(self._grid) + 1)

    def add(self, m: int, success: bool) -> None:
        """Take note of a run at `m`, a value of the grid."""
        chance = self.chance(m)
        gain = math.log(2 * (chance if success else 1 - chance))
        place = self._grid.index(m)
        # M < c holds for c in the gaps above the place, M >= c in those up to it.
        if chance > 0.5:
            self._log_evidence[place + 1 :] += gain
        else:
            self._log_evidence[: place + 1] += gain
        self._log_posterior += np.log(self._shares[place] if success else 1 - self._shares[place])
        self._runs.append((m, success))

    def chance(self, m: int) -> float:
        """Return the chance that a run at `m` succeeds, by the model and the runs so far."""
        return float(self._chances()[self._grid.index(m)])

    def interval(self) -> Interval | None:
        """Return what is left of all C, or None where nothing is: then q crosses 1/2 more than once."""
        left = np.flatnonzero(self._log_evidence < -math.log(1 - self.config.level))
        if not len(left):
            return None
        first, last = int(left[0]), int(left[-1])
        return Interval(self._grid[first - 1] if first else None, self._grid[last] if last < len(self._grid) else None)

    def value(self) -> float | None:
        """Return the model's median of C, within the interval; None where that is open, for there is nothing to say."""
        found = self.interval()
        if found is None or found.low is None or found.high is None:
            return None
        order = np.argsort(self._place, kind="stable")
        median = self._place[order][np.searchsorted(np.cumsum(self._weights()[order]), 0.5)]
        return float(np.clip(2**median, found.low, found.high))

    def next(self) -> int | None:
        """Return where to run next, or None where the search is over."""
        found = self.interval()
        if found is None or len(self._runs) >= self.config.runs or self._is_over(found):
            return None
        if not any(success for _, success in self._runs):
            return self._ascend()
        return self._narrowing(found)

    def _ascend(self) -> int:
        if not self._runs:
            return self._grid[0]
        doubled = 2 * self._runs[-1][0]
        return next((m for m in self._grid if m >= doubled), self._grid[-1])

    def _is_over(self, found: Interval) -> bool:
        if found.low is not None and found.high is not None:
            return (
                found.high <= self.config.ratio * found.low
                or self._grid.index(found.high) == self._grid.index(found.low) + 1
            )
        return found.low == self._grid[-1] or found.high == self._grid[0]

    def _narrowing(self, found: Interval) -> int:
        """Return where a run should help most to move the end that has the longer way to go."""
        goal = -math.log(1 - self.config.level)
        each = max(1.0, (self.config.runs - len(self._runs)) / 2)
        low = -1 if found.low is None else self._grid.index(found.low)
        high = len(self._grid) if found.high is None else self._grid.index(found.high)
        moves: list[tuple[int, int]] = []
        chances = self._chances()
        for place in range(low + 1, high):
            chance = chances[place]
            # Evidence per run: as expected now, and as it will be if outcomes go on as they should, half of each.
            surest = max(chance, 1 - chance)
            expected = math.log(2 * surest) + (1 - surest) * math.log((1 - surest) / surest)
            rate = (expected + math.log(2 * surest)) / 2
            # What an end at this place still lacks is evidence against the gap on the other side of it.
            lacks = goal - self._log_evidence[place + 1 if chance > 0.5 else place]
            if rate * each >= lacks:
                moves.append((high - place if chance > 0.5 else place - low, place))
        if moves:
            return self._grid[max(moves)[1]]
        inside = range(max(low, 0), min(high + 1, len(self._grid)))
        return self._grid[min(inside, key=lambda place: abs(chances[place] - 0.5))]

    def _chances(self) -> NDArray[np.float64]:
        chances: NDArray[np.float64] = np.clip(self._shares @ self._weights(), 1 - _SUREST, _SUREST)
        return chances

    def _weights(self) -> NDArray[np.float64]:
        weights = np.exp(self._log_posterior - self._log_posterior.max())
        normal: NDArray[np.float64] = weights / weights.sum()
        return normal


@cache
def _models(config: SearchConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return log2 C of every model, and q(M) of every M of the grid [M, models]."""
    low, high = math.log2(config.smallest) - 2, math.log2(config.largest) + 2
    places = np.arange(math.floor(low * _FINEST), math.ceil(high * _FINEST) + 1) / _FINEST
    place, slope, slip = (part.ravel() for part in np.meshgrid(places, _SLOPES, _SLIPS, indexing="ij"))
    octaves = np.log2(np.asarray(config.grid, np.float64))[:, None] - place
    curve = 1 / (1 + np.exp2(np.clip(-slope * octaves, -60, 60)))
    return place, np.clip(slip + (1 - 2 * slip) * curve, 1e-9, 1 - 1e-9)
