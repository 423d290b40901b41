"""Measure a restored model again, and say where it scores otherwise than its record says."""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.results.record import Score
from nar_bench.runner.trial import evaluate_net
from nar_bench.trained.folder import Restored

TOLERANCE = 1e-6
"""Of a score: sums of another order round otherwise, on other processors or with other numbers of threads."""


@dataclass(frozen=True)
class Remeasured:
    """Every score, measured again.

    Attributes:
        scores: as they are now.
        differing: (recorded, now) of scores that differ by more than the tolerance, or are new or gone.
    """

    scores: list[Score]
    differing: list[tuple[Score | None, Score | None]]


def remeasure(model: Restored, tolerance: float = TOLERANCE) -> Remeasured:
    """Evaluate every network as its trial was, on the same instances.

    Raises:
        DataSetError, HubError: the data set that the trial read is not there or has other rows.
    """
    now = [
        score
        for algorithm, net in zip(model.algorithms, model.nets, strict=True)
        for score in evaluate_net(model.trial, algorithm, net, lambda event: None, None)
    ]
    before = {_key(score): score for score in model.record.scores}
    after = {_key(score): score for score in now}
    pairs = [(before.get(key), after.get(key)) for key in dict.fromkeys([*before, *after])]
    differing = [
        (old, new) for old, new in pairs if old is None or new is None or not abs(old.value - new.value) <= tolerance
    ]
    return Remeasured(now, differing)


def _key(score: Score) -> tuple[str, str, int, str]:
    return score.algorithm, score.point, score.size, score.metric
