"""Keep the records of the alignment suites beside the page, one line of JSON each.

python docs/experiments/corollary1/collect.py runs/corollary1 runs/theorem1 runs/bellman_ford-modules
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterable
from pathlib import Path

from nar_bench.alignment.record import AlignmentRecord
from nar_bench.alignment.store import AlignmentStore

RECORDS = Path(__file__).parent / "records.jsonl.gz"


def read_records(path: Path = RECORDS) -> list[AlignmentRecord]:
    """Return the records that are kept."""
    with gzip.open(path, "rb") as file:
        return [AlignmentRecord.from_json(line, f"{path}, line {n}") for n, line in enumerate(file, 1)]


def write_records(records: Iterable[AlignmentRecord], path: Path = RECORDS) -> None:
    """Write records by identity, each once; equal records give equal bytes."""
    by_id = {record.estimate: record for record in records}
    lines = "".join(by_id[one].model_dump_json(by_alias=True) + "\n" for one in sorted(by_id))
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", mtime=0) as file:
        file.write(lines.encode())
    path.write_bytes(held.getvalue())


def main(folders: Iterable[str]) -> None:
    """Collect the finished estimates of folders."""
    records = []
    for folder in folders:
        found, problems = AlignmentStore(Path(folder)).records()
        for problem in problems:
            raise problem
        records += [record for record in found if record.state == "done"]
    write_records(records)


if __name__ == "__main__":
    main(sys.argv[1:])
