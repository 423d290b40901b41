"""Publish a trained trial as a model on the Hub, and fetch one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from nar_bench.errors import HubError
from nar_bench.hub.client import TRIES, client, explained, passing, wait
from nar_bench.hub.data_pull import parse_source, resolve_revision
from nar_bench.hub.publish import Plan, Tree, plan, publish
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.trained.folder import CARD, CONFIG, RECORD, WEIGHTS, files_of

KIND = "model"


def plan_push(store: Store, record: Record, repository: str, tag: str = "") -> Plan:
    """Say what publishing a trial would do; nothing is changed. Raises CheckpointError, HubError."""
    files: Tree = files_of(store, record, repository)
    return plan(repository, KIND, lambda read: files, tag)


def push(
    store: Store,
    record: Record,
    repository: str,
    tag: str = "",
    *,
    private: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> str:
    """Publish a trial in one commit and return the commit. Raises as `plan_push`."""
    files: Tree = files_of(store, record, repository)
    message = f"{record.processor.name}, trial {record.trial} of {record.suite.name} v{record.suite.version}"
    return publish(repository, KIND, lambda read: files, tag, message, private=private, tell=tell)


def pull(source: str, folder: Path) -> str:
    """Fetch a model into a folder, and return the commit.

    Args:
        source: `owner/name@revision`.

    Raises:
        HubError: it cannot be fetched, is damaged, or is no model of nar-bench.
    """
    repository, revision = parse_source(source)
    commit = resolve_revision(repository, revision, KIND)
    with explained(f"model {repository}@{commit[:12]}"):
        there = {one.path: one for one in client().list_repo_tree(repository, recursive=True, revision=commit)}
        missing = [name for name in (WEIGHTS, CONFIG, RECORD) if name not in there]
        if missing:
            raise HubError(f"{repository}@{commit[:12]}: it has no {missing[0]}, so it is no model of nar-bench.")
        for name in (WEIGHTS, CONFIG, RECORD, CARD):
            lfs = getattr(there.get(name), "lfs", None)
            _fetch(repository, commit, name, folder, lfs.sha256 if lfs else "")
    return commit


def _fetch(repository: str, commit: str, name: str, folder: Path, sha256: str) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            found = Path(
                client().hf_hub_download(
                    repository, name, revision=commit, local_dir=folder, force_download=attempt > 1
                )
            )
        except Exception as error:
            if attempt == TRIES or not (passing(error) or "Consistency check failed" in str(error)):
                raise
            wait(attempt)
            continue
        if not sha256 or hashlib.sha256(found.read_bytes()).hexdigest() == sha256:
            return
        found.unlink()
    raise HubError(
        f"{repository}@{commit[:12]}/{name}: what the Hub sends is damaged; it was fetched again and removed."
    )
