"""Publish a data set: the tree is checked here, joined with what is there, committed once and tagged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nar_bench.data_sets.manifest import MANIFEST, Manifest, manifest_from_json, merged
from nar_bench.data_sets.tree import check_tree, texts
from nar_bench.hub.publish import Plan, Read, Tree, plan, publish

KIND = "dataset"


def plan_push(folder: Path, repository: str, tag: str | None = None) -> Plan:
    """Check a data set's folder and say what publishing it would do; nothing is changed.

    Args:
        tag: by default v and the data set's version; "" for none.

    Raises:
        DataSetError: the folder is not whole, or the repository has other rows of the same version.
        HubError: the tag is published with other content, or the Hub cannot be asked.
    """
    manifest = check_tree(folder)
    return plan(repository, KIND, _maker(folder, manifest, repository), _tag(manifest, tag))


def push(
    folder: Path,
    repository: str,
    tag: str | None = None,
    *,
    private: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> str:
    """Publish a data set's folder and return the commit. Raises as `plan_push`."""
    manifest = check_tree(folder)
    message = f"{manifest.recipe.name} v{manifest.recipe.version}, recipe {manifest.recipe.hash()[:12]}"
    make = _maker(folder, manifest, repository)
    return publish(repository, KIND, make, _tag(manifest, tag), message, private=private, tell=tell)


def _tag(manifest: Manifest, tag: str | None) -> str:
    return f"v{manifest.recipe.version}" if tag is None else tag


def _maker(folder: Path, manifest: Manifest, repository: str) -> Callable[[Read], Tree]:
    """Return what decides the tree on top of a head.

    Configs of the same data set and version that others published stay, and the card is of all; a data set of another
    name or version is replaced, and is still at its own tag.
    """

    def make(read: Read) -> Tree:
        whole, there = manifest, read(MANIFEST)
        mine = {(file.path, file.sha256) for file in manifest.files}
        if there is not None:
            theirs = manifest_from_json(there, f"{repository}/{MANIFEST}")
            same = (theirs.recipe.name, theirs.recipe.version) == (manifest.recipe.name, manifest.recipe.version)
            if same:
                whole = merged(manifest, theirs)
        files: Tree = {
            file.path: folder / file.path if (file.path, file.sha256) in mine else file.sha256 for file in whole.files
        }
        return {**files, **{name: text.encode() for name, text in texts(whole, repository).items()}}

    return make
