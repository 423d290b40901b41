"""Verify a bundle: files, identities, answers scored again, a random sample trained again, and the state that follows.

What is found decides the state (see `nar_bench.leaderboard.submission`):

- refuted: a file is not the one that was submitted, options are not those of the trial's id, answers or weights do not
  score what the record says, or a trial trained again on the same kind of machine comes out with other numbers.
- verified: all answers were there and scored the same, and every trial of the sample came out the same.
- reproduced: likewise, and those that came out with other numbers, elsewhere, are as near as two seeds are.
- claimed: something could not be checked, or came out too far away on another kind of machine, which proves nothing.
"""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nar_bench.errors import BoardError
from nar_bench.leaderboard.bundle import Bundle, file_hash
from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.rules import flaws, refusals
from nar_bench.leaderboard.submission import State, Submission, Verification
from nar_bench.plugin.registry import Registry
from nar_bench.results.provenance import environment, now
from nar_bench.results.record import Record
from nar_bench.runner.trial import Event
from nar_bench.verification.answers import scored_again
from nar_bench.verification.trials import (
    ELSEWHERE,
    SAME,
    identity_faults,
    other_sources,
    train_again,
    weights_again,
)

Say = Callable[[str], None]


@dataclass
class _Found:
    """What has been found so far."""

    refuting: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    """What could not be checked, or is no proof."""
    scored: int = 0
    trained: list[str] = field(default_factory=list)
    all_same: bool = True


def verify(
    bundle: Bundle,
    definition: Definition,
    registry: Registry,
    *,
    sample: float,
    seed: int | None = None,
    say: Say = lambda text: None,
    watch: Callable[[Event], None] = lambda event: None,
) -> Submission:
    """Verify a bundle and return its submission in the state that follows, with what was found.

    Args:
        sample: share of finished trials to train again, in [0, 1]; at least one, unless it is 0.
        seed: of the random sample; by default drawn anew, so that nobody can prepare for it.
        say: called with each step.

    Raises:
        BoardError: the board refuses it by its rules (every reason is listed), so there is nothing to verify.
    """
    submission = bundle.submission
    if refused := refusals(definition, submission):
        reasons = "".join(f"\n  {one}" for one in refused[:20])
        raise BoardError(
            f"{bundle.source}: the board {definition.name} refuses it for {len(refused)} "
            f"reason{'s' * (len(refused) > 1)}; nothing was verified.{reasons}"
        )
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    done = [record for record in submission.records if record.state == "done"]
    found = _Found()
    found.refuting += flaws(submission)
    for record in submission.records:
        found.refuting += identity_faults(record)
    say(f"{len(submission.records)} records: ids compared with options")
    _files(bundle, done, found)
    runnable = _runnable(done, registry, found)
    _answers(bundle, runnable, registry, found, say)
    _sample(bundle, runnable, definition, registry, found, sample, seed, say, watch)
    at = environment("cpu", 0)
    verification = Verification(
        when=now(),
        nar_bench=str(at["nar_bench"]),
        machine=str(at["cpu"]),
        sample_seed=seed,
        scored_again=found.scored,
        trained_again=found.trained,
        outcome=_outcome(found, done),
        findings=[*found.refuting, *found.open],
    )
    return submission.model_copy(
        update={"state": verification.outcome, "verifications": [*submission.verifications, verification]}
    )


def _files(bundle: Bundle, records: Sequence[Record], found: _Found) -> None:
    for record in records:
        known = bundle.submission.files.get(record.trial)
        for what, path in (
            ("predictions", bundle.predictions(record.trial)),
            ("weights", bundle.weights(record.trial)),
        ):
            hashed = getattr(known, what, None)
            if path.is_file() and file_hash(path) != hashed:
                found.refuting.append(f"trial {record.trial}: its {what} are not those that were submitted")
            if what == "predictions" and hashed is not None and not path.is_file():
                found.open.append(f"trial {record.trial}: its predictions are named, but not in the bundle")


def _runnable(records: Sequence[Record], registry: Registry, found: _Found) -> list[Record]:
    """Return the records whose components are here as they were."""
    kept, told = [], set()
    for record in records:
        differ = other_sources(record, registry)
        if not differ:
            kept.append(record)
        for sentence in differ:
            if sentence not in told:
                told.add(sentence)
                found.open.append(f"cannot be run again here: {sentence}")
    return kept


def _answers(bundle: Bundle, records: Sequence[Record], registry: Registry, found: _Found, say: Say) -> None:
    lacking = 0
    for record in records:
        file, weights = bundle.predictions(record.trial), bundle.weights(record.trial)
        if file.is_file():
            try:
                found.refuting += [f"trial {record.trial}: {one}" for one in scored_again(record, file, registry)]
                found.scored += 1
            except BoardError as error:
                found.refuting.append(str(error))
        else:
            lacking += 1
        if weights.is_file():
            found.refuting += weights_again(record, weights, registry)
    if lacking:
        found.open.append(f"{lacking} trials have no predictions in the bundle, so they were not scored again")
    say(f"{found.scored} trials: answers scored again")


def _sample(
    bundle: Bundle,
    records: Sequence[Record],
    definition: Definition,
    registry: Registry,
    found: _Found,
    share: float,
    seed: int,
    say: Say,
    watch: Callable[[Event], None],
) -> None:
    count = min(len(records), math.ceil(share * len(records))) if share else 0
    chosen = random.Random(seed).sample(sorted(records, key=lambda one: one.trial), count)  # noqa: S311 - kept to repeat
    for record in chosen:
        say(f"training trial {record.trial} again: {record.name}, {record.method}, seed {record.seed}")
        alike = [one for one in records if one.trial != record.trial and _same_method(one, record)]
        known = bundle.submission.files.get(record.trial)
        with tempfile.TemporaryDirectory() as folder:
            again = train_again(
                record, alike, definition, registry, Path(folder), watch, known.weights if known else None
            )
        found.trained.append(record.trial)
        found.all_same &= again.how == SAME
        found_in = found.open if again.how == ELSEWHERE else found.refuting
        found_in += again.findings
        say(f"  {again.how}")


def _same_method(a: Record, b: Record) -> bool:
    options = [{key: value for key, value in one.config.items() if key != "algorithms"} for one in (a, b)]
    return (a.processor, a.similarity, a.regime) == (b.processor, b.similarity, b.regime) and options[0] == options[1]


def _outcome(found: _Found, done: Sequence[Record]) -> State:
    if found.refuting:
        return "refuted"
    if found.open or not found.trained or found.scored < len(done):
        return "claimed"
    return "verified" if found.all_same else "reproduced"
