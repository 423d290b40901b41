"""A bundle: a submission with what it was measured from, as a folder or a zip file, for whoever verifies it.

BUNDLE/submission.json
BUNDLE/predictions/<trial>.parquet     every answer to the test instances (`nar-bench run --predictions`)
BUNDLE/weights/<trial>.pt              where they are asked for; else their hashes alone are in submission.json

A bundle is somebody else's file. A zip is unpacked into a folder of its own, one member at a time, by names that are
known beforehand, and no further than `MOST_BYTES`, whatever its headers say. Nothing in a bundle is executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nar_bench.errors import BoardError
from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.rules import flaws, incomplete, refusals
from nar_bench.leaderboard.submission import Files, Submission, read_submission
from nar_bench.results.provenance import environment, now
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.results.summary import summarise

SUBMISSION = "submission.json"
MOST_BYTES = 4 * 2**30
"""The most that a bundle may hold, unpacked."""
MOST_FILES = 200_000

_MEMBER = re.compile(r"submission\.json|predictions/[0-9a-f]{16}\.parquet|weights/[0-9a-f]{16}\.pt")


@dataclass(frozen=True)
class Bundle:
    """A bundle, unpacked.

    Attributes:
        path: where it lies, unpacked.
        source: what was named, the folder itself or a zip file.
    """

    path: Path
    source: Path
    submission: Submission

    def predictions(self, trial: str) -> Path:
        """Return where a trial's answers are, if they are there."""
        return self.path / "predictions" / f"{trial}.parquet"

    def weights(self, trial: str) -> Path:
        """Return where a trial's weights are, if they are there."""
        return self.path / "weights" / f"{trial}.pt"


@dataclass(frozen=True)
class Draft:
    """A submission made from a results folder.

    Attributes:
        left_out: a sentence for each record that is of another suite or kind.
    """

    submission: Submission
    left_out: tuple[str, ...]


def draft(
    store: Store, definition: Definition, name: str, *, by: str, notes: str, commands: Sequence[str], apart: bool
) -> Draft:
    """Make a submission of all that a results folder has for a board; failed trials too, which are seeds that failed.

    Args:
        apart: whether methods may lack cells; they then stand apart.

    Raises:
        StoreError: there is no results folder.
        BoardError: it has nothing for this board, or damaged records.
    """
    records, problems = store.records()
    if problems:
        raise BoardError(f"{store.path}: {problems[0]} Run that trial again, or move the file away.")
    taken, left_out = [], []
    for record in records:
        why = _another(definition, record)
        if why:
            left_out.append(f"{record.trial} ({record.name}, {record.method}): {why}")
        else:
            taken.append(record)
    if not taken:
        reasons = "".join(f"\n  {one}" for one in left_out[:5])
        raise BoardError(f"{store.path}: it has nothing for the board {definition.name}.{reasons}")
    files = {
        one.trial: Files(
            weights=_hash_if_there(store.weights(one.trial)), predictions=_hash_if_there(store.predictions(one.trial))
        )
        for one in taken
        if one.state == "done"
    }
    made = Submission(
        schema=1,
        name=name,
        board=definition.name,
        state="claimed",
        submitted=now(),
        by=by,
        notes=notes,
        incomplete=apart and bool(incomplete(definition, summarise(taken))),
        commands=list(commands),
        environment=environment("none", 0),
        files=files,
        records=taken,
    )
    return Draft(made, tuple(left_out))


def _another(definition: Definition, record: Record) -> str:
    """Say why a record is for another board; what is for this one and wrong is refused instead."""
    if record.suite != definition.suite:
        return f"it is of {record.suite.name} {record.suite.version}"
    if (len(record.algorithms) > 1) != definition.together:
        return "it trained several algorithms together" if len(record.algorithms) > 1 else "it trained one algorithm"
    return ""


