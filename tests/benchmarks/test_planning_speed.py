"""Seconds to plan a hundred thousand trials, and to ask a hundred thousand records.

    pytest tests/benchmarks/test_planning_speed.py --benchmark-only -s -m ""

Each is one command line as a user types it, in a process of its own, with the time that Python and its imports take.
Writing the records takes longer than all that is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from made_records import content

from nar_bench.results.compact import compact
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.run import prepare

TRIALS = RECORDS = 100_000
COMMAND = str(Path(sys.executable).parent / "nar-bench")
METRICS = ("score", "exact_match", "validity", "chance", "chance_corrected", "micro_f1/pi", "graph_mean_f1/pi")

SUITE = """
name = "hundred-thousand"
version = 1
[[trials]]
algorithms = [
  "activity_selector", "articulation_points", "bellman_ford", "bfs", "binary_search", "bridges", "bubble_sort",
  "dag_shortest_paths", "dfs", "dijkstra", "find_maximum_subarray_kadane", "floyd_warshall", "graham_scan", "heapsort",
  "insertion_sort", "jarvis_march", "kmp_matcher", "lcs_length", "matrix_chain_order", "minimum", "mst_kruskal",
  "mst_prim", "naive_string_matcher", "optimal_bst", "quickselect",
]
processors = [
  "mpnn", "pgn", "pgn_mask", "gat", "gatv2", "gat_full", "gatv2_full", "triplet_mpnn", "triplet_pgn", "triplet_gmpnn",
  "gmpnn", "gpgn", "deep_sets", "memory_mpnn", "memory_pgn", "memory_gat", "rnar", "edge_transformer",
  "relational_transformer", "memnet",
]
regimes = ["hints", "memory", "no_hints", "decoded_only"]
similarity = "dot"
seeds = [SEEDS]
"""


def command(*arguments: str) -> float:
    """Run nar-bench, and return the seconds."""
    start = time.perf_counter()
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - start


@pytest.mark.slow
def test_a_hundred_thousand_trials_are_planned_in_five_seconds(benchmark: Any, tmp_path: Path) -> None:
    file = tmp_path / "suite.toml"
    file.write_text(SUITE.replace("SEEDS", ", ".join(map(str, range(50)))))
    start = time.perf_counter()
    assert len(prepare(file, tmp_path / "run").planned) == TRIALS
    print(f"\nplanned {TRIALS} trials in {time.perf_counter() - start:.2f} s")
    seconds = benchmark.pedantic(command, args=("plan", str(file), "--out", str(tmp_path / "run")), rounds=1)
    print(f"nar-bench plan: {seconds:.2f} s, with all imports and its table")
    assert seconds < 5


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_records_are_asked_in_two_seconds(benchmark: Any, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.records_folder.mkdir(parents=True)
    values = dict.fromkeys((16, 32, 64, 128), (0.5, 0.1, 0.2))
    text = json.dumps(one_record(values))
    for number in range(RECORDS):
        # Written without waiting for the disk each time.
        own = text.replace('"0000000000000001"', f'"{number:016x}"').replace('"seed": 0,', f'"seed": {number},', 1)
        store.record_path(f"{number:016x}").write_text(own)
    start = time.perf_counter()
    assert compact(store).read == RECORDS
    print(f"\nread {RECORDS} records in {time.perf_counter() - start:.1f} s, once")
    query = "select processor, size, avg(value) from scores where metric = 'score' group by all order by all"
    in_sql = benchmark.pedantic(command, args=("results", str(tmp_path), "--sql", query), rounds=1)
    filtered = command("results", str(tmp_path), "--metric", "score", "--size", "64", "--only", "mpnn")
    print(
        f"nar-bench results: {in_sql:.2f} s in SQL, {filtered:.2f} s by filters, with imports and a look at every file"
    )
    assert max(in_sql, filtered) < 2


def one_record(values: dict[int, tuple[float, float, float]]) -> object:
    """Return an invented record with as many scores as a real one has."""
    base = content(1, values=values)
    scores = [{**score, "metric": metric} for score in base["scores"][::4] for metric in METRICS]
    return json.loads(Record.model_validate({**base, "scores": scores}).to_json())
