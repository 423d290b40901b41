"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from nar_bench.errors import StoreError


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader, now or after a crash, sees the old file or the new one.

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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
