"""Numbers that no true measurement can give: relations between metrics of one trial that always hold."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from nar_bench.results.record import Record

_ROUNDING = 1e-9
_SHARES = frozenset({"exact_match", "validity", "chance"})


def impossible(record: Record) -> list[str]:
    """Return a sentence for each contradiction in a record's scores.

    - Graph accuracy is at most node accuracy: an instance that is all right adds as many right entries as it has, so
      exact match is at most the score (where no output is a scalar, whose score is an error).
    - Validity is at least exact match: the verifier accepts the algorithm's own answer.
    - The score is the mean of its outputs' scores, and the score above chance follows from both.
    - Shares lie in [0, 1].
    """
    found: defaultdict[tuple[str, str, int], dict[str, float]] = defaultdict(dict)
    for score in record.scores:
        found[score.algorithm, score.point, score.size][score.metric] = score.value
    return [
        f"{algorithm}, n = {size}, seed {record.seed}{f', {point}' if point != 'own' else ''}: {sentence}"
        for (algorithm, point, size), values in found.items()
        for sentence in _contradictions(values)
    ]


def _contradictions(values: Mapping[str, float]) -> Iterator[str]:
    outputs = [name[6:] for name in values if name.startswith("score/")]
    is_share = all(f"micro_f1/{name}" in values for name in outputs)
    for name, value in values.items():
        share = name in _SHARES or (name == "score" and is_share) or "_f1/" in name
        if share and not -_ROUNDING <= value <= 1 + _ROUNDING:
            yield f"{_told(name)} is {value:.3f}, which is no share"
    exact, valid, score = values.get("exact_match"), values.get("validity"), values.get("score")
    if exact is not None and valid is not None and exact > valid + _ROUNDING:
        yield f"exact match {exact:.3f} is above validity {valid:.3f}"
    if score is None:
        return
    if exact is not None and is_share and exact > score + _ROUNDING:
        yield f"exact match {exact:.3f} is above the score {score:.3f}"
    if outputs:
        mean = math.fsum(values[f"score/{name}"] for name in outputs) / len(outputs)
        if not _close(mean, score):
            yield f"the score {score:.4f} is not the mean of its outputs, {mean:.4f}"
    corrected, chance = values.get("chance_corrected"), values.get("chance")
    if corrected is not None and chance is not None:
        expected = (score - chance) / (1 - chance) if chance < 1 else 0.0
        if not _close(expected, corrected):
            yield f"the score above chance is {corrected:.4f}; score and chance make {expected:.4f}"


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=_ROUNDING)


def _told(metric: str) -> str:
    return metric.replace("_", " ")
