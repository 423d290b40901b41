"""A suite that is done in a second, and one whose algorithm is learned in a few."""

from __future__ import annotations

from pathlib import Path

TEXT = """
name = "small"
version = 1
[[estimates]]
targets = ["pairwise_sum"]
learners = [{ ntk = { bias = true } }, { sklearn = { regressor = "LinearRegression" } }]
sizes = [2, 3, 4]
eps = [0.5]
delta = [0.2]
[[modules]]
targets = ["pairwise_sum"]
sizes = [2]
eps = [0.5]
delta = [0.2]
[search]
smallest = 2
largest = 64
runs = 12
[judge]
first = 64
most = 256
[learner.mlp]
steps = 20
width = 8
[learner.gnn]
steps = 20
width = 8
"""

ALGORITHM = """
name = "algorithm"
version = 1
[[algorithms]]
algorithms = ["minimum"]
processors = ["memory_mpnn"]
regimes = ["hints", "memory"]
similarity = "cosine"
sizes = [4]
delta = [0.5]
[processor.memory_mpnn]
idea_size = 4
[model]
hidden = 8
[train]
sizes = [4]
steps = 4
batch = 4
[search]
smallest = 2
largest = 4
runs = 3
[judge]
first = 8
most = 16
"""


def written(folder: Path, text: str = TEXT) -> Path:
    """Write a suite into a folder and return its file."""
    file = folder / "small.toml"
    file.write_text(text)
    return file
