"""Trials of a submission, looked at and trained again."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy import special

from nar_bench.errors import CheckpointError, NarBenchError
from nar_bench.leaderboard.bundle import file_hash
from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.entries import machine_of
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.identity import trial_id, used_of
from nar_bench.results.record import Record, Score, Used
from nar_bench.results.store import Store
from nar_bench.runner.definition import definition_of
from nar_bench.runner.trial import Event, build_nets, run_trial, trial_of
from nar_bench.verification.answers import tests_of

SAME, WITHIN, OUTSIDE, ELSEWHERE = "same", "within", "outside", "elsewhere"
"""How a trial that was trained again came out: with the same numbers; with others, as near as two seeds are; with
others, though machine and software are the same; too far away, on another machine or with other software."""

_LEVEL = 0.99
_LEAST_DF = 4
"""With fewer degrees of freedom nearly everything is within what seeds vary, and nothing is shown by it."""
_SLACK = 0.01
"""What weights may score differently on another processor, whose sums round otherwise."""


@dataclass(frozen=True)
class Again:
    """A trial that was trained again."""

    trial: str
    how: str
    findings: tuple[str, ...]


def identity_faults(record: Record) -> list[str]:
    """Return what shows that a record's options are not those that it was run with."""
    try:
        known = trial_id(definition_of(trial_of(record)))
    except (KeyError, TypeError, ValueError) as error:
        return [f"trial {record.trial}: its options cannot be read: {error}"]
    if known != record.trial:
        return [
            f"trial {record.trial}: its options make the id {known}, so an option, a seed or a component was edited, "
            "or it was run by another version of nar-bench"
        ]
    return []


def other_sources(record: Record, registry: Registry) -> list[str]:
    """Return which components of a trial are not the ones that are installed; only equal ones can be run again."""
    kinds = [(Kind.ALGORITHM, one) for one in record.algorithms] + [(Kind.PROCESSOR, record.processor)]
    kinds += [(Kind.SIMILARITY, record.similarity)] if record.similarity else []
    kinds += [(Kind.SIMILAR_INPUT, one) for one in record.similar_inputs]
    return [sentence for kind, used in kinds if (sentence := _other(kind, used, registry))]


def _other(kind: Kind, used: Used, registry: Registry) -> str:
    try:
        entry = registry.find(kind, used.id)
        present = used_of(entry, entry.load())
    except NarBenchError as error:
        return str(error)
    if (present.version, present.source_hash) != (used.version, used.source_hash):
        return (
            f"{kind.value} {used.id} is version {present.version}, source {present.source_hash} here; it was run with "
            f"version {used.version}, source {used.source_hash} ({used.distribution} {used.distribution_version})"
        )
    return ""


def weights_again(record: Record, file: Path, registry: Registry) -> list[str]:
    """Ask the networks that are in a bundle, and return a sentence where they do not score what the record says."""
    from nar_bench.evaluation.evaluate import evaluate
    from nar_bench.training.validation import predict
    from nar_bench.training.weights import load_weights

    algorithms: list[Algorithm] = [registry.load(Kind.ALGORITHM, used.id) for used in record.algorithms]
    nets = build_nets(trial_of(record), algorithms, registry)
    try:
        load_weights(file, record.trial).put_into(nets)
    except CheckpointError as error:
        return [str(error)]
    said = _table(record.scores)
    found = []
    for algorithm, net in zip(algorithms, nets, strict=True):
        net.eval()
        for test in tests_of(record, algorithm.name):
            config = test.config
            answer = functools.partial(predict, net)
            for size, metric, value, _ in evaluate(
                algorithm, answer, config.sizes, config.count, config.seed, test.shift
            ):
                before = said.get((algorithm.name, test.point, size, metric))
                if metric == "score" and (before is None or abs(before - value) > _SLACK * max(1.0, abs(before))):
                    found.append(
                        f"trial {record.trial}: its weights score {value:.4f} on {algorithm.name} at n = {size}; the "
                        f"record says {'nothing' if before is None else f'{before:.4f}'}"
                    )
    return found


