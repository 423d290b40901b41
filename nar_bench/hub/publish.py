"""Publish a folder in one commit, and tag it.

The Hub takes a commit only on top of the head that it names (else 412), and `datasets`' own push does not survive that:
with huggingface_hub 2.4 the retry of datasets 5.2 never happens. So we look at the head, decide what the tree on top
of it is to be, and commit; where someone was faster, we look again. Large files that arrived before an attempt failed
are there at the next one and are not sent again.

A tag that is published never changes: one that is there with other content is refused before anything is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nar_bench.errors import HubError
from nar_bench.hub.client import TRIES, client, explained, need_token, passing, status_of, wait

Content = Path | bytes | str
Tree = Mapping[str, Content]
"""Path in the repository -> what is to be there: a file, bytes, or the SHA-256 of what is there already and stays."""

Read = Callable[[str], bytes | None]
"""Returns a file of the head, or None where there is none."""

_KEPT = (".gitattributes",)
"""Files of the Hub's own."""


@dataclass(frozen=True)
class Plan:
    """What a push would do.

    Attributes:
        kind: "dataset" or "model".
        head: the commit on top of which it is, "" where the repository is yet to be made.
        add: what is new or different; unchanged: what is there already; delete: what goes.
        tagged: whether the tag is there already, with this content.
    """

    repository: str
    kind: str
    tag: str
    head: str
    add: Tree
    unchanged: tuple[str, ...]
    delete: tuple[str, ...]
    tagged: bool

    @property
    def bytes(self) -> int:
        """Bytes to send."""
        return sum(_size(content) for content in self.add.values())


def plan(repository: str, kind: str, make: Callable[[Read], Tree], tag: str) -> Plan:
    """Say what a push would do; nothing is changed.

    Args:
        make: returns the tree that is to be there, given a way to read what is there.

    Raises:
        HubError: the tag is there with other content, or the Hub cannot be asked.
    """
    api = client()
    with explained(f"{kind} {repository}"):
        head = _head(api, repository, kind)
        if not head:
            return Plan(repository, kind, tag, "", make(lambda path: None), (), (), False)
        there = _files(api, repository, kind, head)
        tree = make(lambda path: _read(api, repository, kind, head, path) if path in there else None)
        add, unchanged, delete = _compare(tree, there)
        tagged = _tags(api, repository, kind).get(tag, "")
        if tagged:
            held = _files(api, repository, kind, tagged)
            other = _compare(tree, held)
            if other[0] or other[2]:
                raise HubError(_refused(repository, tag, other))
        return Plan(repository, kind, tag, head, add, unchanged, delete, bool(tagged))


def publish(
    repository: str,
    kind: str,
    make: Callable[[Read], Tree],
    tag: str,
    message: str,
    *,
    private: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> str:
    """Make the repository where it is not there, commit the tree once, tag it, and return the commit.

    Raises:
        HubError: it could not be done; what was uploaded is kept, and the same command goes on from there.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    need_token()
    api = client()
    plan(repository, kind, make, tag)  # refuses before anything is made
    with explained(f"making {kind} {repository}"):
        _again(lambda: api.create_repo(repository, repo_type=kind, private=private, exist_ok=True))
    commit = ""
    for attempt in range(1, TRIES + 1):
        now = plan(repository, kind, make, tag)
        if not now.add and not now.delete:
            commit = now.head
            break
        operations: list[Any] = [CommitOperationAdd(path, content) for path, content in now.add.items()]
        operations += [CommitOperationDelete(path) for path in now.delete]
        try:
            made = api.create_commit(
                repository, operations, commit_message=message, repo_type=kind, parent_commit=now.head
            )
            commit = str(made.oid)
            break
        except Exception as error:
            stale = status_of(error) == 412
            if attempt == TRIES or not (stale or passing(error)):
                with explained(f"committing to {repository}"):
                    raise
            tell("someone else committed; looking again" if stale else "the Hub did not take it; trying again")
            wait(attempt)
    _tag(api, repository, kind, tag, commit, make)
    return commit


def _tag(api: Any, repository: str, kind: str, tag: str, commit: str, make: Callable[[Read], Tree]) -> None:
    if not tag:
        return
    with explained(f"tagging {repository}"):
        there = _tags(api, repository, kind).get(tag)
        if there == commit:
            return
        if there is None:
            try:
                _again(lambda: api.create_tag(repository, tag=tag, revision=commit, repo_type=kind))
                return
            except Exception as error:
                if status_of(error) != 409:
                    raise
        # Someone tagged meanwhile: with the same content, or `plan` says with what else.
        plan(repository, kind, make, tag)


def _again(call: Callable[[], Any]) -> Any:
    for attempt in range(1, TRIES + 1):
        try:
            return call()
        except Exception as error:
            if attempt == TRIES or not passing(error):
                raise
            wait(attempt)
    raise AssertionError


def _head(api: Any, repository: str, kind: str) -> str:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return str(_again(lambda: api.repo_info(repository, repo_type=kind)).sha)
    except RepositoryNotFoundError:
        return ""  # or it may not be seen; making it then says so


def _files(api: Any, repository: str, kind: str, revision: str) -> dict[str, str]:
    """Return path -> SHA-256 of a large file, or git's id of a small one."""
    found = _again(lambda: list(api.list_repo_tree(repository, recursive=True, revision=revision, repo_type=kind)))
    return {
        one.path: one.lfs.sha256 if one.lfs else one.blob_id
        for one in found
        if hasattr(one, "blob_id") and one.path not in _KEPT
    }


def _tags(api: Any, repository: str, kind: str) -> dict[str, str]:
    refs = _again(lambda: api.list_repo_refs(repository, repo_type=kind))
    return {tag.name: tag.target_commit for tag in refs.tags}


def _read(api: Any, repository: str, kind: str, revision: str, path: str) -> bytes:
    found = _again(lambda: api.hf_hub_download(repository, path, revision=revision, repo_type=kind))
    return Path(found).read_bytes()


def _compare(tree: Tree, there: Mapping[str, str]) -> tuple[dict[str, Content], tuple[str, ...], tuple[str, ...]]:
    """Return what is to be added, what is unchanged, and what is to be deleted."""
    add = {path: content for path, content in tree.items() if there.get(path) not in _names(content)}
    return add, tuple(sorted(set(tree) - set(add))), tuple(sorted(set(there) - set(tree)))


def _names(content: Content) -> tuple[str, str]:
    """Return both names that the Hub may have for a content: SHA-256, and git's id."""
    if isinstance(content, str):
        return content, content
    size = _size(content)
    sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size)  # noqa: S324 - git's name, not a safeguard
    if isinstance(content, bytes):
        sha256.update(content)
        git.update(content)
    else:
        with content.open("rb") as file:
            while block := file.read(1 << 20):
                sha256.update(block)
                git.update(block)
    return sha256.hexdigest(), git.hexdigest()


def _size(content: Content) -> int:
    if isinstance(content, str):
        return 0
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _refused(repository: str, tag: str, other: tuple[Mapping[str, Content], tuple[str, ...], tuple[str, ...]]) -> str:
    differing = [*other[0], *other[2]]
    return (
        f"{repository}: tag {tag} is published and never changes, and {len(differing)} files are others there, such as "
        f"{differing[0]}. Raise the version, so that there is a new tag; nothing was sent."
    )
