"""Open what a suite names as `data.source`: a folder, or a data set on the Hub at a pinned revision."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from nar_bench.data_sets.source import Source, folder_source
from nar_bench.errors import HubError
from nar_bench.hub.data_pull import PREFIX, cached_file, parse_source, remote_manifest, resolve_revision


def open_source(source: str) -> Source:
    """Open a data set.

    Args:
        source: a folder, or `hub:owner/name@revision`.

    Raises:
        DataSetError: the folder is no data set.
        HubError: it cannot be fetched, or no revision is given.
    """
    return _hub_source(source) if source.startswith(PREFIX) else folder_source(Path(source))


@cache
def _hub_source(source: str) -> Source:
    if "@" not in source:
        raise HubError(f"'{source}': a revision is needed, as in {source}@v1, so that the samples stay the same.")
    repository, revision = parse_source(source)
    commit = resolve_revision(repository, revision)
    manifest = remote_manifest(repository, commit)

    def stream(path: str) -> Any:
        from huggingface_hub import HfFileSystem

        return HfFileSystem().open(f"datasets/{repository}@{commit}/{path}", "rb")

    return Source(source, manifest, lambda path: cached_file(repository, commit, manifest, path), stream)
