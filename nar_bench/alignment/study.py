"""What the estimates of a folder say together; plain numbers for tables, pages and JSON."""

from __future__ import annotations

from collections.abc import Iterable

from nar_bench.alignment.record import AlignmentRecord


def told(record: AlignmentRecord) -> str:
    """Say an estimate in a few words."""
    found = record.result
    if found is None:
        return f"failed: {record.error.message.splitlines()[-1] if record.error else ''}"
    if found.state == "measured":
        return f"{found.value:.3g} ({found.low:,} to {found.high:,})"
    if found.state == "at most":
        return f"<= {found.high:,}"
    return f"> {found.low:,}" if found.state == "more than" else found.state


def in_order(records: Iterable[AlignmentRecord]) -> list[AlignmentRecord]:
    """Return records by what is learned, by whom, and at which size."""
    return sorted(
        records,
        key=lambda record: (
            record.question.what.name,
            record.question.learner.name,
            record.question.regime,
            record.question.size,
            record.question.eps or 0.0,
            record.question.delta,
            record.estimate,
        ),
    )
