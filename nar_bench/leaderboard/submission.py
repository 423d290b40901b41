"""A submission: the records of some methods for one board, with what is known of how they came about.

It is one JSON file, results/<name>.json in a board's folder, and submission.json in a bundle. Its state is what others
may rely on:

- claimed: the records are of one piece and fit the board; nobody else has made them.
- reproduced: answers were scored again, and a random sample of trials, trained again, came out within what its own
  seeds vary.
- verified: the same, and every trial of the sample came out with the same numbers.
- refuted: something was found that no honest run leaves; it stands on the board with the finding, and is not ranked.

Numbers of papers are "reported"; they are no submissions (see `nar_bench.leaderboard.reported`).
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nar_bench.errors import BoardError, RecordError
from nar_bench.leaderboard.definition import NAME
from nar_bench.results.files import write_whole
from nar_bench.results.record import Record
from nar_bench.results.summary import Line, summarise

State = Literal["claimed", "reproduced", "verified", "refuted"]
STATES: dict[str, str] = {
    "verified": "answers scored again, and a random sample of trials, trained again, came out with the same numbers",
    "reproduced": "answers scored again, and a random sample of trials, trained again, came out within what seeds vary",
    "claimed": "the records are of one piece and fit the board; nobody else has made them yet",
    "refuted": "something was found that no honest run leaves; not ranked",
    "reported": "printed by others, trained otherwise; never ranked",
}
"""What each state says, the strongest first."""

MOST_BYTES = 2**30
"""The largest submission that is read."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Files(_Part):
    """What else a trial left, as SHA-256 in hex; None where it is not kept."""

    weights: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    predictions: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class Verification(_Part):
    """What somebody found who checked."""

    when: str
    nar_bench: str
    machine: str
    sample_seed: int
    """Of the random sample; drawn when it is verified, so that no submission is made for it."""
    scored_again: int
    """Trials whose answers were scored again."""
    trained_again: list[str]
    """Trials of the sample."""
    outcome: State
    findings: list[str]


class Submission(_Part):
    """One file."""

    schema_version: Literal[1] = Field(alias="schema")
    name: str = Field(pattern=NAME)
    board: str = Field(pattern=NAME)
    state: State
    submitted: str
    by: str = ""
    notes: str = ""
    incomplete: bool = False
    """Whether it says itself that methods lack cells; they stand apart."""
    commands: list[str]
    """What makes these records."""
    environment: dict[str, Any]
    """Where it was put together; each record says where it was made."""
    files: dict[str, Files]
    """By trial."""
    verifications: list[Verification] = []
    records: list[Record] = Field(min_length=1)

    @field_validator("verifications")
    @classmethod
    def _have_times(cls, value: list[Verification]) -> list[Verification]:
        if [one.when for one in value] != sorted(one.when for one in value):
            raise ValueError("verifications are in the order of their times")
        return value

    @cached_property
    def lines(self) -> list[Line]:
        """Its records by method and algorithm."""
        return summarise(self.records)

    def to_json(self) -> str:
        """Return it as JSON text, one line for each record, so that two of them can be compared line by line."""
        content = self.model_dump(mode="json", by_alias=True)
        records = content.pop("records")
        lines = ",\n".join(json.dumps(one, separators=(",", ":"), allow_nan=False) for one in records)
        head = json.dumps(content, indent=1, allow_nan=False).removesuffix("\n}")
        return f'{head},\n "records": [\n{lines}\n]}}\n'

    def write(self, path: Path) -> None:
        """Write it whole or not at all. Raises StoreError."""
        write_whole(path, self.to_json().encode())

    def fault(self) -> str | None:
        """Return how it contradicts itself: a state that no verification found."""
        found = self.verifications[-1].outcome if self.verifications else "claimed"
        if self.state != found:
            return f"its state is {self.state}, but the last verification says {found}"
        return None


def read_submission(file: Path) -> Submission:
    """Read a submission.

    Raises:
        BoardError: it cannot be read, is too large, or does not fit; the message names the first field that does not.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BoardError(f"{file}: {file.stat().st_size} bytes; at most {MOST_BYTES} are read.")
        text = file.read_bytes()
    except OSError as error:
        raise BoardError(f"{file}: cannot be read: {error.strerror}.") from None
    try:
        made = Submission.model_validate_json(text)
    except ValidationError as error:
        made = _with_earlier_records(text, file, error)
    if fault := made.fault():
        raise BoardError(f"{file}: {fault}.")
    return made


def _with_earlier_records(text: bytes, file: Path, error: ValidationError) -> Submission:
    """Read a submission whose records may be of earlier schemas, or say what is wrong with it."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    wrong = BoardError(
        f"{file}: {place}: {first['msg']} ({error.error_count()} fault{'s' * (error.error_count() > 1)})."
    )
    if first["loc"][:1] != ("records",):
        raise wrong from None
    try:
        content = json.loads(text)
        for place_in, one in enumerate(content["records"]):
            upgraded = Record.from_json(json.dumps(one), f"records.{place_in}")
            content["records"][place_in] = json.loads(upgraded.to_json())
        return Submission.model_validate_json(json.dumps(content))
    except (ValidationError, RecordError, ValueError):
        raise wrong from None
