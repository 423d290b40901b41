"""`nar-bench view`, and the tutorial that uses it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_records import record

from nar_bench.cli.view import command as view
from nar_bench.results.store import Store

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "watch_an_algorithm.md"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(view, arguments)


def test_a_page_is_written_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = run("bfs", "--size", "9", "--family", "grid", "-o", "deep/er/grid.html")
    assert (first.exit_code, first.stdout) == (0, "deep/er/grid.html\n"), first.output
    page = Path("deep/er/grid.html").read_text()
    assert "<dt>family</dt><dd>grid</dd>" in page
    second = run("insertion_sort", "--seed", "3")
    assert second.stdout == "insertion_sort-16-3.html\n"
    assert run("bfs", "--size", "9", "--shift", "family=grid", "-o", "same.html").exit_code == 0
    assert Path("same.html").read_text() == page


def test_an_algorithm_is_watched_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from nar_bench.cli.view import command;"
        f"command(['dijkstra', '-o', {str(tmp_path / 'page.html')!r}], standalone_mode=False);"
        "sys.exit('torch' in sys.modules or 'numba' in sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bfss"], "algorithm 'bfss' is not known. Did you mean 'bfs'?"),
        (["bfs", "--size", "300"], "an instance has 300 nodes; at most 80 can be told apart"),
        (["graham_scan", "--size", "2"], "a whole number from 3 to"),
        (["bfs", "--family", "gird"], "value 'gird' is not known. Did you mean 'grid'?"),
        (["minimum", "--family", "grid"], "shift axis 'family' is not known"),
        (["bfs", "--shift", "p"], "AXIS=VALUE is needed"),
        (["bfs", "--instance", "3", "--point", "x"], "--instance, --point: these options are for a trial"),
        (["."], "is no results folder"),
        ([".", "abc"], "is no results folder"),
        ([".", "abc", "--seed", "3"], "--seed: these options are not for a trial"),
        (["bfs", "-o", "a_file/page.html"], "cannot write a_file/page.html"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a_file").write_text("")
    result = run(*arguments)
    assert result.exit_code != 0
    assert says in result.output + str(result.exception)
    assert list(tmp_path.glob("*.html")) == []


def test_a_folder_of_one_trial_needs_no_more_and_others_are_listed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(record(1))
    assert "there are no weights of trial 0000000000000001" in str(run(str(tmp_path)).exception)
    store.write(record(2, seed=1))
    several = run(str(tmp_path))
    assert several.exit_code == 2
    assert "name one of its 2 finished trials:\n  00000000  bfs, mpnn (hints), seed 0\n" in several.output
    store.record_path(record(1).trial).unlink()
    store.write(record(2, seed=1, state="failed"))
    assert "no trial of it is finished yet." in run(str(tmp_path)).output


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """Run every command and write every file of the tutorial, in order, and find what it says that comes out."""
    text = TUTORIAL.read_text()
    tool = Path(sys.executable).with_name("nar-bench")
    shown = []
    for language, title, body in re.findall(r"```(\w+)(?: title=\"(.*?)\")?\n(.*?)```", text, re.DOTALL):
        if language == "toml":
            (tmp_path / title).write_text(body)
            continue
        for line in body.strip().splitlines():
            name, *arguments = shlex.split(line.partition("  #")[0])
            assert name == "nar-bench"
            finished = subprocess.run(
                [str(tool), *arguments], cwd=tmp_path, capture_output=True, text=True, env=os.environ
            )
            assert finished.returncode == 0, f"{line}: {finished.stderr}"
            shown.append(finished.stdout)
    pages = {path.name for path in tmp_path.glob("*.html")}
    assert pages == set(re.findall(r"`(\S+\.html)`", text))
    assert "memory_mpnn" in (tmp_path / "learned.html").read_text()