def draft_refusals(definition: Definition, submission: Submission, *, without_predictions: bool) -> list[str]:
    """Return why a draft cannot be submitted, and what to do."""
    found = [*refusals(definition, submission), *flaws(submission)]
    if not without_predictions:
        lacking = [trial for trial, files in submission.files.items() if files.predictions is None]
        if lacking:
            found.append(
                f"{len(lacking)} trials have no predictions (the first is {lacking[0]}), so nobody can score them "
                "again. Run with --predictions in a new folder, or submit with --without-predictions and stay claimed"
            )
    return found


def write_bundle(submission: Submission, store: Store, out: Path, *, with_weights: bool) -> list[Path]:
    """Write a bundle and return its files. What is there is never overwritten.

    Args:
        out: a folder, or a file that ends with .zip.

    Raises:
        BoardError: `out` is there.
        StoreError: it cannot be written.
    """
    if out.exists():
        raise BoardError(f"{out} is there already, and is not overwritten. Name another, or move it away.")
    if out.suffix == ".zip":
        with tempfile.TemporaryDirectory(dir=out.parent if out.parent.is_dir() else None) as temporary:
            folder = Path(temporary) / "bundle"
            files = write_bundle(submission, store, folder, with_weights=with_weights)
            packed = Path(temporary) / "packed.zip"
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
                for file in files:
                    pack.write(file, file.relative_to(folder))
            shutil.move(packed, out)
        return [out]
    files = [out / SUBMISSION]
    submission.write(files[0])
    for trial, hashes in submission.files.items():
        wanted = [(hashes.predictions, store.predictions(trial), "predictions")]
        wanted += [(hashes.weights, store.weights(trial), "weights")] if with_weights else []
        for known, source, folder_name in wanted:
            if known is not None:
                target = out / folder_name / source.name
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(source, target)
                files.append(target)
    return files


@contextlib.contextmanager
def opened(source: Path) -> Iterator[Bundle]:
    """Yield a bundle, unpacked for the length of the block if it is a zip file.

    Raises:
        BoardError: it is none, or holds what a bundle does not hold; nothing of it is kept.
    """
    if source.is_dir():
        _check_folder(source)
        yield Bundle(source, source, read_submission(source / SUBMISSION))
        return
    if not source.is_file():
        raise BoardError(f"{source}: there is no such bundle; a folder or a .zip file is needed.")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _unpack(source, folder)
        yield Bundle(folder, source, read_submission(folder / SUBMISSION))


def _check_folder(folder: Path) -> None:
    """Refuse links, which lead out of the folder, and what is no bundle's."""
    for at, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(at) / name
            if path.is_symlink():
                raise BoardError(f"{path}: it is a link; a bundle holds files alone.")
        for name in files:
            member = (Path(at) / name).relative_to(folder).as_posix()
            if not _MEMBER.fullmatch(member):
                raise BoardError(f"{folder}: '{member}' is no file of a bundle; {_ALLOWED}.")


_ALLOWED = "it may hold submission.json, predictions/<trial>.parquet and weights/<trial>.pt"


def _unpack(source: Path, folder: Path) -> None:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(source) as pack:
            members = pack.infolist()
            if len(members) > MOST_FILES:
                raise BoardError(f"{source}: {len(members)} files; a bundle has at most {MOST_FILES}.")
            for member in members:
                if member.is_dir():
                    continue
                if not _MEMBER.fullmatch(member.filename):
                    raise BoardError(f"{source}: {member.filename!r} is no file of a bundle; {_ALLOWED}.")
                target = folder / member.filename
                if target.exists():
                    raise BoardError(f"{source}: {member.filename} is in it twice.")
                target.parent.mkdir(exist_ok=True)
                with pack.open(member) as packed, target.open("xb") as unpacked:
                    while part := packed.read(1 << 20):
                        left -= len(part)
                        if left < 0:
                            raise BoardError(
                                f"{source}: it unpacks to more than {MOST_BYTES // 2**20} MiB; nothing of it was kept."
                            )
                        unpacked.write(part)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise BoardError(f"{source}: cannot be unpacked: {error}.") from None


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_if_there(path: Path) -> str | None:
    return file_hash(path) if path.is_file() else None
