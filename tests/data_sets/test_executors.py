"""Wherever files are made, they are the same, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_sets.small import BLUEPRINT, built

from nar_bench.data_sets.manifest import Manifest, read_manifest
from nar_bench.data_sets.verify import verify
from nar_bench.plugin.execution import Terms
from nar_bench.plugin.registry import registry
from nar_bench.runner.executor import build_runner

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ONLY = ("bfs", "sparse_bfs-grid")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return built(tmp_path_factory.mktemp("here"), BLUEPRINT, ONLY)


@pytest.mark.parametrize(("name", "options"), [("local", ()), ("ray", ()), ("slurm", ("cluster=local",))])
def test_every_executor_makes_the_same_files_and_verifies_them(
    tmp_path: Path, here: Manifest, name: str, options: tuple[str, ...]
) -> None:
    runner = build_runner(registry(), name, options, Terms(2, None, tmp_path / "executor"))[1]
    manifest = built(tmp_path, BLUEPRINT, ONLY, runner)
    assert manifest.files == here.files
    checked = verify(tmp_path / "set", runner, 2)
    assert len(checked) == 2
    assert not any(one.difference for one in checked)
    assert read_manifest(tmp_path / "set") == manifest
