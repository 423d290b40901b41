"""A results folder: one record per trial, its weights once it is trained, its checkpoint while it is not, and pages.

<folder>/records/<trial>.json
<folder>/checkpoints/<trial>.pt
<folder>/weights/<trial>.pt
<folder>/predictions/<trial>.parquet        where they are asked for
<folder>/cache/records.parquet              all records, compact; made anew whenever it is needed
<folder>/board/index.html, board.md
<folder>/ideas/index.html
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from nar_bench.errors import RecordError, StoreError
from nar_bench.results.files import write_whole
from nar_bench.results.record import Record


class Store:
    """The records of one results folder.

    Args:
        path: the folder; it need not exist before something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records = path / "records"

    @property
    def board(self) -> Path:
        """Folder of the board."""
        return self.path / "board"

    def checkpoint(self, trial: str) -> Path:
        """Return where a trial keeps its checkpoint."""
        return self.path / "checkpoints" / f"{trial}.pt"

    def checkpointed(self) -> set[str]:
        """Return the trials that have a checkpoint."""
        return {path.stem for path in (self.path / "checkpoints").glob("[!.]*.pt")}

    def weights(self, trial: str) -> Path:
        """Return where a trial keeps its trained weights (see `nar_bench.training.weights`); no record needs them."""
        return self.path / "weights" / f"{trial}.pt"

    def predictions(self, trial: str) -> Path:
        """Return where a trial keeps its predictions, if it was asked to."""
        return self.path / "predictions" / f"{trial}.parquet"

    @property
    def records_folder(self) -> Path:
        """Folder of the records."""
        return self._records

    @property
    def compact(self) -> Path:
        """The records as one table (see `nar_bench.results.compact`)."""
        return self.path / "cache" / "records.parquet"

    @property
    def ideas(self) -> Path:
        """Folder of the page of ideas."""
        return self.path / "ideas"

    def record_path(self, trial: str) -> Path:
        """Return where a trial's record lies."""
        return self._records / f"{trial}.json"

    def write(self, record: Record) -> None:
        """Write a record whole or not at all. Raises StoreError."""
        write_whole(self.record_path(record.trial), record.to_json().encode())

    def read(self, trial: str) -> Record | None:
        """Return a trial's record, or None where there is none. Raises RecordError where it is damaged."""
        path = self.record_path(trial)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(f"{path}: cannot be read: {error.strerror}.") from error
        record = Record.from_json(text, str(path))
        if record.trial != trial:
            raise RecordError(f"{path}: trial is {record.trial}; the file name says {trial}.")
        return record

    def records(self) -> tuple[list[Record], list[RecordError]]:
        """Return every record that can be read, by trial, and one error for each that cannot.

        Raises:
            StoreError: there is no results folder.
        """
        if not self._records.is_dir():
            raise self.is_none()
        good: list[Record] = []
        bad: list[RecordError] = []
        for path in sorted(self._records.glob("*.json")):
            try:
                record = self.read(path.stem)
                if record is not None:
                    good.append(record)
            except RecordError as error:
                bad.append(error)
        return good, bad

    def is_none(self) -> StoreError:
        """Return the error that says that this is no results folder."""
        return StoreError(
            f"{self.path} is no results folder (it has no folder 'records'). Run a suite with --out {self.path} first."
        )

    def probe(self) -> None:
        """Make the folder and write a file into it, so that a run that cannot save fails before it starts.

        Raises:
            StoreError: it cannot be made or written.
        """
        probe = self._records / ".probe"
        write_whole(probe, b"x" * 4096)
        probe.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs off this folder for the length of the block.

        A lock whose process has ended on this host is taken over.

        Raises:
            StoreError: another run holds it.
        """
        path = self.path / "run.lock"
        mine = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
        for _ in range(2):
            try:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                holder = _holder(path)
                if holder is None or _has_ended(holder):
                    path.unlink(missing_ok=True)
                    continue
                raise StoreError(
                    f"{self.path}: process {holder['pid']} on {holder['host']} is running a suite in this folder. "
                    f"Wait for it, choose another --out, or, if it is gone, delete {path}."
                ) from None
            except OSError as error:
                raise StoreError(f"cannot write {path}: {error.strerror}.") from error
            with os.fdopen(handle, "w") as file:
                file.write(mine)
            break
        try:
            yield
        finally:
            if path.exists() and path.read_text() == mine:
                path.unlink()


def _holder(path: Path) -> dict[str, object] | None:
    try:
        holder = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return holder if isinstance(holder, dict) and {"pid", "host"} <= holder.keys() else None


def _has_ended(holder: dict[str, object]) -> bool:
    if holder["host"] != socket.gethostname() or not isinstance(holder["pid"], int):
        return False
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
