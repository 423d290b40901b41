"""Fetch a data set and check every byte of it against its manifest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from nar_bench.data_sets.manifest import MANIFEST, Manifest, manifest_from_json, only, read_manifest
from nar_bench.data_sets.tree import check_tree, file_fault, texts, write_tree
from nar_bench.errors import DataSetError, HubError
from nar_bench.hub.client import TRIES, client, explained, passing, wait

KIND = "dataset"
PREFIX = "hub:"


def parse_source(source: str) -> tuple[str, str]:
    """Return (repository, revision) of `owner/name@revision`, with or without `hub:` before it; by default `main`.

    Raises:
        HubError: it is not of this form.
    """
    repository, at, revision = source.removeprefix(PREFIX).partition("@")
    if repository.count("/") != 1 or not all(repository.split("/")) or (at and not revision):
        raise HubError(f"'{source}': OWNER/NAME@REVISION is needed, for example someone/clrs30@v1.")
    return repository, revision or "main"


def resolve_revision(repository: str, revision: str, kind: str = KIND) -> str:
    """Return the commit that a revision is. Raises HubError."""
    with explained(f"{kind} {repository}@{revision}"):
        return str(client().repo_info(repository, revision=revision, repo_type=kind).sha)


def remote_manifest(repository: str, commit: str) -> Manifest:
    """Return the manifest of a published data set. Raises HubError, DataSetError."""
    where = f"{repository}@{commit[:12]}/{MANIFEST}"
    with explained(where):
        path = _tried(
            lambda force: client().hf_hub_download(
                repository, MANIFEST, revision=commit, repo_type=KIND, force_download=force
            ),
            lambda path: "",
        )
    return manifest_from_json(path.read_bytes(), where)


def cached_file(repository: str, commit: str, manifest: Manifest, path: str) -> Path:
    """Return a file of a published data set from the client's cache, fetched where it is not there, and checked.

    Raises:
        HubError: it cannot be fetched, or is not what the manifest says even when it is fetched again.
    """
    (noted,) = (file for file in manifest.files if file.path == path)
    with explained(f"{repository}@{commit[:12]}/{path}"):
        return _tried(
            lambda force: client().hf_hub_download(
                repository, path, revision=commit, repo_type=KIND, force_download=force
            ),
            lambda found: file_fault(found, noted.bytes, noted.sha256),
        )


def pull(
    source: str,
    folder: Path,
    configs: Collection[str] = (),
    tell: Callable[[str], None] = lambda text: None,
) -> tuple[Manifest, str]:
    """Fetch a data set into a folder and check it; what is there already and right is not fetched again.

    Args:
        source: `owner/name@revision`.
        configs: those to fetch; all if empty.

    Returns:
        the manifest, and the commit.

    Raises:
        HubError: something cannot be fetched, or is damaged even when it is fetched again.
        DataSetError: the folder holds something else, or what is published is not whole.
    """
    repository, revision = parse_source(source)
    commit = resolve_revision(repository, revision)
    manifest = remote_manifest(repository, commit)
    unknown = set(configs) - {config.name for config in manifest.recipe.configs}
    if unknown:
        manifest.recipe.config(sorted(unknown)[0])  # raises UnknownName with a suggestion
    _check_target(folder, manifest)
    part = only(manifest, configs) if configs else manifest
    for number, file in enumerate(part.files, 1):
        tell(f"{number} of {len(part.files)}: {file.path}")
        target = folder / file.path

        def fetch(force: bool, path: str = file.path) -> str:
            return client().hf_hub_download(
                repository, path, revision=commit, repo_type=KIND, local_dir=folder, force_download=force
            )

        if file_fault(target, file.bytes, file.sha256):
            with explained(f"{repository}@{commit[:12]}/{file.path}"):
                _tried(fetch, lambda found, file=file: file_fault(found, file.bytes, file.sha256))  # type: ignore[misc]
    if configs:
        write_tree(folder, part)
    else:
        for name in texts(manifest):
            with explained(f"{repository}@{commit[:12]}/{name}"):
                _tried(
                    lambda force, name=name: client().hf_hub_download(  # type: ignore[misc]
                        repository, name, revision=commit, repo_type=KIND, local_dir=folder, force_download=force
                    ),
                    lambda found: "",
                )
    return check_tree(folder), commit


def _check_target(folder: Path, manifest: Manifest) -> None:
    if not folder.exists() or not any(path for path in folder.iterdir() if path.name != ".cache"):
        return
    try:
        there = read_manifest(folder).recipe
    except DataSetError:
        # An interrupted pull leaves data without a manifest; anything else is somebody's.
        known = {file.path for file in manifest.files} | set(texts(manifest))
        strange = [
            path
            for path in folder.rglob("*")
            if path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and path.relative_to(folder).as_posix() not in known
        ]
        if strange:
            raise DataSetError(
                f"{folder} holds {strange[0].name}, which is not of this data set. Choose another folder."
            ) from None
        return
    mine = manifest.recipe
    if (there.name, there.version) != (mine.name, mine.version):
        raise DataSetError(
            f"{folder} holds {there.name} v{there.version}; this is {mine.name} v{mine.version}. Choose another folder."
        )


def _tried(fetch: Callable[[bool], Any], fault: Callable[[Path], str]) -> Path:
    """Fetch a file until it is right, from the cache first; a damaged one is removed."""
    problem = ""
    for attempt in range(1, TRIES + 1):
        try:
            found = Path(fetch(attempt > 1))
        except Exception as error:
            if attempt == TRIES or not (passing(error) or _short(error)):
                raise
            wait(attempt)
            continue
        problem = fault(found)
        if not problem:
            return found
        found.unlink(missing_ok=True)
        if attempt >= 3:
            break
    raise HubError(
        f"what the Hub sends is damaged: {problem}. It was fetched again and removed; try later, or tell "
        "who published it."
    )


def _short(error: Exception) -> bool:
    """Return whether a download ended before its end."""
    return "Consistency check failed" in str(error) or type(error).__name__ in ("RemoteProtocolError", "ReadError")
