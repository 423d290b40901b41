"""A folder of estimates: a record of each that is finished, the runs so far of each that is not.

<folder>/estimates/<estimate>.json
<folder>/runs/<estimate>.jsonl              while it is not finished; one line for each run
<folder>/claims/<estimate>.lock, .lease     while somebody is at it
<folder>/alignment/index.html
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from nar_bench.alignment.record import AlignmentRecord, RunLine
from nar_bench.errors import RecordError, StoreError
from nar_bench.results.claims import claimed
from nar_bench.results.files import probe, read_each, read_if_there, write_whole


class AlignmentStore:
    """The estimates of one folder.

    Args:
        path: the folder; it need not exist before something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.estimates = path / "estimates"

    @property
    def page(self) -> Path:
        """Where the page is written."""
        return self.path / "alignment" / "index.html"

    def runs_path(self, estimate: str) -> Path:
        """Return where the runs of an estimate lie that is not finished."""
        return self.path / "runs" / f"{estimate}.jsonl"

    def started(self) -> set[str]:
        """Return the estimates that have runs and are not finished."""
        return {path.stem for path in (self.path / "runs").glob("*.jsonl")}

    def add_run(self, estimate: str, run: RunLine) -> None:
        """Append a run, on the disk when this returns. Raises StoreError."""
        path = self.runs_path(estimate)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(run.model_dump_json().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror or error}. Earlier runs are kept.") from error

    def runs(self, estimate: str) -> list[RunLine]:
        """Return the runs so far, up to the first line that is not whole; what follows is cut off.

        A process that is killed while it writes leaves half a line, and the next line must not be written behind it.
        """
        path = self.runs_path(estimate)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return []
        found, whole = [], 0
        for line in content.splitlines(keepends=True):
            try:
                found.append(RunLine.model_validate_json(line))
            except ValidationError:
                break
            if not line.endswith(b"\n"):
                found.pop()
                break
            whole += len(line)
        if whole < len(content):
            write_whole(path, content[:whole])
        return found

    def write(self, record: AlignmentRecord) -> None:
        """Write a record whole or not at all, and forget the runs that are in it now. Raises StoreError."""
        write_whole(self.estimates / f"{record.estimate}.json", record.to_json().encode())
        if record.state == "done":
            self.runs_path(record.estimate).unlink(missing_ok=True)

    def read(self, estimate: str) -> AlignmentRecord | None:
        """Return a record, or None where there is none. Raises RecordError where it is damaged."""
        path = self.estimates / f"{estimate}.json"
        text = read_if_there(path)
        if text is None:
            return None
        record = AlignmentRecord.from_json(text, str(path))
        if record.estimate != estimate:
            raise RecordError(f"{path}: estimate is {record.estimate}; the file name says {estimate}.")
        return record

    def records(self) -> tuple[list[AlignmentRecord], list[RecordError]]:
        """Return every record that can be read, by estimate, and one error for each that cannot.

        Raises:
            StoreError: there is no such folder.
        """
        if not self.estimates.is_dir():
            raise StoreError(
                f"{self.path} holds no estimates (it has no folder 'estimates'). "
                f"Make some first: nar-bench align SUITE --out {self.path}"
            )
        return read_each(self.estimates, self.read)

    def probe(self) -> None:
        """Write a file into the folder, so that a run that cannot save fails before it starts. Raises StoreError."""
        probe(self.estimates)

    @contextlib.contextmanager
    def claim(self, estimate: str) -> Iterator[bool]:
        """Keep others off an estimate for the length of the block; yield False where somebody is at it."""
        with claimed(self.path / "claims" / estimate) as claim:
            yield claim is not None
