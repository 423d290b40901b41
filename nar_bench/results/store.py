"""A results folder: one record per trial, its weights once it is trained, its checkpoint while it is not, and pages.

<folder>/records/<trial>.json
<folder>/checkpoints/<trial>.pt
<folder>/weights/<trial>.pt
<folder>/predictions/<trial>.parquet        where they are asked for
<folder>/cache/records.parquet              all records, compact; made anew whenever it is needed
<folder>/claims/<trial>.lock, .lease        while a runner is at it
<folder>/activity/                          what runners say of themselves (see `nar_bench.results.activity`)
<folder>/observers/<observer>/              what an observer leaves
<folder>/executor/                          what an executor leaves, such as job scripts
<folder>/board/index.html, board.md
<folder>/ideas/index.html
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from nar_bench.errors import RecordError, StoreError, did_you_mean
from nar_bench.results.claims import Claim, claimed
from nar_bench.results.files import probe, read_each, read_if_there, write_whole
from nar_bench.results.record import Record

Stamp = tuple[int, int, int]
"""When a file was written, which one it is, and how long."""


def stamp_of(found: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    return found.st_mtime_ns, found.st_ino, found.st_size


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

    def clear_leftovers(self, trial: str) -> None:
        """Remove checkpoints that a killed run had half written; for whoever holds the trial's claim."""
        for path in (self.path / "checkpoints").glob(f".{trial}.pt.*"):
            path.unlink(missing_ok=True)

    @property
    def executor(self) -> Path:
        """Folder of the executor."""
        return self.path / "executor"

    @property
    def activity(self) -> Path:
        """Folder of the notes that runners leave while they work."""
        return self.path / "activity"

    def observer(self, name: str) -> Path:
        """Return the folder of an observer."""
        return self.path / "observers" / name

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
        text = read_if_there(path)
        if text is None:
            return None
        record = Record.from_json(text, str(path))
        if record.trial != trial:
            raise RecordError(f"{path}: trial is {record.trial}; the file name says {trial}.")
        return record

    def find(self, start: str) -> Record:
        """Return the record of the trial whose id is, or begins with, `start`.

        Raises:
            StoreError: there is no results folder.
            RecordError: no record, or those of several trials, or a damaged one.
        """
        if not self._records.is_dir():
            raise self.is_none()
        ids = sorted(path.stem for path in self._records.glob("[!.]*.json"))
        found = [one for one in ids if one.startswith(start)] if start else []
        if len(found) > 1:
            more = f" and {len(found) - 4} more" if len(found) > 4 else ""
            raise RecordError(
                f"{self.path}: several trials begin with {start}: {', '.join(found[:4])}{more}. Give more digits."
            )
        record = self.read(found[0]) if found else None
        if record is not None:
            return record
        if start and any(one.startswith(start) for one in self.checkpointed()):
            raise RecordError(
                f"{self.path}: trial {start} is not finished. Run its suite again to go on from its checkpoint."
            )
        raise RecordError(
            f"{self.path} has no record of the trial {start}.{did_you_mean(start, ids)} nar-bench plan lists the "
            "trials of a suite."
        )

    def records(self) -> tuple[list[Record], list[RecordError]]:
        """Return every record that can be read, by trial, and one error for each that cannot.

        Raises:
            StoreError: there is no results folder.
        """
        if not self._records.is_dir():
            raise self.is_none()
        return read_each(self._records, self.read)

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
        probe(self._records)

    def claim_path(self, name: str) -> Path:
        """Return the claim of a trial, or of something else that is called `name`."""
        return self.path / "claims" / name

    @contextlib.contextmanager
    def claim(self, trial: str, patient: bool = False) -> Iterator[Claim | None]:
        """Keep other runners off a trial for the length of the block; yield None where one of them is at it.

        Args:
            patient: see `nar_bench.results.claims`, which says what holds where.

        Raises:
            StoreError: the claim cannot be written.
        """
        path = self.claim_path(trial)
        with claimed(path, patient) as claim:
            yield claim
            if claim and self.record_path(trial).exists():
                # While it is held, so that whoever opened it meanwhile finds that it locked a file without a name.
                # Where that goes unseen (NFS), two may hold a claim, but the record is there then for both to see.
                path.with_suffix(".lock").unlink(missing_ok=True)

    def stamp(self, trial: str) -> Stamp | None:
        """Return what tells the present record of a trial from earlier and later ones, or None where none is seen."""
        try:
            return stamp_of(self.record_path(trial).stat())
        except OSError:
            return None

    def fresh_stamp(self, trial: str) -> Stamp | None:
        """Return `stamp`, and see records that other machines have just written.

        NFS keeps what it knows of a folder for up to a minute, and asks again when the folder is opened.
        """
        with contextlib.suppress(OSError), os.scandir(self._records):
            pass
        return self.stamp(trial)
