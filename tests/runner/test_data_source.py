"""A suite that reads a data set: the same results as one that draws the same samples."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from data_sets.small import built

from nar_bench.errors import SuiteError
from nar_bench.plugin.registry import registry
from nar_bench.runner.plan import State
from nar_bench.runner.run import prepare, run_prepared

BLUEPRINT = """
name = "rows"
version = 1
leaks = "report"
[[configs]]
algorithms = ["bfs", "insertion_sort"]
[configs.splits]
train = { size = [4, 6], count = 40 }
val = { size = 6, count = 8 }
test_n6 = { size = 6, count = 9 }
test_n9 = { size = 9, count = 9 }
[[configs]]
algorithms = ["bfs"]
families = ["grid"]
[configs.splits]
train = { size = [4, 6], count = 40 }
val = { size = 6, count = 8 }
test_n6 = { size = 6, count = 9 }
test_n9 = { size = 9, count = 9 }
"""

SUITE = """
name = "reading"
version = 1
[[trials]]
algorithms = ["bfs", "insertion_sort"]
processors = ["mpnn"]
regimes = ["hints"]
seeds = [0]
[model]
hidden = 8
[train]
steps = 12
batch = 4
sizes = [4, 6]
count = 40
distribution = "test"
select = "best"
validate_every = 6
validation_count = 8
[evaluate]
sizes = [6, 9]
count = 9
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    built(folder, BLUEPRINT)
    return folder / "set"


def prepared(tmp_path: Path, name: str, *overrides: str, suite: str = SUITE):
    (tmp_path / f"{name}.toml").write_text(suite)
    return prepare(tmp_path / f"{name}.toml", tmp_path / name, overrides)


def scores(run) -> dict[tuple[str, int, str], float]:
    records = run_prepared(run)
    assert [record.error for record in records] == [None] * len(records)
    return {(s.algorithm, s.size, s.metric): s.value for record in records for s in record.scores}


def test_results_are_those_of_drawn_samples_bit_by_bit(tmp_path: Path, data: Path) -> None:
    drawn = scores(prepared(tmp_path, "drawn"))
    read = scores(prepared(tmp_path, "read", f'data.source="{data}"'))
    assert read == drawn
    assert len(read) > 20


def test_the_identity_is_of_the_rows_and_not_of_the_place(tmp_path: Path, data: Path) -> None:
    shutil.copytree(data, tmp_path / "moved")
    one = prepared(tmp_path, "one", f'data.source="{data}"').planned
    other = prepared(tmp_path, "other", f'data.source="{tmp_path / "moved"}"').planned
    drawn = prepared(tmp_path, "drawn").planned
    whole = prepared(tmp_path, "whole", f'data.source="{data}"', "train.count=0").planned
    streamed = prepared(tmp_path, "streamed", f'data.source="{data}"', "data.streaming=true", "train.count=0").planned
    assert [p.trial.id for p in one] == [p.trial.id for p in other]
    assert not {p.trial.id for p in one} & {p.trial.id for p in drawn}
    assert not {p.trial.id for p in whole} & {p.trial.id for p in streamed}


def test_another_config_of_an_algorithm_can_be_read(tmp_path: Path, data: Path) -> None:
    run = prepared(tmp_path, "grid", f'data.source="{data}"', 'data.configs.bfs="bfs-grid"')
    trial = run.planned[0].trial
    assert trial.config["algorithms"]["bfs"]["data"]["config"] == "bfs-grid"
    assert trial.config["algorithms"]["bfs"]["evaluate_shift"]["family"] == "grid"


def test_what_the_data_set_lacks_is_skipped_with_the_reason(tmp_path: Path, data: Path) -> None:
    planned = prepared(tmp_path, "lacking", f'data.source="{data}"', "evaluate.sizes=[6,16]").planned
    assert {one.state for one in planned} == {State.SKIPPED}
    assert "split 'test_n16' is not known" in planned[0].reason
    planned = prepared(tmp_path, "more", f'data.source="{data}"', "train.count=41").planned
    assert "train has 40 samples of n = 4; 41 are asked for" in planned[0].reason


def test_a_count_that_streaming_would_ignore_is_told(tmp_path: Path, data: Path) -> None:
    options = (f'data.source="{data}"', "data.streaming=true")
    assert "train.count is 40; leave it out" in prepared(tmp_path, "counted", *options).planned[0].reason
    assert prepared(tmp_path, "all", *options, "train.count=0").planned[0].state is State.TODO


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (['data.source="/nowhere"'], "data.source: /nowhere is no finished data set"),
        (["data.streaming=true"], "data.source: this key is missing"),
        (['data.source="hub:a/b"'], "data.source: 'hub:a/b': a revision is needed"),
        (['data.sauce="x"'], "data.sauce: this key is not known. Did you mean 'source'?"),
    ],
)
def test_a_wrong_source_is_a_fault_of_the_suite(tmp_path: Path, overrides: list[str], says: str) -> None:
    with pytest.raises(SuiteError) as error:
        prepared(tmp_path, "wrong", *overrides)
    assert says in str(error.value)


def test_a_shift_that_would_be_ignored_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(SuiteError, match=r"train.shift: samples of data.source are as they are"):
        prepared(tmp_path, "shifted", f'data.source="{data}"', "train.shift.bfs.p=0.3")


def test_rows_that_changed_since_the_plan_are_not_trained_on(tmp_path: Path, data: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    run = prepared(tmp_path, "changed", f'data.source="{copy}"')
    shutil.rmtree(copy)
    built(tmp_path / "new", BLUEPRINT.replace("count = 9", "count = 10"))
    shutil.copytree(tmp_path / "new" / "set", copy)
    records = run_prepared(run)
    assert {record.state for record in records} == {"failed"}
    assert "has other rows than when this trial was planned" in records[0].error.message


def test_the_registry_knows_the_official_data_sets() -> None:
    from nar_bench.data_sets.blueprint import load_blueprint
    from nar_bench.plugin.contracts import Kind

    entries = registry().entries(Kind.DATA_SET)
    assert {entry.name for entry in entries} >= {"clrs30", "salsa"}
    for entry in entries:
        assert load_blueprint(entry.file()).name == entry.name
