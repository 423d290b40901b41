"""The checks that hold the house together: format, lint, types, import contracts, packaging."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = Path(sys.executable).parent


def run_tool(*command: str) -> None:
    finished = subprocess.run([str(TOOLS / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_code_is_formatted() -> None:
    run_tool("ruff", "format", "--check", ".")


def test_the_linter_finds_nothing() -> None:
    run_tool("ruff", "check", ".")


def test_the_types_hold() -> None:
    run_tool("mypy")


def test_imports_point_down() -> None:
    run_tool("lint-imports", "--no-cache")


def test_an_upward_import_would_be_caught(tmp_path: Path) -> None:
    """The contracts above are worth something only if breaking one fails."""
    package = tmp_path / "nar_bench"
    for module in ("errors", "spec"):
        (package / module).parent.mkdir(exist_ok=True)
        (package / f"{module}.py").write_text("from nar_bench import spec\n" if module == "errors" else "")
    (package / "__init__.py").write_text("")
    (tmp_path / "setup.cfg").write_text(
        "[importlinter]\nroot_package = nar_bench\n\n[importlinter:contract:1]\nname = down\ntype = layers\n"
        "layers =\n    nar_bench.spec\n    nar_bench.errors\n"
    )
    finished = subprocess.run(
        [str(TOOLS / "lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert finished.returncode == 1
    assert "nar_bench.errors is not allowed to import nar_bench.spec" in finished.stdout


def test_every_layer_of_the_framework_is_under_contract() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    layers = set(re.findall(r"nar_bench\.(\w+)", text.split("layers = [")[1].split("]")[0]))
    present = {
        path.stem
        for path in (ROOT / "nar_bench").iterdir()
        if not path.name.startswith("__") and (path.suffix == ".py" or path.is_dir())
    }
    assert present == layers


def test_no_file_is_named_for_nothing() -> None:
    vague = {"utils.py", "util.py", "common.py", "helpers.py", "misc.py"}
    found = [
        path for folder in ("nar_bench", "plugins") for path in (ROOT / folder).rglob("*.py") if path.name in vague
    ]
    assert found == []


@pytest.mark.slow
def test_the_wheel_holds_the_framework_and_the_plugins_but_not_the_template(tmp_path: Path) -> None:
    run_tool("python", "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if not name.startswith("nar_bench-")}
    assert tops == {
        "nar_bench",
        "nar_bench_clrs30",
        "nar_bench_dgl",
        "nar_bench_executors",
        "nar_bench_observers",
        "nar_bench_learners",
        "nar_bench_processors",
        "nar_bench_salsa",
        "nar_bench_similarity",
        "nar_bench_targets",
    }
    assert "nar_bench_targets/suites/corollary1.toml" in names
    assert "nar_bench/alignment/templates/alignment.html.j2" in names
    assert "nar_bench_clrs30/suites/quickstart.toml" in names
    assert "nar_bench/leaderboard/boards/clrs30/reported.csv" in names
    assert "nar_bench/py.typed" in names
