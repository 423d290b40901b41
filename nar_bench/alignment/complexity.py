"""The sample complexity of anything that can be run: `sample_complexity`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nar_bench.alignment.binomial import clopper_pearson
from nar_bench.alignment.judge import Judgement
from nar_bench.alignment.threshold import SearchConfig, ThresholdSearch

MEASURED, AT_MOST, MORE_THAN = "measured", "at most", "more than"
OPEN, NO_THRESHOLD, DIVERGED = "open", "no threshold", "diverged"
STATES = {
    MEASURED: "C lies in the interval",
    AT_MOST: "censored: the least M that was tried suffices, or nothing excludes it; C is at most `high`",
    MORE_THAN: "censored: no M that was tried is known to suffice; C is above `low`",
    OPEN: "the runs did not suffice to bound C on any side",
    NO_THRESHOLD: "more runs succeed at some M than at a greater one, on both sides of one half: there is no such C",
    DIVERGED: "no run ended in finite numbers",
}


@dataclass(frozen=True)
class Run:
    """One training run and what came of it.

    Attributes:
        m: examples M.
        number: which run at this M, from 0.
        judgement: None where it diverged, which is no success.
        seconds: wall clock.
    """

    m: int
    number: int
    judgement: Judgement | None
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        """Whether P_x[ |f - g| <= eps ] >= 1 - delta."""
        return self.judgement is not None and self.judgement.success


@dataclass(frozen=True)
class Cell:
    """The runs at one M, and Clopper and Pearson's interval of the share q(M) of all such runs that succeed."""

    m: int
    runs: int
    successes: int
    diverged: int
    low: float
    high: float


@dataclass(frozen=True)
class Complexity:
    """An estimate of C with its evidence.

    Attributes:
        state: one of `STATES`, which says what it means.
        value: the most likely C, within the interval; None where that is open.
        low, high: C is above low and at most high, with probability `level` over all that is drawn; None where nothing
            bounds it on that side.
    """

    state: str
    value: float | None
    low: int | None
    high: int | None
    level: float
    cells: tuple[Cell, ...]
    runs: tuple[Run, ...]


def sample_complexity(
    run: Callable[[int, int], Run],
    config: SearchConfig,
    earlier: Iterable[Run] = (),
    on_run: Callable[[Run], None] = lambda run: None,
) -> Complexity:
    """Estimate the least M at which at least half of all runs succeed.

    Args:
        run: `run(m, number)` makes and judges run `number` at `m` examples, independently of all others.
        config: where to look, and when to stop.
        earlier: runs that an interrupted search has made, in their order; it goes on as if it had never stopped.
        on_run: told of each new run.

    Returns:
        the estimate. docs/tutorials/alignment.md reads one.

    Source: the definition is in `nar_bench.alignment`, the interval and its assumptions in
    `nar_bench.alignment.threshold`.
    """
    search, made = ThresholdSearch(config), list[Run]()
    before = list(earlier)
    while (m := search.next()) is not None:
        number = sum(one.m == m for one in made)
        if len(made) < len(before) and (before[len(made)].m, before[len(made)].number) == (m, number):
            found = before[len(made)]
        else:
            before = []
            found = run(m, number)
            on_run(found)
        search.add(m, found.success)
        made.append(found)
    return summed_up(search, made)


def summed_up(search: ThresholdSearch, runs: list[Run]) -> Complexity:
    """Say what a search knows by now."""
    found, value = search.interval(), search.value()
    low, high = found if found else (None, None)
    if runs and all(run.judgement is None for run in runs):
        state, value = DIVERGED, None
    elif found is None or _contradict(runs, search.config.level):
        state, value, low, high = NO_THRESHOLD, None, None, None
    elif low is not None and high is not None:
        state = MEASURED
    elif low is None and high is None:
        state = OPEN
    else:
        state = AT_MOST if low is None else MORE_THAN
    cells = []
    for m in sorted({run.m for run in runs}):
        here = [run for run in runs if run.m == m]
        successes = sum(run.success for run in here)
        bounds = clopper_pearson(successes, len(here), search.config.level)
        cells.append(Cell(m, len(here), successes, sum(run.judgement is None for run in here), *bounds))
    return Complexity(state, value, low, high, search.config.level, tuple(cells), tuple(runs))


def _contradict(runs: Sequence[Run], level: float) -> bool:
    """Whether q(M) is at least 1/2 at some M and below it at a greater one, beyond doubt.

    For each M there is a bet against q < 1/2 and one against q >= 1/2: the likelihood of its outcomes, averaged over
    all q on the other side, to that at 1/2. As in `nar_bench.alignment.threshold` each may be looked at whenever one
    likes; the level is divided between them.
    """
    import numpy as np
    from scipy import special

    several = sorted({run.m for run in runs})
    needed = np.log(2 * len(several) / (1 - level))
    above: list[bool] = []
    for m in several:
        successes = sum(run.success for run in runs if run.m == m)
        failures = sum(run.m == m for run in runs) - successes
        whole = (successes + failures + 1) * np.log(2) + special.betaln(successes + 1, failures + 1)
        with np.errstate(divide="ignore"):
            upper = whole + np.log(special.betainc(failures + 1, successes + 1, 0.5))
            lower = whole + np.log(special.betainc(successes + 1, failures + 1, 0.5))
        if lower >= needed and any(above):
            return True
        above.append(bool(upper >= needed))
    return False
