"""What an estimate leaves behind: one JSON file with C, its evidence and everything needed to make it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nar_bench.errors import RecordError
from nar_bench.results.record import SuiteName, Used

State = Literal["measured", "at most", "more than", "open", "no threshold", "diverged"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RunLine(_Part):
    """One training run; lines of an estimate that is not finished are these too."""

    m: int = Field(ge=1)
    """Examples."""
    number: int = Field(ge=0)
    """Which run at this m."""
    state: Literal["done", "diverged"]
    success: bool
    hits: int = Field(ge=0)
    """Fresh inputs on which it was right; 0 of 0 where it diverged."""
    count: int = Field(ge=0)
    close: bool
    """Too close to call, so that the share of hits decided."""
    seconds: float


class CellLine(_Part):
    """The runs at one m."""

    m: int
    runs: int
    successes: int
    diverged: int
    low: float
    high: float
    """Clopper and Pearson's interval of the share of all runs at m that succeed."""


class Result(_Part):
    """The estimate; see `nar_bench.alignment.complexity.Complexity`."""

    state: State
    value: float | None
    low: int | None
    high: int | None
    level: float


class Failure(_Part):
    """Why there is no estimate."""

    type: str
    message: str


class Question(_Part):
    """What was asked."""

    kind: Literal["function", "algorithm"]
    what: Used
    """The target or the algorithm."""
    learner: Used
    """The learner or the processor."""
    regime: str = ""
    """Of an algorithm; "" for a function."""
    similarity: Used | None = None
    similar_input: Used | None = None
    size: int
    eps: float | None
    """In units of `unit`; None for an algorithm, whose answers are valid or not."""
    unit: str = ""
    absolute_eps: float | None = None
    delta: float
    config: dict[str, Any]
    """Options: of a function target, learner, search, judge; of an algorithm also train, model, regime."""


class AlignmentRecord(_Part):
    """A whole file."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    estimate: str
    """The identity: a hash of all that changes the outcome."""
    state: Literal["done", "failed"]
    suite: SuiteName
    question: Question
    modules: dict[str, str] = {}
    """Of a network whose alignment is claimed: its modules, each with the estimate of its own function."""
    complexity: float | None = None
    """max_i sum_j p |alpha| ||beta||^p, of a target that Theorem 1 speaks of."""
    result: Result | None
    cells: list[CellLine]
    runs: list[RunLine]
    started: str
    finished: str
    seconds: float
    """Of all runs, those before an interruption included."""
    environment: dict[str, Any]
    error: Failure | None = None

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(self.model_dump(by_alias=True), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> AlignmentRecord:
        """Parse and check a record. Raises RecordError; the message names the field."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise RecordError(f"{where}: {place}: {first['msg']}.") from None


SCHEMA_FILE = Path(__file__).with_name("record.schema.json")


def schema_text() -> str:
    """Return the JSON Schema (draft 2020-12) that every record fits, as it stands in record.schema.json."""
    from pydantic.json_schema import GenerateJsonSchema

    schema = AlignmentRecord.model_json_schema(by_alias=True, mode="serialization")
    # A component writes itself in a way of its own, to leave out what it is not around; its fields are those it reads.
    schema["$defs"]["Used"] = AlignmentRecord.model_json_schema(by_alias=True, mode="validation")["$defs"]["Used"]
    whole = {"$schema": GenerateJsonSchema.schema_dialect, "$id": "nar-bench-alignment-record-1", **schema}
    return json.dumps(whole, indent=1) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
