"""What a trial leaves behind: one JSON file with its scores and everything needed to run it again."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nar_bench.errors import RecordError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SuiteName(_Part):
    """The suite that a trial belongs to; versions of a suite never mix on a board."""

    name: str
    version: int


class Used(_Part):
    """A component that a trial used."""

    name: str
    id: str
    """Full id, distribution/name."""
    version: int
    distribution: str
    distribution_version: str
    source_hash: str
    """Of the component's module."""


class Score(_Part):
    """One number, measured on `count` instances of one size."""

    size: int = Field(ge=1)
    metric: str
    value: float
    count: int = Field(ge=1)


class Training(_Part):
    """What training was."""

    steps: int
    examples: int
    sizes: list[int]
    losses: list[list[float]]
    """[step, loss] points."""
    resumed_from: int


class Failure(_Part):
    """Why a trial failed."""

    type: str
    message: str
    traceback: str


class Record(_Part):
    """One trial. `state` is "done" with scores, or "failed" with an error."""

    schema_version: Literal[1] = Field(alias="schema")
    trial: str = Field(pattern=r"^[0-9a-f]{16}$")
    state: Literal["done", "failed"]
    suite: SuiteName
    algorithm: Used
    processor: Used
    similarity: Used | None
    similar_input: Used | None
    regime: str
    seed: int
    config: dict[str, Any]
    """Everything that defines the trial."""
    parameters: int | None
    """Trained numbers in the network."""
    scores: list[Score]
    training: Training | None
    seconds: dict[str, float]
    """Wall-clock time by phase: build, train, evaluate."""
    environment: dict[str, Any]
    started: str
    finished: str
    error: Failure | None

    @property
    def method(self) -> str:
        """Processor and regime, the row of a table; with the similarity where one was used."""
        similarity = f", {self.similarity.name}" if self.similarity else ""
        return f"{self.processor.name} ({self.regime}{similarity})"

    def to_json(self) -> str:
        """Return the record as JSON text, keys in a fixed order."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> Record:
        """Parse and check a record.

        Raises:
            RecordError: it is no JSON, or does not fit the schema; the message names the field.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise RecordError(
                f"{where}: {place}: {first['msg']} ({error.error_count()} fault{'s' * (error.error_count() > 1)})."
            ) from None
