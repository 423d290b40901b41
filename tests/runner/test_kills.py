"""A hundred runs, each killed at a random point, and resumed to the very results of one that was left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
name = "killed"
version = 1
[[trials]]
algorithms = ["bfs", "insertion_sort"]
processors = ["mpnn"]
regimes = ["hints"]
seeds = [0]
[[trials]]
algorithms = ["bfs"]
processors = ["memory_mpnn"]
regimes = ["memory"]
similarity = "bilinear"
seeds = [0, 1]
[model]
hidden = 8
[processor.memory_mpnn]
idea_size = 4
[train]
steps = 36
batch = 2
sizes = [4]
checkpoint_every = 3
select = "best"
validate_every = 7
validation_count = 4
[evaluate]
sizes = [4, 6]
count = 4
"""


def killed(tmp_path: Path, kills: int, runners: int, seed: int) -> list[dict[str, object]]:
    suite = tmp_path / "killed.toml"
    suite.write_text(SUITE)
    command = [sys.executable, "-m", "runner.killed_runner", str(suite), str(tmp_path), str(kills), str(runners)]
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, str(seed)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"{sum(one['killed'] for one in found)} kills over {len(found)} folders, within {found[0]['longest']:.2f} s")
    return found


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kills", "runners"), [(70, 1), (40, 2)])
def test_runs_that_are_killed_at_random_points_end_where_an_uninterrupted_one_does(
    tmp_path: Path, kills: int, runners: int
) -> None:
    """With two runners, both work on the folder at once, and both are killed."""
    found = killed(tmp_path, kills, runners, seed=runners)
    assert sum(one["killed"] for one in found) >= kills  # type: ignore[misc]
    for one in found:
        assert one["trials"] == 4
        assert one["equal"], "every score, loss, validation score and weight"
        assert one["twice"] == [], "what had ended began again"
        assert one["left"] == [], "checkpoints, half-written ones included, and claims are gone"
