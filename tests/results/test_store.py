"""The results folder: whole records or none, damage reported by name."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
from pathlib import Path

import pytest
from made_records import content, record, together

import nar_bench
from nar_bench.errors import RecordError, StoreError
from nar_bench.results.files import write_whole
from nar_bench.results.record import Record
from nar_bench.results.store import Store


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(record())
    assert store.read(record().trial) == record()
    assert store.read("f" * 16) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Invalid JSON"),
        ("{", "Invalid JSON"),
        (json.dumps(content())[:-20], "Invalid JSON"),
        (json.dumps(content(seed="0")), "seed: Input should be a valid integer"),
        (json.dumps(content(schema=4)), "schema: Input should be 3"),
        (json.dumps({**content(), "extra": 1}), "extra: Extra inputs are not permitted"),
        (json.dumps({k: v for k, v in content().items() if k != "scores"}), "scores: Field required"),
        (json.dumps(content(2)), "the file name says 0000000000000001"),
    ],
)
def test_a_damaged_record_is_named_and_the_others_are_kept(tmp_path: Path, text: str, says: str) -> None:
    store = Store(tmp_path)
    store.write(record(2))
    path = store.record_path("0" * 15 + "1")
    path.write_text(text)
    good, bad = store.records()
    assert [one.trial for one in good] == ["0" * 15 + "2"]
    assert len(bad) == 1
    assert str(path) in str(bad[0])
    assert says in str(bad[0])
    assert path.read_text() == text
    with pytest.raises(RecordError):
        store.read("0" * 15 + "1")


def test_numbers_that_are_none_are_refused_before_they_are_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        record(values={16: (float("nan"), 0.0, 0.0)}).to_json()


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no results folder"):
        Store(tmp_path).records()
    with pytest.raises(StoreError, match="is no results folder"):
        nar_bench.load_results(tmp_path / "nowhere")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        Store(tmp_path / "runs").probe()


def test_a_file_in_the_way_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot write .*runs.*choose another folder"):
        Store(tmp_path / "runs").probe()
    assert (tmp_path / "runs").read_text() == "not a folder"


def test_a_full_disk_keeps_the_old_file_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(record())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
    try:
        with pytest.raises(StoreError, match="File too large. What was there before is unchanged"):
            store.write(record(1, parameters=99))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.read(record().trial) == record()
    assert len(list((tmp_path / "records").iterdir())) == 1


def test_files_are_for_everyone_whom_the_umask_lets_in(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "x", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644


def test_the_table_is_long_with_one_row_for_every_score(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(record(1))
    store.write(record(2, processor="other", seed=3))
    store.write(record(4, state="failed", scores=[], error={"type": "E", "message": "m", "traceback": "t"}))
    table = nar_bench.load_results(tmp_path)
    assert {"trial", "algorithm", "processor", "regime", "seed", "size", "metric", "value"} <= set(table.column_names)
    rows = table.to_pylist()
    assert len(rows) == 2 * 2 * 4
    (one,) = (row for row in rows if row["processor"] == "other" and row["size"] == 64 and row["metric"] == "score")
    assert (one["algorithm"], one["regime"], one["seed"], one["value"], one["count"]) == ("bfs", "hints", 3, 0.7, 4)


def test_the_table_has_the_rows_of_every_algorithm_of_a_record(tmp_path: Path) -> None:
    Store(tmp_path).write(together(1, "bfs", "dfs"))
    rows = [row for row in nar_bench.load_results(tmp_path).to_pylist() if row["metric"] == "score"]
    assert [(row["algorithm"], row["size"], row["value"]) for row in rows] == [
        ("bfs", 16, 0.9),
        ("bfs", 64, 0.7),
        ("dfs", 16, 0.8),
        ("dfs", 64, 0.6),
    ]


GOLDEN = Path(__file__).parent


def test_the_golden_record_can_still_be_read() -> None:
    """Records are kept for years; a change that cannot read this one needs a new schema number."""
    text = (GOLDEN / "golden_record_3.json").read_text()
    assert Record.from_json(text, "golden").to_json() == text


@pytest.mark.parametrize("name", ["golden_record.json", "golden_record_2.json"])
def test_a_record_of_an_earlier_schema_is_read_as_one_of_this(name: str) -> None:
    read = Record.from_json((GOLDEN / name).read_text(), "golden")
    new = Record.from_json((GOLDEN / "golden_record_3.json").read_text(), "golden")
    scores = [score for score in new.scores if score.point == "own"]
    assert read == new.model_copy(update={"protocol": None, "memory": None, "points": {}, "scores": scores})
    assert (read.name, {score.algorithm for score in read.scores}) == ("bfs", {"bfs"})


@pytest.mark.parametrize("part", ["scores", "training", "config", "trial", "similar_input"])
def test_a_damaged_record_of_the_first_schema_is_named(part: str) -> None:
    old = json.loads((Path(__file__).parent / "golden_record.json").read_text())
    with pytest.raises(RecordError, match=f"old: {part}"):
        Record.from_json(json.dumps({**old, part: "damaged"}), "old")
