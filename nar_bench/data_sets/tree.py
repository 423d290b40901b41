"""What lies in a data set's folder beside the data, all of it made from the manifest; and whether a folder is whole.

README.md       the card: what it is, how to load it, how to make it again, and the Hub's metadata
recipe.json     what the rows are made from
manifest.json   every file with its rows, checksum and content hash
SHA256SUMS      the same checksums, for `sha256sum --check`
croissant.json  metadata for search engines and loaders (mlcommons.org/croissant)
eval.yaml       the test splits, for the Hub's own leaderboards
CONFIG/SPLIT-00000-of-00001.parquet
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from nar_bench.data_sets.card import card
from nar_bench.data_sets.croissant import croissant, croissant_faults
from nar_bench.data_sets.leaderboard import eval_yaml
from nar_bench.data_sets.manifest import MANIFEST, Manifest, read_manifest
from nar_bench.errors import DataSetError
from nar_bench.results.files import write_whole

CARD, RECIPE, SUMS, CROISSANT, EVAL = "README.md", "recipe.json", "SHA256SUMS", "croissant.json", "eval.yaml"


def texts(manifest: Manifest, repository: str = "") -> dict[str, str]:
    """Return every file that is no data, by name.

    Args:
        repository: where it is published, `owner/name`; "" where it is not known, and a placeholder is shown.
    """
    return {
        CARD: card(manifest, repository),
        RECIPE: manifest.recipe.to_json(),
        SUMS: manifest.sums(),
        CROISSANT: json.dumps(croissant(manifest, repository), indent=1) + "\n",
        EVAL: eval_yaml(manifest),
        MANIFEST: manifest.to_json(),
    }


def write_tree(folder: Path, manifest: Manifest) -> None:
    """Write every file that is no data, the manifest last. Raises StoreError."""
    for name, text in texts(manifest).items():
        write_whole(folder / name, text.encode())


def check_tree(folder: Path) -> Manifest:
    """Return the manifest of a folder that is whole: every file there and as it was written, and nothing else.

    Raises:
        DataSetError: it is not; every fault is listed.
    """
    manifest = read_manifest(folder)
    faults = []
    known = {*texts(manifest), *(file.path for file in manifest.files)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in known and not any(part.startswith(".") for part in Path(name).parts):
            faults.append(f"{name}: the manifest knows no such file; move it elsewhere")
    for file in manifest.files:
        faults += [
            f"{file.path}: {fault}" for fault in [file_fault(folder / file.path, file.bytes, file.sha256)] if fault
        ]
    for name in (CARD, RECIPE, SUMS, CROISSANT, EVAL):
        if not (folder / name).is_file():
            faults.append(f"{name}: the file is missing; build the data set again, which makes no rows anew")
    if not faults:
        if (folder / SUMS).read_text() != manifest.sums():
            faults.append(f"{SUMS}: it says other checksums than {MANIFEST}")
        if (folder / RECIPE).read_text() != manifest.recipe.to_json():
            faults.append(f"{RECIPE}: it is another recipe than that in {MANIFEST}")
        faults += [f"{CROISSANT}: {fault}" for fault in croissant_faults(json.loads((folder / CROISSANT).read_text()))]
    if faults:
        count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
        raise DataSetError(f"{folder}: {count}.\n" + "\n".join(f"  {fault}" for fault in faults[:20]))
    return manifest


def file_fault(path: Path, size: int, sha256: str) -> str:
    """Return what is wrong with a file, or ""."""
    if not path.is_file():
        return "the file is missing"
    found = path.stat().st_size
    if found != size:
        return f"it has {found:,} bytes; the manifest says {size:,}"
    with path.open("rb") as stream:
        got = hashlib.file_digest(stream, "sha256").hexdigest()
    return "" if got == sha256 else f"its SHA-256 is {got}; the manifest says {sha256}"
