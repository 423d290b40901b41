"""Which trials are looked at, and what is said where none can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_records import CONFIG, record, used

from nar_bench.errors import IdeasError, StoreError, UnknownName
from nar_bench.ideas.selection import select
from nar_bench.plugin.registry import registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store


def memory(number: int, algorithm: str = "bfs", **changes: Any) -> Record:
    contrasts = {"processor": "memory_mpnn", "regime": "memory", "similarity": used("cosine"), "scores": []}
    return record(number, algorithm, **{**contrasts, **changes})


def store_of(tmp_path: Path, *records: Record, weights: bool = True) -> Store:
    store = Store(tmp_path)
    for one in records:
        store.write(one)
        if weights:
            store.weights(one.trial).parent.mkdir(exist_ok=True)
            store.weights(one.trial).touch()
    return store


def chosen(store: Store, *trials: str) -> list[int]:
    return [int(one.trial, 16) for one in select(store, registry(), trials)[0]]


def test_a_trial_that_contrasts_comes_with_those_that_differ_in_their_algorithms_alone(tmp_path: Path) -> None:
    config = {**CONFIG, "model": {"hidden": 9}}
    store = store_of(
        tmp_path,
        memory(1, regime="hints", similarity=None, started="2020-01-01T00:00:00Z"),
        memory(2),
        memory(3, "dfs"),
        memory(4, "dijkstra", seed=1),
        memory(5, "mst_prim", config=config),
        memory(6, "dfs"),
        record(7),
    )
    picked, others = select(store, registry())
    assert [int(one.trial, 16) for one in picked] == [2, 3]
    assert {int(one.trial, 16) for one in others} == {1, 4, 5, 6}, "mpnn writes no ideas"


def test_a_trial_with_weights_comes_before_one_without(tmp_path: Path) -> None:
    store = store_of(tmp_path, memory(1), memory(2, seed=1))
    store.weights(memory(1).trial).unlink()
    assert chosen(store) == [2]
    store.weights(memory(2).trial).unlink()
    assert chosen(store) == [1], "so that the message names a trial"


def test_trials_are_named_by_their_first_digits(tmp_path: Path) -> None:
    store = store_of(tmp_path, memory(0x1A), memory(0x1B, seed=1), memory(0x2B, seed=2))
    assert chosen(store, f"{0x2B:016x}", f"{0x1A:016x}") == [0x2B, 0x1A]
    assert chosen(store, f"{0x2B:016x}", f"{0x2B:016x}") == [0x2B]
    with pytest.raises(IdeasError, match="--trial 0000: several trials begin so: 000000000000001a, 0"):
        chosen(store, "0000")


@pytest.mark.parametrize(
    ("records", "trial", "says"),
    [
        ([], "", r"no trial is finished yet \(none has begun\)"),
        ([memory(1, state="failed")], "", r"no trial is finished yet \(1 failed\)\. Run its suite again"),
        ([record(1)], "", r"no trial writes ideas; its processors are mpnn\. Those that do: memory_mpnn"),
        ([record(1), memory(2)], "0000000000000001", "trial 0000000000000001 .*mpnn.*writes no ideas.* memory_mpnn"),
        ([memory(2)], "0000000000000003", "has no such trial. Did you mean '0000000000000002'?"),
        ([memory(2)], "", ""),
        (
            [memory(2, state="failed", error={"type": "E", "message": "it broke.", "traceback": ""})],
            "0000000000000002",
            "seed 0\\) failed: it broke. Run its suite with --retry failed",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_said(tmp_path: Path, records: list[Record], trial: str, says: str) -> None:
    store = store_of(tmp_path, *records)
    store.probe()
    if not says:
        assert chosen(store) == [2]
        return
    with pytest.raises(IdeasError, match=says):
        chosen(store, *([trial] if trial else []))


def test_an_unfinished_trial_is_said_to_be_one(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    store.probe()
    store.checkpoint("abc0000000000000").parent.mkdir()
    store.checkpoint("abc0000000000000").touch()
    with pytest.raises(IdeasError, match=r"no trial is finished yet \(1 unfinished\)"):
        chosen(store)
    with pytest.raises(IdeasError, match="--trial abc: it is not finished. Run its suite again"):
        chosen(store, "abc")


def test_a_processor_that_is_gone_hides_its_own_trials_alone(tmp_path: Path) -> None:
    store = store_of(tmp_path, memory(1, processor="gone"), memory(2, seed=1))
    assert chosen(store) == [2]
    with pytest.raises(UnknownName, match="processor 'nar-bench/gone' is not known"):
        chosen(store, f"{1:016x}")


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no results folder"):
        chosen(Store(tmp_path / "nowhere"))


def test_networks_in_the_sparse_layout_are_left_out_with_the_reason(tmp_path: Path) -> None:
    config = {**CONFIG, "model": {**CONFIG["model"], "layout": "sparse"}}
    store = store_of(tmp_path, memory(1, config=config), memory(2))
    assert chosen(store) == [2]
    with pytest.raises(IdeasError, match="its network is in the sparse layout, whose ideas cannot be looked at yet"):
        chosen(store, memory(1).trial)
    store.record_path(memory(2).trial).unlink()
    with pytest.raises(IdeasError, match="no trial writes ideas in the dense layout"):
        chosen(store)
