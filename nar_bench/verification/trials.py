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
from nar_bench.results.identity import used_of
from nar_bench.results.record import Record, Score, Used
from nar_bench.results.store import Store
from nar_bench.runner.expansion import definition_of
from nar_bench.runner.identity import trial_id
from nar_bench.runner.trial import Event, build_nets, run_trial, trial_of
from nar_bench.verification.answers import tests_of

SAME, WITHIN, OUTSIDE, ELSEWHERE = "same", "within", "outside", "elsewhere"
"""How a trial that was trained again came out: with the same numbers; within what its seeds vary; outside of it, though
machine and software are the same; outside of it on other ones."""

_LEVEL = 0.99
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

    Args:
        others: the records of the same method with other seeds, which say how much seeds vary.
        weights: the hash of the weights that the submission names; None where it names none.
    """
    store = Store(folder)
    made = run_trial(trial_of(record), registry, store, watch)
    if made.state == "failed":
        message = made.error.message if made.error else ""
        return Again(record.trial, ELSEWHERE, (f"trial {record.trial} failed when it was trained again: {message}",))
    before, after = _table(record.scores), _table(made.scores)
    differ = {key for key in before.keys() | after.keys() if not _close(before.get(key), after.get(key))}
    if not differ:
        found: tuple[str, ...] = ()
        if weights is not None and file_hash(store.weights(record.trial)) != weights and _alike(record, made):
            found = (f"trial {record.trial}: its scores came out the same, but its weights have another hash",)
        return Again(record.trial, SAME, found)
    outside = [text for used in record.algorithms for text in _outside(used.name, record, made, others, definition)]
    if not outside:
        return Again(record.trial, WITHIN, ())
    return Again(record.trial, OUTSIDE if _alike(record, made) else ELSEWHERE, tuple(outside))


def _outside(name: str, record: Record, made: Record, others: Sequence[Record], definition: Definition) -> list[str]:
    """Compare the score that is ranked with a prediction interval from all seeds of the method."""
    key = (name, definition.point, definition.size_for(name), definition.metric)
    said, again = _table(record.scores).get(key), _table(made.scores).get(key)
    if said is None or again is None:
        return [f"trial {record.trial}: {name} has no {key[-1]} at n = {key[2]} to compare"]
    if _close(said, again):
        return []
    seeds = [value for one in [record, *others] if (value := _table(one.scores).get(key)) is not None]
    told = f"trial {record.trial}: trained again, {name} came out at {again:.4f}; the record says {said:.4f}"
    if len(seeds) < 3:
        return [f"{told}, and {len(seeds)} seeds do not say how much it varies"]
    deviation = statistics.stdev(seeds) * math.sqrt(1 + 1 / len(seeds))
    half = float(special.stdtrit(len(seeds) - 1, (1 + _LEVEL) / 2)) * deviation
    mean = statistics.fmean(seeds)
    if abs(again - mean) <= half:
        return []
    return [f"{told}; by its {len(seeds)} seeds it should be within {mean - half:.4f} to {mean + half:.4f}"]


def _table(scores: Sequence[Score]) -> Mapping[tuple[str, str, int, str], float]:
    return {(one.algorithm, one.point, one.size, one.metric): one.value for one in scores}


def _close(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)


def _alike(a: Record, b: Record) -> bool:
    """Return whether two records were made on one kind of machine with the same software, so that numbers are equal."""

    def software(record: Record) -> tuple[Any, ...]:
        return tuple(record.environment.get(name) for name in ("nar_bench", "torch", "numpy", "numba", "python"))

    return machine_of(a) == machine_of(b) and software(a) == software(b)
