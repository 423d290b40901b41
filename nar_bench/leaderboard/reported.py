"""Published numbers of others, shown beside ours with their source and never ranked with them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nar_bench.errors import BoardError
from nar_bench.leaderboard.definition import REPORTED, boards_folder

KINDS = {
    "algorithm": "of one algorithm",
    "category": "a mean over one category",
    "mean over algorithms": "a mean over all 30 algorithms",
    "mean over categories": "a mean over the means of the 8 categories",
    "overall": "called overall where it was printed; over what is not said in the text that was seen",
}
"""What a number is of. Means over algorithms and over categories differ, and papers print either."""


@dataclass(frozen=True)
class Reported:
    """One published test score."""

    kind: str
    """One of `KINDS`."""
    name: str
    """Of an algorithm its full id, distribution/name, so that somebody else's of that name is not given these numbers;
    of a category its name; of the others nothing."""
    model: str
    metric: str
    """Which of our metrics it is."""
    point: str
    """The shift point, such as a family of graphs; "own" for the usual distribution."""
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
    def algorithm(self) -> str:
        """The algorithm's short name; "" of all that is no algorithm's."""
        return self.name.rpartition("/")[2] if self.kind == "algorithm" else ""

    @property
    def score(self) -> str:
        """The score on our scale, from 0 to 1, with all its digits and the spread."""
        spread = f" ± {float(self.spread) / 100:.4f}" if self.spread else ""
        return f"{float(self.percent) / 100:.4f}{spread}"


def shipped_reported(names: Iterable[str], folder: Path | None = None) -> tuple[Reported, ...]:
    """Return the numbers beside these boards.

    Raises:
        BoardError: there is no such file, or it is damaged.
    """
    root = boards_folder(folder)
    return tuple(one for name in names for one in read_reported(root / name / REPORTED))


def read_reported(file: Path) -> Iterator[Reported]:
    """Read a file of numbers.

    Raises:
        BoardError: it cannot be read, or a column or a value is missing or wrong; the message names the line.
    """
    names = [field.name for field in fields(Reported)]
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BoardError(f"{file}: cannot be read: {error}.") from None
    rows = csv.DictReader(text.splitlines())
    if rows.fieldnames != names:
        raise BoardError(f"{file}: got the columns {rows.fieldnames}; they must be {', '.join(names)}.")
    may_be_empty = ("spread", "spread_is")
    for row in rows:
        where = f"{file}, line {rows.line_num}"
        if None in row or None in row.values():
            raise BoardError(f"{where}: it does not have {len(names)} values.")
        if row["kind"] not in KINDS:
            raise BoardError(f"{where}: kind is '{row['kind']}'; it must be one of {', '.join(KINDS)}.")
        nameless = ("name",) if row["kind"] not in ("algorithm", "category") else ()
        empty = [name for name in names if not row[name] and name not in (*may_be_empty, *nameless)]
        if empty:
            raise BoardError(f"{where}: '{empty[0]}' is empty; every number needs one.")
        try:
            values: dict[str, Any] = {**row, "size": int(row["size"])}
            made = Reported(**values)
            if not 0 <= float(made.percent) <= 100 or float(made.spread or 0) < 0:
                raise ValueError("a percentage is needed")
        except ValueError as error:
            raise BoardError(f"{where}: {error}.") from None
        yield made
