"""What is compiled once is found again, also where nothing can be written beside the package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nar_bench

ROOT = Path(__file__).parent.parent.parent
NAMES = ("insertion_sort", "sparse_bfs")
USE = f"""
import json
from numba.core import event
import nar_bench
with event.install_recorder("numba:compile") as heard:
    batches = [nar_bench.generate(name, 6, 4, seed=1) for name in {NAMES}]
begun = [one.data["dispatcher"].py_func for _, one in heard.buffer if one.status is event.EventStatus.START]
compiled = [function.__name__ for function in begun if function.__module__.startswith("nar_bench")]
answers = [{{name: column.tolist() for name, column in batch.outputs.items()}} for batch in batches]
print(json.dumps({{"file": nar_bench.__file__, "compiled": compiled, "answers": answers}}))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the framework and its plugins in which nothing can be written.

    The modes say so, but bind nobody who is root; a file where the folder `__pycache__` would have to be does.
    """
    folder = tmp_path_factory.mktemp("read_only")
    for source in (ROOT / "nar_bench", *(ROOT / "plugins").glob("nar_bench_*")):
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    for place in [path for path in folder.rglob("*") if path.is_dir()]:
        (place / "__pycache__").touch()
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o222)
    return folder


def use(package: Path, home: Path) -> dict[str, Any]:
    """Generate two batches in a new process whose user's home is `home`; they are the ones made here."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", USE],
        capture_output=True,
        text=True,
        env={**kept, "HOME": str(home), "PYTHONPATH": str(package)},
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = {**json.loads(done.stdout), "warnings": done.stderr}
    assert Path(told["file"]).is_relative_to(package)
    for name, answer in zip(NAMES, told["answers"], strict=True):
        expected = nar_bench.generate(name, 6, 4, seed=1).outputs
        assert answer == {output: column.tolist() for output, column in expected.items()}
    return told


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb*")}


@pytest.mark.slow
def test_a_package_that_is_read_only_is_compiled_into_the_users_cache_once(package: Path, tmp_path: Path) -> None:
    assert use(package, tmp_path)["compiled"]
    written = files(tmp_path)
    assert written
    assert files(package) == {}
    assert use(package, tmp_path)["compiled"] == []
    assert files(tmp_path) == written


@pytest.mark.slow
def test_what_is_called_by_address_is_found_by_callers_compiled_before_it(package: Path, tmp_path: Path) -> None:
    use(package, tmp_path)
    lost = [path for path in files(tmp_path) if path.name.startswith("graphs._random_pairs")]
    assert lost
    for path in lost:
        path.unlink()
    assert use(package, tmp_path)["compiled"] == ["_random_pairs"]


@pytest.mark.slow
def test_what_is_called_by_address_is_found_by_callers_compiled_after_it(package: Path, tmp_path: Path) -> None:
    """Their callees come from the cache then, which is where numba alone would forget the addresses."""
    use(package, tmp_path)
    lost = [path for path in files(tmp_path) if path.name.startswith("sparse_bfs.sample")]
    assert lost
    for path in lost:
        path.unlink()
    assert use(package, tmp_path)["compiled"]
    assert use(package, tmp_path)["compiled"] == []


@pytest.mark.slow
def test_where_nothing_can_be_written_at_all_each_process_compiles_and_says_so_once(
    package: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.touch()
    told = use(package, home)
    assert told["compiled"]
    assert told["warnings"].count("Set NUMBA_CACHE_DIR to a folder that can be written") == 1
