"""The JSON Schema of records, for whoever reads them without this package: made from `Record`, kept beside it.

`python -m nar_bench.results.schema` writes record.schema.json anew; a test says when that is needed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from nar_bench.results.record import Record

FILE = Path(__file__).with_name("record.schema.json")


def record_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema, draft 2020-12) that every record which is written fits.

    `Record.from_json` checks what is read by the same model; it also reads earlier schemas, which this one does not.
    """
    schema = Record.model_json_schema(by_alias=True, mode="serialization")
    # A component writes itself in a way of its own, to leave out what it is not around; its fields are those it reads.
    reads = Record.model_json_schema(by_alias=True, mode="validation")
    schema["$defs"]["Used"] = reads["$defs"]["Used"]
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": "nar-bench-record-3", **schema}


def as_text() -> str:
    """Return the file's text."""
    return json.dumps(record_schema(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_text(), encoding="utf-8")
