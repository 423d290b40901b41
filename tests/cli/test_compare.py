"""`nar-bench compare`, and the line of `nar-bench plan` on what can be resolved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.test_main import run
from made_records import record

from nar_bench.results.store import Store
from nar_bench.statistics.resolution import smallest_difference
from nar_bench.statistics.spread import ASSUMED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store(tmp_path)
    for seed in range(4):
        store.write(record(seed + 1, seed=seed, values={64: (0.9 + 0.01 * seed, 0.5, 0.5)}))
        store.write(record(seed + 11, processor="pgn", seed=seed, values={64: (0.8, 0.5, 0.5)}))
    store.write(record(30, seed=9))
    return tmp_path


def test_it_prints_every_seed_the_means_what_is_left_out_and_a_verdict(folder: Path) -> None:
    done = run("compare", "mpnn", "pgn/hints", str(folder))
    assert done.returncode == 0
    assert "0: +0.100  1: +0.110  2: +0.120  3: +0.130" in done.stdout
    assert "these algorithms, new seeds: +0.115, +0.094 to +0.136, p < 0.001" in done.stdout
    assert "left out: bfs, seed 9: only mpnn (hints) has it" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("mpnn (hints) is better than pgn (hints) on bfs: ")


def test_it_prints_json(folder: Path) -> None:
    made = json.loads(run("compare", "mpnn", "pgn", str(folder), "--size", "64", "--json").stdout)
    assert made["these"]["value"] == pytest.approx(0.115)
    assert made["algorithms"][0]["pair"]["seeds"] == [0, 1, 2, 3]


def test_a_name_that_is_not_there_is_one_message(folder: Path) -> None:
    done = run("compare", "mpnm (hints)", "pgn", str(folder))
    assert done.returncode == 2
    assert "Did you mean 'mpnn (hints)'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_says_what_its_seeds_resolve(tmp_path: Path) -> None:
    suite = tmp_path / "s.toml"
    grid = 'algorithms = ["bfs", "dfs"]\nprocessors = ["mpnn", "pgn"]\nregimes = ["hints"]\nseeds = [0, 1, 2]\n'
    suite.write_text(f'name = "s"\nversion = 1\n[[trials]]\n{grid}')
    done = run("plan", str(suite), "--out", str(tmp_path / "out"))
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("smallest difference"))
    least = [f"{smallest_difference(ASSUMED, 3, algorithms):.3f}" for algorithms in (1, 2)]
    assert "that 3 seeds of each method on each algorithm resolve (power 0.8, level 0.05): " in line
    assert f"): {least[0]} on one algorithm, {least[1]} in the mean over 2; " in line
    assert "of 0.086, assumed (CLRS-30" in line
    made = json.loads(run("plan", str(suite), "--out", str(tmp_path / "out"), "--json", "--set", "version=2").stdout)
    assert made["resolution"] == line


def test_a_plan_of_one_seed_says_that_it_resolves_nothing(tmp_path: Path) -> None:
    done = run("plan", "quickstart", "--out", str(tmp_path))
    assert "1 seed of each method on each algorithm (the fewest): no difference between methods can be resolved" in (
        done.stdout
    )


def test_rank_prints_intervals_and_names_what_is_not_ranked(folder: Path) -> None:
    done = run("rank", str(folder))
    assert done.returncode == 0
    assert "not counted for ranks: mpnn (hints): bfs seed 9" in done.stdout
    assert "mpnn (hints)   64" in done.stdout
    made = json.loads(run("rank", str(folder), "--json").stdout)
    assert [row["rank"] for row in made[0]["ranking"]["rows"]] == [1, 2]