def train_again(
    record: Record,
    others: Sequence[Record],
    definition: Definition,
    registry: Registry,
    folder: Path,
    watch: Callable[[Event], None],
    weights: str | None = None,
) -> Again:
    """Train a trial anew and compare every score.

    On one kind of machine with the same software all numbers are equal, so any other is no accident. Elsewhere sums
    round otherwise, and what is trained is another draw: its score has to be as near as two seeds are.

    Args:
        others: the other trials of the method, on all algorithms, which say how much seeds vary.
        weights: the hash of the weights that the submission names; None where it names none.
    """
    store = Store(folder)
    made = run_trial(trial_of(record), registry, store, watch)
    if made.state == "failed":
        message = made.error.message if made.error else ""
        return Again(record.trial, ELSEWHERE, (f"trial {record.trial} failed when it was trained again: {message}",))
    before, after, alike = _table(record.scores), _table(made.scores), _alike(record, made)
    differ = [key for key in before.keys() | after.keys() if not _close(before.get(key), after.get(key))]
    if not differ:
        found: tuple[str, ...] = ()
        if weights is not None and alike and file_hash(store.weights(record.trial)) != weights:
            found = (f"trial {record.trial}: its scores came out the same, but its weights have another hash",)
        return Again(record.trial, SAME, found)
    keys = [
        (used.name, definition.point, definition.size_for(used.name), definition.metric) for used in record.algorithms
    ]
    if alike:
        told = [key for key in keys if key in differ] or sorted(differ, key=str)[:1]
        return Again(record.trial, OUTSIDE, tuple(_told(record, key, before, after) for key in told))
    spread = _spread(others, definition)
    far = [f"{_told(record, key, before, after)}{why}" for key in keys if (why := _too_far(before, after, key, spread))]
    return Again(record.trial, ELSEWHERE if far else WITHIN, tuple(far))


_Key = tuple[str, str, int, str]
_Table = Mapping[_Key, float]


def _told(record: Record, key: _Key, before: _Table, after: _Table) -> str:
    name, _, size, metric = key
    shown = ["nothing" if one.get(key) is None else f"{one[key]:.4f}" for one in (after, before)]
    return (
        f"trial {record.trial}: trained again, {name} came out at {shown[0]} ({metric}, n = {size}); the record says "
        f"{shown[1]}"
    )


@dataclass(frozen=True)
class _Spread:
    """The standard deviation of a method over seeds, pooled over its algorithms, with its degrees of freedom."""

    deviation: float
    df: int


def _spread(others: Sequence[Record], definition: Definition) -> _Spread:
    groups: dict[str, list[float]] = {}
    for one in others:
        table = _table(one.scores)
        for used in one.algorithms:
            key = (used.name, definition.point, definition.size_for(used.name), definition.metric)
            if key in table:
                groups.setdefault(used.name, []).append(table[key])
    squares = [(len(of) - 1) * statistics.variance(of) for of in groups.values() if len(of) > 1]
    df = sum(len(of) - 1 for of in groups.values())
    return _Spread(math.sqrt(math.fsum(squares) / df) if df else 0.0, df)


def _too_far(before: _Table, after: _Table, key: _Key, spread: _Spread) -> str:
    """Say why two scores are no two draws of one method; "" where they may be."""
    said, again = before.get(key), after.get(key)
    if said is None or again is None:
        return ", so there is nothing to compare"
    if _close(said, again):
        return ""
    if spread.df < _LEAST_DF:
        return f"; {spread.df + 1} seeds do not say how much it varies"
    most = float(special.stdtrit(spread.df, (1 + _LEVEL) / 2)) * spread.deviation * math.sqrt(2)
    return (
        "" if abs(again - said) <= most else f"; by what its seeds vary they should be within {most:.4f} of each other"
    )


def _table(scores: Sequence[Score]) -> _Table:
    return {(one.algorithm, one.point, one.size, one.metric): one.value for one in scores}


def _close(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)


def _alike(a: Record, b: Record) -> bool:
    """Return whether two records were made on one kind of machine with the same software, so that numbers are equal."""

    def software(record: Record) -> tuple[Any, ...]:
        return tuple(record.environment.get(name) for name in ("nar_bench", "torch", "numpy", "numba", "python"))

    return machine_of(a) == machine_of(b) and software(a) == software(b)
