"""A small data set for tests: dense and sparse, several sizes in training, text, outputs only."""

from __future__ import annotations

from pathlib import Path

from nar_bench.data_sets.blueprint import resolve
from nar_bench.data_sets.build import build
from nar_bench.data_sets.manifest import Manifest
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

BLUEPRINT = """
name = "small"
version = 1
summary = "A small data set."
hint_limit = 500
file_bytes = 200_000

[[configs]]
algorithms = ["bfs", "insertion_sort"]
text = ["text", "trace"]
text_largest = 8
[configs.splits.train]
size = [5, 8]
count = 60
[configs.splits.val]
size = 8
count = 9
[configs.splits.test_n8]
size = 8
count = 10
[configs.splits.test_n16]
size = 16
count = 4

[[configs]]
algorithms = ["sparse_bfs"]
families = ["erdos_renyi", "grid"]
[configs.splits.train]
size = 16
count = 20
[configs.splits.test_n30]
size = 30
count = 3
"""


def in_process() -> object:
    return registry().load(Kind.EXECUTOR, "in_process").build(None, None)


def blueprint(folder: Path, text: str = BLUEPRINT) -> Path:
    file = folder / "small.toml"
    file.write_text(text)
    return file


def built(folder: Path, text: str = BLUEPRINT, only: tuple[str, ...] = (), runner: object = None) -> Manifest:
    """Build the data set in folder/set."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe = resolve(blueprint(folder, text), registry(), only)
    return build(recipe, folder / "set", runner or in_process())
