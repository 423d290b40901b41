"""The zoo, really installed: one pip call builds and installs every distribution, each into a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin.zoo import DEADLY, ZOO

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "zoo-{dashed}"
version = "1.2.{number}"
[project.entry-points.nar_bench]
{entry_point} = "zoo_{name}"
[tool.hatch.build.targets.wheel]
include = ["*.py"]
"""

NarBench = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds, for each animal, a folder `<name>` into which it is installed."""
    sources, wheels, installed = (tmp_path_factory.mktemp(part) for part in ("sources", "wheels", "zoo"))
    animals = {**ZOO, **DEADLY}
    for number, (name, animal) in enumerate(animals.items()):
        folder = sources / name
        folder.mkdir()
        entry_point = animal.entry_point or name
        dashed = name.replace("_", "-")
        (folder / "pyproject.toml").write_text(
            PYPROJECT.format(name=name, dashed=dashed, number=number, entry_point=entry_point)
        )
        (folder / f"zoo_{name}.py").write_text(animal.source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), *map(str, sorted(sources.iterdir()))],
        check=True,
        capture_output=True,
    )
    for name in animals:
        # What `pip install --target` does with a pure wheel, without the second a pip process costs.
        (wheel,) = wheels.glob(f"zoo_{name}-*.whl")
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(installed / name)], check=True)
    return installed


@pytest.fixture
def nar_bench(zoo: Path) -> NarBench:
    """Run the real command with some animals installed."""

    def run(*arguments: str, animals: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(str(zoo / name) for name in animals)
        return subprocess.run(
            [str(Path(sys.executable).parent / "nar-bench"), *arguments],
            capture_output=True,
            text=True,
            timeout=150,
            env={**os.environ, "PYTHONPATH": path, "NAR_BENCH_IMPORT_LIMIT": "0.5", "COLUMNS": "80", **environment},
        )

    return run
