"""A trial that read a published data set is published itself, fetched, and measured again to the same score."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_sets.small import built
from hub.clients import Client
from hub.server import Hub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DATA = """
name = "tiny"
version = 1
leaks = "report"
[[configs]]
algorithms = ["bfs"]
[configs.splits]
train = { size = 6, count = 30 }
test_n6 = { size = 6, count = 8 }
test_n9 = { size = 9, count = 8 }
"""

SUITE = """
name = "reading"
version = 1
[data]
source = "hub:tester/tiny@v1"
[[trials]]
algorithms = ["bfs"]
processors = ["mpnn"]
regimes = ["hints"]
seeds = [0]
[model]
hidden = 8
[train]
steps = 6
batch = 4
sizes = [6]
[evaluate]
sizes = [6, 9]
count = 8
"""


def test_trained_on_a_published_data_set_published_fetched_and_measured_again(tmp_path: Path) -> None:
    built(tmp_path, DATA)
    (tmp_path / "suite.toml").write_text(SUITE)
    with Hub() as hub:
        client = Client(hub, tmp_path / "home")
        client.run("data", "push", "tester/tiny", str(tmp_path / "set"), "--yes")
        run = ("run", str(tmp_path / "suite.toml"), "--out", str(tmp_path / "run"))
        client.run(*run)
        (record,) = (tmp_path / "run/records").glob("*.json")
        assert not [one for one in hub.requests("GET", "/lfs/dataset/") if one.status == 206]
        said = client.run(*run, "--set", "data.streaming=true")
        assert "1 of 1 trials to run" in said, "the order of samples is part of a trial's identity"
        assert [one for one in hub.requests("GET", "/lfs/dataset/") if one.status == 206], "parts were read"
        said = client.run("model", "push", "tester/model", str(tmp_path / "run"), record.stem[:6])
        assert "nothing was sent" in said
        client.run("model", "push", "tester/model", str(tmp_path / "run"), record.stem[:6], "--yes", "--tag", "v1")
        repo = hub.repo("tester/model", "model")
        assert len(repo.commits) == 2
        assert {"model.safetensors", "config.json", "record.json", "README.md"} < set(repo.head.tree)
        assert b"tester/tiny" in repo.head.tree[".eval_results/tester__tiny.yaml"]
        hub.fail("GET", "/lfs/model/", "corrupt")
        said = client.run("model", "pull", "tester/model@v1", "-o", str(tmp_path / "model"))
        assert "scores are those of the record" in said
        said = client.run("model", "pull", "tester/tiny@v1", "-o", str(tmp_path / "none"), code=2)
        assert "There is no such repository" in said
