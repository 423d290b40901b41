"""The JSON Schema of records: the one that is shipped is that of the model, and says what the model says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from made_records import content, record, together, used
from pydantic import ValidationError

from nar_bench.results.record import Record
from nar_bench.results.schema import FILE, as_text

VALIDATOR = jsonschema.Draft202012Validator(json.loads(FILE.read_text()))


def written(one: Record) -> Any:
    return json.loads(one.to_json())


def test_the_shipped_file_is_that_of_the_model() -> None:
    assert FILE.read_text() == as_text(), "write it anew: python -m nar_bench.results.schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(FILE.read_text()))


@pytest.mark.parametrize(
    "one",
    [
        record(),
        together(2, "bfs", "dfs"),
        record(3, state="failed", scores=[], error={"type": "E", "message": "m", "traceback": "t"}),
        Record.model_validate(content(processor="memory_pgn") | {"processor": used("memory_pgn", around=used("pgn"))}),
        Record.from_json((Path(__file__).parent / "golden_record_3.json").read_text(), "golden"),
        Record.from_json((Path(__file__).parent / "golden_record.json").read_text(), "golden"),
    ],
)
def test_what_is_written_fits_it(one: Record) -> None:
    VALIDATOR.validate(written(one))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("trial",), "not hex"),
        (("state",), "half done"),
        (("schema",), 2),
        (("seed",), "0"),
        (("scores", 0, "size"), 0),
        (("scores", 0, "extra"), 1),
        (("algorithms",), []),
        (("processor", "version"), None),
        (("protocol",), {"track": "strict"}),
    ],
)
def test_what_does_not_fit_it_is_no_record_either(place: tuple[str | int, ...], value: object) -> None:
    broken = copy.deepcopy(written(record()))
    at = broken
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    assert not VALIDATOR.is_valid(broken)
    with pytest.raises(ValidationError):
        Record.model_validate(broken)
