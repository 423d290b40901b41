"""Published numbers of others, shown beside ours with their source and never ranked with them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nar_bench.errors import RecordError

_PLACES = (Path(__file__).parents[2] / "leaderboards", Path(__file__).parent / "boards")
"""Where the boards' data lie: in a checkout, and in an installed package."""


@dataclass(frozen=True)
class Reported:
    """One published test score of one algorithm."""

    algorithm: str
    """Full id, distribution/name, so that somebody else's algorithm of that name is not given these numbers."""
    model: str
    size: int
    percent: str
    """The score as it was printed."""
    spread: str
    """As it was printed, in percent, or nothing."""
    spread_is: str
    """What the spread is of, or nothing."""
    paper: str
    protocol: str
    """How the model was trained."""
    source: str
    """Where the number can be looked up."""

    @property
    def score(self) -> str:
        """The score on our scale, from 0 to 1, with all its digits and the spread."""
        spread = f" ± {float(self.spread) / 100:.4f}" if self.spread else ""
        return f"{float(self.percent) / 100:.4f}{spread}"


def shipped_reported() -> tuple[Reported, ...]:
    """Return all numbers that come with nar-bench."""
    folder = next((place for place in _PLACES if place.is_dir()), None)
    files = sorted(folder.glob("*/reported.csv")) if folder else []
    return tuple(one for file in files for one in read_reported(file))


def read_reported(file: Path) -> Iterator[Reported]:
    """Read a file of numbers.

    Raises:
        RecordError: a column or a value is missing or wrong; the message names the line.
    """
    names = [field.name for field in fields(Reported)]
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != names:
            raise RecordError(f"{file}: got the columns {rows.fieldnames}; they must be {', '.join(names)}.")
        for row in rows:
            where = f"{file}, line {rows.line_num}"
            if None in row or None in row.values():
                raise RecordError(f"{where}: it does not have {len(names)} values.")
            empty = [name for name in names if not row[name] and name not in ("spread", "spread_is")]
            if empty:
                raise RecordError(f"{where}: '{empty[0]}' is empty; every number needs one.")
            try:
                values: dict[str, Any] = {**row, "size": int(row["size"])}
                made = Reported(**values)
                if not 0 <= float(made.percent) <= 100 or float(made.spread or 0) < 0:
                    raise ValueError("a percentage is needed")
            except ValueError as error:
                raise RecordError(f"{where}: {error}.") from None
            yield made
