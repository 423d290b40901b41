"""The compact records: what the JSON files say, and noticed when they say something else."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_records import record

from nar_bench.errors import StoreError
from nar_bench.results import compact as module
from nar_bench.results.compact import Compacted, compact
from nar_bench.results.query import Filter, ask, select_scores
from nar_bench.results.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    for number in range(1, 4):
        store.write(record(number, seed=number))
    return store


def values(compacted: Compacted) -> list[float]:
    return sorted(select_scores(compacted, Filter(metrics=["score"], sizes=[64]))["value"].to_pylist())


def test_records_are_read_once(store: Store) -> None:
    assert (compact(store).read, compact(store).read) == (3, 0)
    assert len(pq.read_table(store.compact)) == 3


def test_what_changes_comes_and_goes_is_noticed(store: Store) -> None:
    compact(store)
    store.write(record(2, seed=2, values={16: (0.9, 0.5, 0.6), 64: (0.1, 0.1, 0.2)}))
    store.write(record(9, seed=9, values={16: (0.9, 0.5, 0.6), 64: (0.2, 0.1, 0.2)}))
    store.record_path(record(3).trial).unlink()
    after = compact(store)
    assert (after.read, values(after)) == (2, [0.1, 0.2, 0.7])
    assert values(after) == values(compact(store))
    assert after.columns("trial")["trial"].to_pylist() == [f"{number:016x}" for number in (1, 2, 9)]


def test_another_record_of_the_same_time_and_length_is_noticed(store: Store) -> None:
    compact(store)
    path = store.record_path(record(2).trial)
    before = path.stat()
    store.write(record(2, seed=2, values={16: (0.9, 0.5, 0.6), 64: (0.4, 0.1, 0.2)}))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert values(compact(store)) == [0.4, 0.7, 0.7]


def test_damaged_records_are_named_until_they_are_mended(store: Store) -> None:
    path = store.record_path(record(2).trial)
    path.write_text("{")
    for _ in range(2):
        compacted = compact(store)
        (problem,) = compacted.problems
        assert str(path) in problem
        assert len(values(compacted)) == 2
    store.write(record(2))
    assert compact(store).problems == []


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense PAR1"])
def test_a_damaged_cache_is_made_anew(store: Store, damage: bytes) -> None:
    compact(store)
    store.compact.write_bytes(damage)
    assert (compact(store).read, compact(store).read) == (3, 0)


def test_a_cache_of_another_format_is_made_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    compact(store)
    other = module.SCHEMA.with_metadata({b"nar_bench_format": b"another"})
    monkeypatch.setattr(module, "SCHEMA", other)
    monkeypatch.setattr(module, "FORMAT", b"another")
    assert (compact(store).read, compact(store).read) == (3, 0)


def test_a_folder_that_cannot_be_written_is_read(store: Store) -> None:
    (store.path / "cache").write_text("a file in the way")
    compacted = compact(store)
    assert (compacted.path, compacted.read, values(compacted)) == (None, 3, [0.7, 0.7, 0.7])
    assert ask(compacted, "select count(*) as n from records").to_pylist() == [{"n": 3}]


def test_many_records_are_read_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    assert values(compact(store)) == [0.7, 0.7, 0.7]


def test_no_records_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no results folder"):
        compact(Store(tmp_path))
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / ".half.json").write_text("{")
    assert len(compact(Store(tmp_path)).columns("trial")) == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "records"]
