"""All methods of a folder: what is ranked, and what of each line is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_records import record

from nar_bench.errors import StatisticsError
from nar_bench.results.store import Store
from nar_bench.statistics.standing import standings

NOISE = (0.0, 0.01, -0.01)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store, number = Store(tmp_path), 0
    for seed, noise in enumerate(NOISE):
        for processor, score in (("mpnn", 0.95), ("pgn", 0.5)):
            for algorithm in ("bfs", "dfs"):
                number += 1
                values = {16: (0.999 + noise / 10, 0, 0), 64: (score + (noise if score > 0.9 else -noise / 2), 0, 0)}
                store.write(record(number, algorithm, processor, seed, values))
    return store


def test_methods_are_ranked_and_lines_have_their_numbers(store: Store) -> None:
    (one,) = standings(store.path)
    assert [(row.method, row.low, row.high) for row in one.ranking.rows] == [
        ("mpnn (hints)", 1, 1),
        ("pgn (hints)", 2, 2),
    ]
    line = one.lines[0]
    assert (line.algorithm, line.method, line.size, line.seeds) == ("bfs", "mpnn (hints)", 64, (0, 1, 2))
    assert line.mean.value == pytest.approx(0.95)
    assert str(line.reach) == ">=64"
    assert str(one.lines[1].reach) == "16"
    assert line.area is not None
    assert line.area.value == pytest.approx((0.999 + 0.95) / 2)
    assert line.solved.value == 0
    assert standings(store.path, solved_from=0.95)[0].lines[0].solved.value == pytest.approx(2 / 3)
    assert standings(store.path, size=16)[0].lines[0].solved.value == 1
    json.dumps(one.to_dict())


def test_what_is_incomplete_is_not_ranked_and_named(store: Store) -> None:
    store.write(record(90, "bfs", "gat", 0, {64: (0.9, 0, 0)}))
    store.write(record(91, "bfs", "old", 0, {64: (0.9, 0, 0)}, suite={"name": "invented", "version": 2}))
    store.write(record(92, "bfs", "short", 0, {16: (0.9, 0, 0)}))
    one, two = standings(store.path, size=64)
    assert one.ranking.unranked["invented 1: gat (hints)"].startswith("lacks bfs seed 1, bfs seed 2, dfs seed 0")
    assert one.left_out == ("bfs, invented 1: short (hints): it lacks score at n = 64 with every seed",)
    assert [row.method for row in two.ranking.rows] == ["invented 2: old (hints)"]


def test_nothing_to_rank_is_an_error(store: Store) -> None:
    with pytest.raises(StatisticsError, match="no method has nonsense at a common size"):
        standings(store.path, metric="nonsense")
