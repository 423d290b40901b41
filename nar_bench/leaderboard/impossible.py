"""Numbers that no true measurement can give: relations between metrics of one trial that always hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from nar_bench.results.record import Record

_ROUNDING = 1e-9
_SHARES = ("exact_match", "validity", "chance")


def impossible(record: Record) -> list[str]:
    """Return a sentence for each contradiction in a record's scores.

    - Graph accuracy is at most node accuracy: an instance that is all right adds as many right entries as it has, so
      exact match is at most the score (where no output is a scalar, whose score is an error).
    - Validity is at least exact match: the verifier accepts the algorithm's own answer.
    - The score is the mean of its outputs' scores, and the score above chance follows from both.
    - Shares lie in [0, 1].
    """
    found: dict[tuple[str, str, int], dict[str, float]] = {}
    for score in record.scores:
        found.setdefault((score.algorithm, score.point, score.size), {})[score.metric] = score.value
    return [
        f"{algorithm}, n = {size}, seed {record.seed}{f', {point}' if point != 'own' else ''}: {sentence}"
        for (algorithm, point, size), values in found.items()
        for sentence in _contradictions(values)
    ]


def _contradictions(values: Mapping[str, float]) -> Iterator[str]:
    outputs = {name[6:]: value for name, value in values.items() if name.startswith("score/")}
    is_share = all(f"micro_f1/{name}" in values for name in outputs)
    shares = [*_SHARES, *(["score"] if is_share else []), *(name for name in values if "_f1/" in name)]
    for name in shares:
        if name in values and not -_ROUNDING <= values[name] <= 1 + _ROUNDING:
            yield f"{_told(name)} is {values[name]:.3f}, which is no share"
    exact, valid, score = (values.get(name) for name in ("exact_match", "validity", "score"))
    if exact is not None and valid is not None and exact > valid + _ROUNDING:
        yield f"exact match {exact:.3f} is above validity {valid:.3f}"
    if exact is not None and score is not None and is_share and exact > score + _ROUNDING:
        yield f"exact match {exact:.3f} is above the score {score:.3f}"
    if score is not None and outputs:
        mean = math.fsum(outputs.values()) / len(outputs)
        if not math.isclose(mean, score, rel_tol=1e-6, abs_tol=1e-9):
            yield f"the score {score:.4f} is not the mean of its outputs, {mean:.4f}"
    corrected, chance = values.get("chance_corrected"), values.get("chance")
    if corrected is not None and chance is not None and score is not None:
        expected = (score - chance) / (1 - chance) if chance < 1 else 0.0
        if not math.isclose(expected, corrected, rel_tol=1e-6, abs_tol=1e-9):
            yield f"the score above chance is {corrected:.4f}; score and chance make {expected:.4f}"


def _told(metric: str) -> str:
    return metric.replace("_", " ")
