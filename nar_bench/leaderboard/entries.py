"""Records to entries: one method of one submission, with every number of every seed on every algorithm."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nar_bench.leaderboard.impossible import impossible
from nar_bench.leaderboard.submission import Submission
from nar_bench.results.record import Record
from nar_bench.results.summary import Line

METRICS = {
    "score": "the reference's score: mean over outputs, pooled over the whole test set",
    "exact_match": "share of instances with every output entry right",
    "validity": "share of instances whose answer the algorithm's verifier accepts",
    "chance_corrected": "(score - chance) / (1 - chance): 0 at chance, 1 where all is right",
}
"""What boards show: metric -> what it is, in the order shown."""

OWN = "own"
"""The state of results in a folder, which nobody has submitted."""


@dataclass(frozen=True)
class Machine:
    """What times can be compared within: processor, device and threads."""

    cpu: str
    device: str
    threads: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.cpu}, {self.device}, {self.threads} thread{'s' * (self.threads != '1')}"


@dataclass(frozen=True)
class Track:
    """One method on one algorithm.

    Attributes:
        seeds: of all its records, in order.
        values: metric -> size -> [k] one for each seed, None where it lacks it.
        impossible: sentences.
    """

    algorithm: str
    seeds: tuple[int, ...]
    values: Mapping[str, Mapping[int, tuple[float | None, ...]]]
    records: tuple[Record, ...]
    impossible: tuple[str, ...]

    def of(self, metric: str, size: int, seeds: Sequence[int]) -> list[float] | None:
        """Return the values of these seeds, or None unless all are there."""
        row = self.values.get(metric, {}).get(size)
        if row is None:
            return None
        if tuple(seeds) != self.seeds:
            by_seed = dict(zip(self.seeds, row, strict=True))
            row = tuple(by_seed.get(seed) for seed in seeds)
        return None if None in row else [one for one in row if one is not None]

    @cached_property
    def rounded(self) -> Mapping[str, Mapping[int, Sequence[float | None]]]:
        """The values to four places, for pages."""
        return {
            metric: {size: [None if one is None else round(one, 4) for one in row] for size, row in sizes.items()}
            for metric, sizes in self.values.items()
        }

    def sizes(self, metric: str) -> list[int]:
        """Return the sizes that any seed has."""
        return sorted(self.values.get(metric, {}))

    @cached_property
    def holds_errors(self) -> bool:
        """Whether its score is a squared error: an output that has a score but no F1 is a scalar."""
        measured = {score.metric for score in self.records[0].scores}
        return any(f"micro_f1/{one[6:]}" not in measured for one in measured if one.startswith("score/"))


@dataclass(frozen=True)
class Entry:
    """One method of one submission.

    Attributes:
        submission: its name; "" for results of a folder.
        state: see `nar_bench.leaderboard.submission`, or `OWN`.
        tracks: by algorithm.
        failures: a sentence for each failed trial.
    """

    method: str
    submission: str
    state: str
    tracks: Mapping[str, Track]
    failures: tuple[str, ...] = ()
    findings: tuple[str, ...] = field(default=())
    """What the last verification found."""

    @cached_property
    def first(self) -> Record:
        """Any of its records, for what all have in common."""
        return next(iter(self.tracks.values())).records[0]

    @cached_property
    def records(self) -> list[Record]:
        """Every record once, though a trial of several algorithms is in the track of each."""
        return list({one.trial: one for track in self.tracks.values() for one in track.records}.values())

    @cached_property
    def key(self) -> str:
        """A file name of its own that holds nothing but letters, digits and dashes."""
        return _file_name(self.method, f"{self.submission}/{self.method}")

    @cached_property
    def machines(self) -> list[Machine]:
        """What it ran on."""
        found = {machine_of(record) for record in self.records}
        return sorted(found, key=str)


def machine_of(record: Record) -> Machine:
    """Return what a record ran on."""
    at = record.environment
    return Machine(str(at.get("cpu")), str(at.get("device")), str(at.get("threads")))


def slug(name: str) -> str:
    """Return a file name for any name, equal for equal names and of harmless letters alone."""
    if re.fullmatch(r"[a-z0-9_]{1,60}", name):
        return name
    return _file_name(name, name)


def _file_name(text: str, identity: str) -> str:
    """Return letters, digits and dashes that a person can read, with a hash that tells equal ones apart."""
    readable = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48]
    return f"{readable}-{hashlib.blake2b(identity.encode(), digest_size=4).hexdigest()}"


def entries_of(submissions: Iterable[Submission], point: str) -> list[Entry]:
    """Return the entries of submissions, each of its own: methods of one name in two of them stay apart."""
    found: list[Entry] = []
    for one in submissions:
        findings = tuple(one.verifications[-1].findings) if one.verifications else ()
        found += entries_of_lines(one.lines, one.records, point, one.name, one.state, findings)
    return found


def entries_of_lines(
    lines: Sequence[Line],
    records: Sequence[Record],
    point: str,
    submission: str = "",
    state: str = OWN,
    findings: tuple[str, ...] = (),
) -> list[Entry]:
    """Return the entries of records of one suite version, and of their lines."""
    methods: dict[str, dict[str, Track]] = {}
    for line in lines:
        methods.setdefault(line.method, {})[line.algorithm] = _track(line, point)
    failed = [record for record in records if record.state == "failed" and record.error]
    return [
        Entry(
            method,
            submission,
            state,
            tracks,
            tuple(
                f"{one.name} seed {one.seed}: {one.error.message.splitlines()[0] if one.error else ''}"
                for one in failed
                if method == one.method or method.startswith(f"{one.method} [")
            ),
            findings,
        )
        for method, tracks in methods.items()
    ]


def _track(line: Line, point: str) -> Track:
    shown = {*METRICS, "chance"}
    values: dict[str, dict[int, list[float | None]]] = {}
    for place, record in enumerate(line.records):
        for score in record.scores:
            if score.metric in shown and score.point == point and score.algorithm == line.algorithm:
                row = values.setdefault(score.metric, {}).setdefault(score.size, [None] * len(line.records))
                row[place] = score.value
    told = f"{line.algorithm}, "
    return Track(
        line.algorithm,
        tuple(line.seeds),
        {metric: {size: tuple(row) for size, row in sizes.items()} for metric, sizes in values.items()},
        tuple(line.records),
        tuple(text for record in line.records for text in impossible(record) if text.startswith(told)),
    )
