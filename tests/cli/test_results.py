"""`nar-bench results` and `nar-bench leaderboard build` on a folder of records."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli.test_main import run
from made_records import CONFIG, record

from nar_bench.results.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store(tmp_path)
    store.write(record(1, seed=0))
    store.write(record(2, seed=1))
    store.write(
        record(3, state="failed", scores=[], seed=2, error={"type": "E", "message": "it broke", "traceback": ""})
    )
    (tmp_path / "records" / "00000000000000ff.json").write_text("{")
    return tmp_path


def test_the_summary_has_means_and_names_what_failed_and_what_is_damaged(folder: Path) -> None:
    done = run("results", str(folder))
    assert done.returncode == 0
    assert "0.900" in done.stdout
    assert "failed: bfs, mpnn (hints), seed 2: it broke" in done.stdout
    assert "damaged record, left out:" in done.stderr
    assert "00000000000000ff.json" in done.stderr


def test_every_score_comes_as_json_and_as_csv(folder: Path) -> None:
    rows = json.loads(run("results", str(folder), "--json").stdout)
    assert len(rows) == 2 * 2 * 4
    table = list(csv.DictReader(io.StringIO(run("results", str(folder), "--csv").stdout)))
    assert [float(row["value"]) for row in table] == [row["value"] for row in rows]


def test_a_board_can_be_built_elsewhere(folder: Path, tmp_path: Path) -> None:
    done = run("leaderboard", "build", str(folder), "-o", str(tmp_path / "site"))
    assert done.returncode == 0
    assert done.stdout.strip() == str(tmp_path / "site" / "index.html")
    assert (tmp_path / "site" / "board.md").exists()


def test_the_summary_says_which_option_differs(folder: Path) -> None:
    Store(folder).write(record(4, config={**CONFIG, "model": {"hidden": 16}}))
    done = run("results", str(folder))
    assert "mpnn (hints) [hidden=16]" in done.stdout
    assert "mpnn (hints) [hidden=8]" in done.stdout


def test_rows_are_asked_for_in_sql_or_by_filters(folder: Path) -> None:
    asked = run("results", str(folder), "--sql", "select seed, value from scores where size = 64 and metric = 'score'")
    assert asked.returncode == 0
    assert "0.700" in asked.stdout
    assert "damaged record, left out:" in asked.stderr
    filtered = run("results", str(folder), "--only", "bfs", "--metric", "validity", "--size", "16", "--json")
    assert [row["value"] for row in json.loads(filtered.stdout)] == [0.6, 0.6]
    assert run("results", str(folder), "--metric", "chance", "--latex").stdout.startswith("\\begin{tabular}")
    assert run("results", str(folder), "--metric", "chance", "--markdown").stdout.startswith("| trial | suite |")
    wrong = run("results", str(folder), "--sql", "select 1", "--size", "16")
    assert (wrong.returncode, "sql says which rows it wants by itself" in wrong.stderr) == (2, True)


def test_rows_are_written_as_parquet(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "scores.parquet"
    done = run("results", str(folder), "--size", "64", "--parquet", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    assert len(pq.read_table(file)) == 2 * 4


def test_the_schema_of_records_is_printed() -> None:
    assert json.loads(run("results", "--schema").stdout)["$id"] == "nar-bench-record-3"
