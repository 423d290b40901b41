"""One trained trial of several algorithms for all tests of the viewer, with its answers kept."""

from __future__ import annotations

import pytest

from nar_bench.results.store import Store
from nar_bench.runner.run import prepare, run_prepared

SUITE = """
name = "watched"
version = 1
[[trials]]
algorithms = ["bfs", "insertion_sort"]
processors = ["memory_mpnn"]
regimes = ["hints"]
seeds = [0]
together = true
[[trials]]
algorithms = ["insertion_sort"]
processors = ["mpnn"]
regimes = ["no_hints"]
seeds = [0]
[model]
hidden = 8
[processor.memory_mpnn]
idea_size = 4
[train]
steps = 3
batch = 2
sizes = [4, 6]
[evaluate]
sizes = [4, 7]
count = 3
[evaluate.points.sparser]
p = 0.2
"""


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("watched")
    file = folder / "watched.toml"
    file.write_text(SUITE)
    prepared = prepare(file, folder / "out")
    run_prepared(prepared, predictions=True)
    return prepared.store
