"""Writing and reading against the nested lists of `datasets`, and what reading costs a training step.

Run: pytest tests/benchmarks/test_data_speed.py --benchmark-only (prints), or as a test: -m slow --benchmark-disable.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from nar_bench.data.generate import generate
from nar_bench.data.random import derive_seed
from nar_bench.data_sets.arrow import from_table, to_table
from nar_bench.data_sets.blueprint import resolve
from nar_bench.data_sets.build import build
from nar_bench.data_sets.source import Reading, folder_source
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

ROWS = 500
NAMES = ("bfs", "insertion_sort", "dijkstra")


def best(call: Callable[[], Any], times: int = 3) -> float:
    """Return the least seconds of some calls, each after one that is not counted."""
    call()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def nested(batch: Any) -> list[dict[str, Any]]:
    """Return each trajectory as `datasets` users write it: the same compact values, as arrays of their own shape."""
    rows = []
    for row in range(len(batch)):
        steps = slice(int(batch.offsets[row]), int(batch.offsets[row + 1]))
        values = {name: column[row] for name, column in {**batch.inputs, **batch.outputs}.items()}
        rows.append({**values, **{name: column[steps] for name, column in batch.hints.items()}})
    return rows


def speeds(name: str, folder: Path) -> tuple[float, float]:
    """Return how many times faster writing and reading are than with nested lists, from arrays to arrays."""
    from datasets import Dataset

    algorithm = registry().load(Kind.ALGORITHM, name)
    batch = generate(algorithm, 16, ROWS, 0)
    ours, theirs = folder / f"{name}-ours.parquet", folder / f"{name}-theirs.parquet"

    def write_ours() -> None:
        pq.write_table(to_table(batch, np.arange(ROWS)), ours, compression="zstd")

    def write_theirs() -> None:
        Dataset.from_list(nested(batch)).to_parquet(str(theirs))

    def read_ours() -> Any:
        return from_table(pq.ParquetFile(ours).read(), algorithm.spec, "ours")

    def read_theirs() -> Any:
        rows = Dataset.from_parquet(str(theirs), cache_dir=str(folder / "cache")).with_format("numpy")
        return [{key: np.asarray(value) for key, value in row.items()} for row in rows]

    write = best(write_theirs, 1) / best(write_ours)
    read = best(read_theirs, 1) / best(read_ours)
    return write, read


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_writing_and_reading_are_five_times_faster_than_nested_lists(name: str, tmp_path: Path) -> None:
    write, read = speeds(name, tmp_path)
    print(f"{name}: writing {write:.0f} times, reading {read:.0f} times as fast")
    assert write >= 5
    assert read >= 5


BLUEPRINT = """
name = "speed"
version = 1
leaks = "report"
[[configs]]
algorithms = ["bfs"]
[configs.splits.train]
size = 16
count = 20_000
"""


def step_seconds(folder: Path, steps: int = 60, rounds: int = 5) -> dict[str, float]:
    """Return the seconds of a training step of bfs, n = 16, batch 32, hidden 128: drawn, read whole and streamed.

    The three take turns, so that what else the machine does meets all alike; the median over rounds.
    """
    import torch

    from nar_bench.model.config import NetConfig
    from nar_bench.model.regime import REGIMES
    from nar_bench.training.config import TrainConfig
    from nar_bench.training.loop import Task, TrainJob, train

    torch.set_num_threads(1)
    plugins = registry()
    algorithm, processor = plugins.load(Kind.ALGORITHM, "bfs"), plugins.load(Kind.PROCESSOR, "mpnn")
    source = folder_source(folder)
    ways = {"drawn": None, "read": Reading(source, "bfs"), "streamed": Reading(source, "bfs", True)}
    config = TrainConfig(steps=steps, sizes=(16,), batch=32)
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, reading in ways.items():
            from nar_bench.model.build import nets_around

            (net,) = nets_around(processor, processor.config(), [algorithm.spec], REGIMES["hints"], NetConfig(), 0)
            ends: list[float] = []
            train(
                TrainJob([Task(algorithm, net, config, reading=reading)], 0),
                lambda progress, ends=ends: ends.append(time.perf_counter()),
            )
            # All but the first step, which opens the files and compiles.
            taken[way].append((ends[-1] - ends[0]) / (len(ends) - 1))
    return {way: statistics.median(seconds) for way, seconds in taken.items()}


def data_seconds(folder: Path, steps: int = 1500) -> dict[str, float]:
    """Return the seconds that the samples of a step take alone, the mean over many steps."""
    from nar_bench.training.config import TrainConfig
    from nar_bench.training.data import TrainingData

    algorithm, source = registry().load(Kind.ALGORITHM, "bfs"), folder_source(folder)
    ways = {"drawn": None, "read": Reading(source, "bfs"), "streamed": Reading(source, "bfs", True)}
    config = TrainConfig(sizes=(16,), batch=32)
    found = {}
    for way, reading in ways.items():
        data = TrainingData(algorithm, config, derive_seed("speed"), {}, reading=reading)
        data.batch(0)
        start = time.perf_counter()
        for step in range(1, steps):
            data.batch(step)
        found[way] = (time.perf_counter() - start) / (steps - 1)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_reading_slows_a_training_step_by_at_most_five_percent(tmp_path: Path) -> None:
    """By what the samples of a step take, in a mean that holds the reading of row groups, against the whole step."""
    (tmp_path / "speed.toml").write_text(BLUEPRINT)
    in_process = registry().load(Kind.EXECUTOR, "in_process").build(None, None)
    build(resolve(tmp_path / "speed.toml", registry()), tmp_path / "set", in_process)
    data, step = data_seconds(tmp_path / "set"), step_seconds(tmp_path / "set", steps=20, rounds=3)
    for way in ("read", "streamed"):
        more = (data[way] - data["drawn"]) / step["drawn"]
        print(
            f"{way}: samples {1e3 * data[way]:.2f} ms (drawn {1e3 * data['drawn']:.2f}), "
            f"step {1e3 * step[way]:.1f} ms (drawn {1e3 * step['drawn']:.1f}): {100 * more:+.1f} %"
        )
        assert more <= 0.05
