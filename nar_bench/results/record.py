"""What a trial leaves behind: one JSON file with its scores and everything needed to run it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

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
    around: Used | None = None
    """Of a processor made by a wrapper, what is wrapped; all else is then the wrapper's. Left out where it is None."""

    @model_serializer(mode="wrap")
    def _leave_out(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        return {name: value for name, value in values.items() if name != "around" or value is not None}


def name_of(algorithms: Sequence[Used]) -> str:
    """Join the names of algorithms; of many only the first three are told."""
    names = [one.name for one in algorithms]
    return " + ".join(names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"])


OWN_POINT = "own"
"""The shift point of a suite's own test distribution; others have the names that the suite gives them."""


class Score(_Part):
    """One number, measured on `count` instances of one size at one shift point."""

    algorithm: str
    point: str = OWN_POINT
    size: int = Field(ge=1)
    metric: str
    value: float
    count: int = Field(ge=1)


class Training(_Part):
    """What training was."""

    steps: int
    examples: int
    """Of all algorithms together."""
    sizes: dict[str, list[int]]
    """By algorithm."""
    losses: dict[str, list[list[float]]]
    """[step, loss] points by algorithm."""
    validation: dict[str, list[list[float]]]
    """[step, score] points by algorithm; empty where the last weights were kept."""
    selected: int
    """The step whose weights were measured."""
    resumed_from: int


class Protocol(_Part):
    """Which data a trial saw before it was measured."""

    track: Literal["open", "strict"]
    """Of the suite; "strict" refuses sizes out of distribution in training and selection."""
    select: Literal["last", "best"]
    """Which weights were measured: those of the last step, or the best on the selection split."""
    selection_split: Literal["none", "validation"]
    """What chose them: nothing, or instances from the distribution of the training samples. Never test instances."""
    selection_sizes: dict[str, int]
    """Of the selection split, by algorithm; empty where there is none."""
    in_distribution: dict[str, int]
    """The largest size that is in distribution, by algorithm: the suite's, or else the largest that is trained on."""
    trained_beyond: dict[str, list[int]]
    """Sizes out of distribution that were trained on, by algorithm; only of algorithms that have some."""
    selected_beyond: dict[str, list[int]]
    """Sizes out of distribution in the selection split, likewise."""
    hints_seen: list[Literal["encoded", "decoded", "compared", "length"]]
    """What of true hints had a part in training: predicted ones are encoded again, they are decoded (a loss is on
    them), runs are compared by them to find pairs; or in how many steps are made when measured (the true length)."""


class Memory(_Part):
    """The most that was held at a time, in MiB; None where the system does not say."""

    process: float | None
    """Resident memory of the process while the trial ran, with what it held before."""
    device: float | None
    """Memory of the device that torch had given to tensors; None on a CPU."""


class Failure(_Part):
    """Why a trial failed."""

    type: str
    message: str
    traceback: str


class Record(_Part):
    """One trial. `state` is "done" with scores, or "failed" with an error.

    Schema 1 had one algorithm to a trial, schema 2 no protocol, memory and shift points; both are read as records of
    this schema.
    """

    schema_version: Literal[3] = Field(alias="schema")
    trial: str = Field(pattern=r"^[0-9a-f]{16}$")
    state: Literal["done", "failed"]
    suite: SuiteName
    algorithms: list[Used] = Field(min_length=1)
    """In the order in which they were trained; several where they share a processor."""
    processor: Used
    similarity: Used | None
    similar_inputs: list[Used]
    """One for each algorithm where similar inputs are made, else none."""
    regime: str
    seed: int
    config: dict[str, Any]
    """Everything that defines the trial."""
    protocol: Protocol | None = None
    """None before schema 3."""
    points: dict[str, dict[str, dict[str, Any]]] = {}
    """By algorithm and name of a shift point the values of all its shift axes; empty before schema 3."""
    parameters: int | None
    """Trained numbers of the networks; what they share counts once, and what is not trained does not count. Nor does a
    learned similarity or projection (trained for the contrastive loss, needed for no answer), whose size `config` says.
    None where the trial failed before the networks were built."""
    scores: list[Score]
    training: Training | None
    seconds: dict[str, float]
    """Wall-clock time by phase: build, train, evaluate."""
    memory: Memory | None = None
    """None before schema 3."""
    environment: dict[str, Any]
    started: str
    finished: str
    error: Failure | None

    @property
    def name(self) -> str:
        """What a person calls the algorithms."""
        return name_of(self.algorithms)

    @property
    def method(self) -> str:
        """Processor and regime, the row of a table, with the similarity and how many algorithms share the processor."""
        similarity = f", {self.similarity.name}" if self.similarity else ""
        together = f", {len(self.algorithms)} together" if len(self.algorithms) > 1 else ""
        return f"{self.processor.name} ({self.regime}{similarity}{together})"

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
            try:
                return cls.model_validate_json(text)
            except ValidationError:
                if (upgraded := _upgraded(text)) is None:
                    raise
                return cls.model_validate_json(upgraded)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise RecordError(
                f"{where}: {place}: {first['msg']} ({error.error_count()} fault{'s' * (error.error_count() > 1)})."
            ) from None


def _upgraded(text: str | bytes) -> str | None:
    """Return a record of an earlier schema in the present one, or None for anything else."""
    try:
        old = json.loads(text)
    except ValueError:
        return None
    if not isinstance(old, dict):
        return None
    if old.get("schema") == 1 and isinstance(old.get("algorithm"), dict):
        old = _from_schema_1(old)
    return json.dumps({**old, "schema": 3}) if old.get("schema") == 2 else None


def _from_schema_1(old: dict[str, Any]) -> dict[str, Any]:
    name = str(old["algorithm"].get("name"))
    new = {key: value for key, value in old.items() if key not in ("algorithm", "similar_input")}
    new |= {"schema": 2, "algorithms": [old["algorithm"]]}
    new["similar_inputs"] = [old["similar_input"]] if old.get("similar_input") else []
    if isinstance(old.get("scores"), list):
        new["scores"] = [{"algorithm": name, **one} if isinstance(one, dict) else one for one in old["scores"]]
    if isinstance(training := old.get("training"), dict):
        by_name = {key: {name: training[key]} for key in ("sizes", "losses") if key in training}
        new["training"] = {**training, **by_name, "validation": {}, "selected": training.get("steps")}
    if isinstance(config := old.get("config"), dict):
        own = {key: config[key] for key in ("train_shift", "evaluate_shift") if key in config}
        new["config"] = {key: value for key, value in config.items() if key not in own}
        new["config"]["algorithms"] = {name: own}
    return new
