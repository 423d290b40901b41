"""Reading for training: the rows of the files, each once before any again, streamed or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data_sets.small import built
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nar_bench
from nar_bench.data.generate import generate
from nar_bench.data.random import derive_seed
from nar_bench.data_sets import shards
from nar_bench.data_sets.source import Reading, Source, StreamedPart, folder_source, joined
from nar_bench.errors import DataSetError, UnknownName
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.config import TrainConfig
from nar_bench.training.data import TrainingData

pytestmark = pytest.mark.usefixtures("each_way")

BLUEPRINT = """
name = "rows"
version = 1
hint_limit = 400
file_bytes = 20_000
[[configs]]
algorithms = ["bfs", "insertion_sort", "sparse_bfs"]
[configs.splits]
train = { size = [6, 8], count = 50 }
val = { size = 8, count = 8 }
test_n8 = { size = 8, count = 5 }
test_n20 = { size = 20, count = 5 }
"""


def algorithm(name: str) -> Algorithm:
    return registry().load(Kind.ALGORITHM, name)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, each_way: None) -> Source:
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "GROUP_BYTES", 1000)  # small row groups, so that streaming has some
        manifest = built(folder, BLUEPRINT)
    assert sum(len(file.groups) for file in manifest.of("insertion_sort", "train") if file.part == 0) > 5
    return folder_source(folder / "set")


def assert_rows(one, other) -> None:
    for stage in ("inputs", "hints", "outputs"):
        for name, column in getattr(other, stage).items():
            np.testing.assert_array_equal(getattr(one, stage)[name], column)
    np.testing.assert_array_equal(one.offsets, other.offsets)


@pytest.mark.parametrize("name", ["bfs", "insertion_sort", "sparse_bfs"])
@pytest.mark.parametrize(("split", "size", "count"), [("train", 6, 50), ("val", 8, 8), ("test_n20", 20, 5)])
def test_what_is_read_is_what_is_drawn(source: Source, name: str, split: str, size: int, count: int) -> None:
    """Outputs-only splits too, whose hints are made by running the algorithm."""
    seeds = {"train": ("train", name), "val": ("validate", name), "test_n20": ("evaluate", 0, size)}
    drawn = generate(algorithm(name), size, count, derive_seed(*seeds[split]))
    assert_rows(source.read(algorithm(name), name, split, size), drawn)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.integers(0, 200), count=st.integers(1, 60))
@pytest.mark.parametrize("name", ["insertion_sort", "sparse_bfs"])
def test_a_streamed_batch_is_those_rows_of_the_stream_however_it_is_cut(
    source: Source, name: str, start: int, count: int
) -> None:
    part = StreamedPart(source, algorithm(name), name, "train", 6, seed=3)
    singles = [part.batch(row, 1) for row in range(start, start + count)]
    assert_rows(part.batch(start, count), joined(singles))


def test_every_row_comes_once_in_each_epoch_and_epochs_differ(source: Source) -> None:
    part = StreamedPart(source, algorithm("insertion_sort"), "insertion_sort", "train", 6, seed=3)
    epochs = [[tuple(row) for row in part.batch(e * 50, 50).inputs["key"].tolist()] for e in range(3)]
    assert all(set(epoch) == set(epochs[0]) and len(set(epoch)) == 50 for epoch in epochs)
    assert epochs[1] != epochs[0]
    assert epochs[2] != epochs[1]
    whole = source.read(algorithm("insertion_sort"), "insertion_sort", "train", 6)
    assert epochs[0] == [tuple(row) for row in whole.inputs["key"].tolist()]


def training(source: Source | None, streaming: bool = False, **options: object) -> TrainingData:
    config = TrainConfig(**{"batch": 8, "sizes": (6, 8), "validation_count": 8, **options})  # type: ignore[arg-type]
    reading = Reading(source, "insertion_sort", streaming) if source else None
    return TrainingData(nar_bench.algorithm("insertion_sort"), config, 5, {}, reading=reading)


def test_a_fixed_data_set_from_files_gives_each_step_the_same_batch_as_a_drawn_one(source: Source) -> None:
    read, drawn = training(source), training(None, count=50)
    for step in range(30):
        assert_rows(read.batch(step), drawn.batch(step))
    assert_rows(read.validation(), drawn.validation())
    assert_rows(training(source, count=20).batch(3), training(None, count=20).batch(3))


def test_a_resumed_stream_goes_on_with_the_same_rows(source: Source) -> None:
    whole = training(source, streaming=True)
    batches = [whole.batch(step) for step in range(40)]
    again = training(source, streaming=True)
    assert_rows(again.batch(39), batches[39])
    assert_rows(again.batch(2), batches[2])


def test_outputs_that_are_not_the_algorithms_are_refused(tmp_path: Path) -> None:
    built(tmp_path, BLUEPRINT, only=("insertion_sort",))
    path = sorted((tmp_path / "set/insertion_sort").glob("test_n20-*.parquet"))[0]
    table = pq.read_table(path)
    place = table.column_names.index("pred")
    turned = pa.array(table.column("pred").to_pylist()[::-1], table.schema.field("pred").type)
    pq.write_table(table.set_column(place, "pred", turned), path)
    with pytest.raises(DataSetError, match="output 'pred' is not what insertion_sort version 1 returns for its inputs"):
        folder_source(tmp_path / "set").read(algorithm("insertion_sort"), "insertion_sort", "test_n20")


def test_what_is_not_there_is_told(source: Source) -> None:
    with pytest.raises(UnknownName, match=r"config 'bsf' is not known. Did you mean 'bfs'"):
        source.files("bsf", "train")
    with pytest.raises(UnknownName, match=r"split 'test_n9' is not known. Did you mean 'test_n8'"):
        source.files("bfs", "test_n9")
    with pytest.raises(DataSetError, match="give one of its sizes, 6, 8"):
        source.files("bfs", "train")
    with pytest.raises(DataSetError, match="it has n = 6, 8, not 7"):
        source.files("bfs", "train", 7)
    with pytest.raises(DataSetError, match="config 'bfs' has trajectory of bfs version 1; trajectories of"):
        source.read(algorithm("insertion_sort"), "bfs", "val")
    reading = Reading(source, "bfs")
    assert reading.lacks({6: 0, 8: 50}, (8, 8), {8: 5}) == ""
    assert "train has 50 samples of n = 6; 51 are asked for" in reading.lacks({6: 51}, None, {})
    assert "split 'test_n64' is not known" in reading.lacks({6: 0}, None, {64: 5})


def test_the_public_function_reads_a_split(source: Source) -> None:
    batch = nar_bench.load_data(source.name, "insertion_sort", "test_n8")
    assert_rows(batch, source.read(algorithm("insertion_sort"), "insertion_sort", "test_n8"))
