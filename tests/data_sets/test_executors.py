"""Wherever files are made, they are the same, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_sets.small import built

from nar_bench.data_sets.manifest import Manifest, read_manifest
from nar_bench.data_sets.verify import verify
from nar_bench.plugin.execution import Terms
from nar_bench.plugin.registry import registry
from nar_bench.runner.executor import build_runner

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BLUEPRINT = """
name = "few"
version = 1
[[configs]]
algorithms = ["bfs"]
[configs.splits]
train = { size = 8, count = 20 }
test_n8 = { size = 8, count = 5 }
test_n16 = { size = 16, count = 3 }
"""
"""Two files whose inputs are compared, and another: few, since some executors start a process for each."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return built(tmp_path_factory.mktemp("here"), BLUEPRINT)


@pytest.mark.parametrize(("name", "options"), [("local", ()), ("ray", ()), ("slurm", ("cluster=local",))])
def test_every_executor_makes_the_same_files_and_verifies_them(
    tmp_path: Path, here: Manifest, name: str, options: tuple[str, ...]
) -> None:
    runner = build_runner(registry(), name, options, Terms(2, None, tmp_path / "executor"))[1]
    manifest = built(tmp_path, BLUEPRINT, runner=runner)
    assert manifest.files == here.files
    checked = verify(tmp_path / "set", runner, 2)
    assert len(checked) == 2
    assert not any(one.difference for one in checked)
    assert read_manifest(tmp_path / "set") == manifest
