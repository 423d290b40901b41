"""Times as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"
