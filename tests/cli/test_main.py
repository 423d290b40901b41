"""The command line as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).parent / "nar-bench")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["rum"], 2, "there is no command 'rum'. Did you mean 'run'?"),
        (["run"], 2, "Missing argument 'SUITE'"),
        (["run", "quickstrat"], 2, "error: suite 'quickstrat' is not known. Did you mean 'quickstart'?"),
        (["list", "algoritms"], 2, "error: kind 'algoritms' is not known. Did you mean 'algorithms'?"),
        (["check"], 2, "name the components to check, or give --all"),
        (["check", "mppn"], 2, "error: component 'mppn' is not known. Did you mean 'mpnn'?"),
        (["results", "/nowhere"], 2, "error: /nowhere is no results folder"),
        (["ideas", "/nowhere"], 2, "error: /nowhere is no results folder"),
        (["leaderboard", "build", "/nowhere"], 2, "error: /nowhere is no results folder"),
        (["plan", "quickstart", "--plugin", "/nowhere.py"], 2, "a Python file is needed, and there is no such file"),
        (["run", "quickstart", "--device", "gpu", "--out", "/tmp/never"], 2, "'gpu' is not known. Known: cpu, cuda"),
        (["run", "quickstart", "--device", "cuda:99", "--out", "/tmp/never"], 2, "not there; this machine has: cpu"),
        (["run", "quickstart", "--executor", "in_proces", "--out", "/tmp/never"], 2, "Did you mean 'in_process'?"),
    ],
)
def test_wrong_use_is_one_message_without_a_traceback(arguments: list[str], code: int, says: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_command_and_each_has_its_own() -> None:
    from nar_bench.cli.main import COMMANDS

    text = run("--help").stdout
    for name, (_, what) in COMMANDS.items():
        assert f"{name} " in text
        assert what in text


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list"], ["list", "--json"], ["plugins"]])
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, json, contextlib\nfrom nar_bench.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr): main()\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"torch", "numba", "pydantic", "pyarrow", "networkx", "jinja2", "sklearn"}


def test_only_takes_names_with_commas_between_them(tmp_path: Path) -> None:
    done = run("plan", "quickstart", "--only", "bfs,insertion_sort, mpnn", "--out", str(tmp_path), "--json")
    trials = json.loads(done.stdout)["trials"]
    assert {(*trial["algorithms"], trial["processor"]) for trial in trials} == {
        ("bfs", "mpnn"),
        ("insertion_sort", "mpnn"),
    }


def test_an_unexpected_error_is_one_line_and_the_traceback_is_there_on_request(tmp_path: Path) -> None:
    plugin = tmp_path / "odd.py"
    plugin.write_text(
        "from nar_bench.plugin import hookimpl\nfrom nar_bench.plugin.registry import Registry\n"
        "def broken(*args): raise ZeroDivisionError('odd')\nRegistry.entries = broken\n"
        "@hookimpl\ndef register_suites(register): pass\n"
    )
    done = run("list", "--plugin", str(plugin))
    assert done.returncode == 1
    assert done.stderr.startswith("error: unexpected ZeroDivisionError: odd\n")
    assert "Traceback" in run("list", "--plugin", str(plugin), NAR_BENCH_TRACEBACK="1").stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(f"{COMMAND} list --json | head -1", shell=True, capture_output=True, text=True)
    assert done.stderr == ""


def test_check_prints_a_line_for_every_check_and_fails_when_one_does(tmp_path: Path) -> None:
    fine = run("check", "dot", "same_order", NUMBA_DISABLE_JIT="1")  # compiling four sorts takes half a minute
    assert fine.returncode == 0
    assert "ok      is symmetric where declared" in fine.stdout
    assert fine.stdout.endswith("21 checks passed, 0 failed\n")
    plugin = tmp_path / "lying.py"
    plugin.write_text(
        "import dataclasses\nfrom nar_bench.plugin import hookimpl\nfrom nar_bench_similarity.dot import DOT\n"
        "LIAR = dataclasses.replace(DOT, name='liar', symmetric=False)\n"
        "@hookimpl\ndef register_similarities(register): register('liar', LIAR, '')\n"
    )
    broken = run("check", "liar", "--json", "--plugin", str(plugin))
    assert broken.returncode == 1
    (failed,) = (row for row in json.loads(broken.stdout) if not row["ok"])
    assert failed["check"] == "is_symmetric_where_declared"
    assert failed["reason"].startswith("symmetric is False, but")
