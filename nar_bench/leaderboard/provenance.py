"""How an entry came about, in sentences: components, software, machines, times."""

from __future__ import annotations

from nar_bench.leaderboard.entries import Entry, machine_of
from nar_bench.leaderboard.submission import Submission
from nar_bench.results.record import Record, Used


def how(entry: Entry, submission: Submission | None) -> list[str]:
    """Return sentences; equal entries give equal ones."""
    records = entry.records
    first = records[0]
    parts = [_component("processor", first.processor)]
    if first.processor.around:
        parts.append(_component("around", first.processor.around))
    if first.similarity:
        parts.append(_component("similarity", first.similarity))
    found = [
        f"{len(records)} trial{'s' * (len(records) != 1)} of {first.suite.name} {first.suite.version}, run from "
        f"{min(one.started for one in records)} to {max(one.finished for one in records)}",
        *parts,
        *sorted({software_of(one) for one in records}),
    ]
    if submission:
        by = f" by {submission.by}" if submission.by else ""
        found.append(f"submitted {submission.submitted}{by} as {submission.name}, state {submission.state}")
        found += [f"made by: {command}" for command in submission.commands]
        found += [submission.notes] if submission.notes else []
        for one in submission.verifications:
            found.append(
                f"verified {one.when} with nar-bench {one.nar_bench} on {one.machine}: {one.outcome}; "
                f"{one.scored_again} trials scored again, {len(one.trained_again)} trained again "
                f"(sample seed {one.sample_seed})"
            )
    return found


def software_of(record: Record) -> str:
    """Return versions, source and machine of a record."""
    at = record.environment
    commit = at.get("git_commit")
    source = f", commit {str(commit)[:12]}{' with changes' if at.get('git_dirty') else ''}" if commit else ""
    return (
        f"nar-bench {at.get('nar_bench')}{source}; Python {at.get('python')}, torch {at.get('torch')}, "
        f"numpy {at.get('numpy')}; {machine_of(record)}; {at.get('cores')} cores, {at.get('memory_gib')} GiB; "
        f"{at.get('system')}"
    )


def _component(what: str, used: Used) -> str:
    return (
        f"{what} {used.id}, version {used.version}, from {used.distribution} {used.distribution_version}, "
        f"source {used.source_hash}"
    )
