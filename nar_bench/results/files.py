"""Writing files whole or not at all, and reading those that are there."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nar_bench.errors import RecordError, StoreError

if TYPE_CHECKING:
    import pyarrow as pa

_Read = TypeVar("_Read")


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write `content` to `path` so that a reader, now or after a crash, sees the old file or the new one.

    Args:
        durable: whether it must be on the disk when this returns; pages, which can be built again, need not be.

    Raises:
        StoreError: it cannot be written (full disk, no permission); the old file is as it was.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            # mkstemp makes files for their owner alone; results are for everyone whom the umask lets in.
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the one atomic operation here
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}. What was there before is unchanged; "
            "free space or choose another folder, then run the same command again."
        ) from error


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table as `write_whole` does. Raises StoreError."""
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    write_whole(path, content.getvalue())


def probe(folder: Path) -> None:
    """Make a folder and write into it, so that a run that cannot save fails before it starts. Raises StoreError."""
    path = folder / f".probe-{uuid.uuid4().hex}"  # of several runners each has its own
    write_whole(path, b"x" * 4096)
    path.unlink(missing_ok=True)


def read_if_there(path: Path) -> bytes | None:
    """Return what is in the file of a record, or None where there is none. Raises RecordError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}.") from error


def read_each(folder: Path, read: Callable[[str], _Read | None]) -> tuple[list[_Read], list[RecordError]]:
    """Return what `read` makes of the name of every JSON file, in order, and one error for each that is damaged."""
    good: list[_Read] = []
    bad: list[RecordError] = []
    for path in sorted(folder.glob("*.json")):
        try:
            record = read(path.stem)
            if record is not None:
                good.append(record)
        except RecordError as error:
            bad.append(error)
    return good, bad


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
