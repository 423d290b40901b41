"""`nar-bench ideas` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.test_main import run
from ideas.small_run import run as small_run
from made_records import record

from nar_bench.results.store import Store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run(tmp_path_factory.mktemp("ideas")).path


@pytest.mark.slow
def test_a_page_is_written_and_its_path_is_the_last_line(folder: Path, tmp_path: Path) -> None:
    done = run("ideas", str(folder), "--inputs", "2", "--measured", "16", "--size", "4")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(folder / "ideas" / "index.html")
    assert "bfs + bellman_ford / memory_mpnn (memory, cosine, 2 together) / seed 0" in done.stdout
    assert "also there, --trial" in done.stdout
    assert "insertion_sort / memory_mpnn (hints) / seed 0" in done.stdout
    assert (folder / "ideas" / "index.html").read_text().startswith("<!doctype html>")


@pytest.mark.slow
def test_the_numbers_come_as_json_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    trial = next(
        r.trial for r in Store(folder).records()[0] if (r.regime, r.processor.name) == ("hints", "memory_mpnn")
    )
    page = tmp_path / "page.html"
    options = ("--trial", trial[:8], "--inputs", "3", "--measured", "16", "--json", "-o", str(page))
    done = run("ideas", str(folder), *options)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["choice"] == {"inputs": 3, "measured": 16, "size": None}
    assert content["panels"][0]["sizes"] == {"insertion_sort": 6}
    assert len(content["panels"][0]["runs"]) == 6
    assert not page.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "no trial writes ideas; its processors are mpnn. Those that do: memory_mpnn"),
        (["--trial", "ffff"], "{folder} has no record of the trial ffff. Known: 0000000000000001."),
        (["--measured", "3"], "Invalid value for '--measured': 3 is not in the range 8<=x<=2000."),
    ],
)
def test_what_cannot_be_looked_at_is_one_message(tmp_path: Path, options: list[str], says: str) -> None:
    Store(tmp_path).write(record(1))
    done = run("ideas", str(tmp_path), *options)
    assert done.returncode == 2
    assert says.format(folder=tmp_path) in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
