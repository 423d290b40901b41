"""The template plugin and the twelve-line plugin do what the README says of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "plugins" / "template"
TWELVE = ROOT / "docs" / "examples" / "twelve_lines.py"


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=280, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.install
def test_the_template_is_installed_listed_checked_trained_and_tested(tmp_path: Path) -> None:
    """In a virtual environment of its own, into which it is really installed.

    The environment sees this one's packages through a .pth file, because installing torch anew takes minutes.
    """
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python, command = tmp_path / "venv" / "bin" / "python", tmp_path / "venv" / "bin" / "nar-bench"
    ours = sysconfig.get_path("purelib")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    # addsitedir also follows the .pth files there, which an editable install of nar-bench consists of.
    (site / "shared.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", TEMPLATE)
    command.write_text(f"#!{python}\nfrom nar_bench.cli.main import main\nmain()\n")
    command.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    rows = json.loads(run(command, "plugins", "--json", env=environment).stdout)
    (row,) = (row for row in rows if row["plugin"] == "template")
    assert (row["distribution"], row["version"], row["status"], row["components"]) == (
        "nar-bench-template",
        "0.1.0",
        "ok",
        3,
    )
    listed = json.loads(run(command, "list", "--json", env=environment).stdout)
    assert {"prefix_maximum", "mean_mpnn", "squared_distance"} <= {entry["name"] for entry in listed}
    checked = run(command, "check", "prefix_maximum", "mean_mpnn", "squared_distance", env=environment)
    assert "0 failed" in checked.stdout
    short = [
        "--set",
        "train.steps=3",
        "--set",
        "train.batch=4",
        "--set",
        "evaluate.sizes=[4, 8]",
        "--set",
        "evaluate.count=4",
    ]
    out = tmp_path / "out"
    run(command, "run", TEMPLATE / "suite.toml", "--out", out, *short, env=environment)
    records = [json.loads(path.read_text()) for path in (out / "records").iterdir()]
    assert {(r["algorithms"][0]["id"], r["processor"]["id"], r["state"]) for r in records} == {
        ("nar-bench-template/prefix_maximum", "nar-bench-template/mean_mpnn", "done"),
        ("nar-bench-template/prefix_maximum", "nar-bench/mpnn", "done"),
    }
    tested = run(
        python, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEMPLATE / "tests", cwd=tmp_path, env=environment
    )
    assert "passed" in tested.stdout


def test_the_test_of_the_template_is_three_lines() -> None:
    lines = (TEMPLATE / "tests" / "test_conformance.py").read_text().splitlines()
    assert len([line for line in lines if line and not line.startswith(("import", "from"))]) == 3


def test_the_twelve_line_plugin_has_twelve_lines_is_in_the_readme_and_passes_its_checks() -> None:
    source = TWELVE.read_text()
    assert len(source.splitlines()) == 12
    assert source in (ROOT / "README.md").read_text()
    command = Path(sys.executable).parent / "nar-bench"
    checked = run(command, "check", "maximum", "--json", "--plugin", TWELVE)
    assert all(row["ok"] for row in json.loads(checked.stdout))
