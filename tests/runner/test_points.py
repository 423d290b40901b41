"""Named shift points: where a trial is measured besides the suite's own distribution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from runner.test_suite import GOOD, faults_of, plan_of

import nar_bench
from nar_bench.data.random import derive_seed
from nar_bench.results.record import Record
from nar_bench.results.summary import summarise
from nar_bench.runner.run import Prepared, run_prepared

POINTS = '[evaluate.points.dense]\np = 0.9\n[evaluate.points.grid]\nfamily = "grid"\npositions = "random"\n'
TEXT = GOOD.replace('"mpnn", "memory_mpnn"', '"mpnn"').replace('"hints", "memory"', '"hints"') + POINTS


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, dict[str, Record]]:
    text = TEXT.replace("seeds = [0, 1]", "seeds = [0]")
    prepared = plan_of(tmp_path_factory.mktemp("suite"), text)
    return prepared, {record.name: record for record in run_prepared(prepared, predictions=True)}


def test_an_algorithm_is_measured_at_each_point_of_which_it_has_all_axes(
    ran: tuple[Prepared, dict[str, Record]],
) -> None:
    measured = {name: {(one.point, one.size) for one in record.scores} for name, record in ran[1].items()}
    assert measured == {
        "bfs": {(point, size) for point in ("own", "dense", "grid") for size in (4, 6)},
        "insertion_sort": {("own", 4), ("own", 6)},
    }


def test_the_record_has_the_coordinates_of_each_point_on_every_axis(ran: tuple[Prepared, dict[str, Record]]) -> None:
    assert ran[1]["bfs"].points["bfs"] == {
        "own": {"p": 0.5, "family": "clrs30", "positions": "ordered"},
        "dense": {"p": 0.9, "family": "clrs30", "positions": "ordered"},
        "grid": {"p": 0.5, "family": "grid", "positions": "random"},
    }
    assert list(ran[1]["insertion_sort"].points["insertion_sort"]) == ["own"]


def test_tables_of_the_own_distribution_have_no_scores_of_others(ran: tuple[Prepared, dict[str, Record]]) -> None:
    record = ran[1]["bfs"]
    (line,) = summarise([record])
    own = [one.value for one in record.scores if (one.point, one.metric, one.size) == ("own", "score", 6)]
    assert line.values("score", 6) == own


def test_points_are_part_of_the_identity_and_none_are_not(tmp_path: Path) -> None:
    with_, without = (plan_of(tmp_path, text).planned for text in (TEXT, TEXT.replace(POINTS, "")))
    differ = {one.trial.name: one.trial.id != other.trial.id for one, other in zip(with_, without, strict=True)}
    assert differ == {"bfs": True, "insertion_sort": False}


def test_predictions_hold_every_answer_beside_the_truth_of_instances_that_can_be_drawn_again(
    ran: tuple[Prepared, dict[str, Record]],
) -> None:
    prepared, records = ran
    rows = pq.read_table(prepared.store.predictions(records["bfs"].trial)).to_pylist()
    assert len(rows) == 3 * 2 * 2
    batch = nar_bench.generate("bfs", 6, 2, derive_seed("evaluate", 0, 6), p=0.9)
    found = [row for row in rows if (row["point"], row["size"]) == ("dense", 6)]
    assert [row["instance"] for row in found] == [0, 1]
    assert np.array_equal([row["truth"] for row in found], batch.outputs["pi"])
    right = np.mean([np.equal(row["truth"], row["answer"]) for row in found])
    scores = {(one.point, one.size, one.metric): one.value for one in records["bfs"].scores}
    assert right == pytest.approx(scores["dense", 6, "score"])


def test_predictions_are_kept_on_request_alone(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, TEXT, only=["insertion_sort"])
    run_prepared(prepared)
    assert not (prepared.store.path / "predictions").exists()


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ("[evaluate]\npoints = 3", "evaluate.points: got 3; tables named after points are needed"),
        ("[evaluate.points.own]\np = 0.5", "evaluate.points.own: this is the name of the suite's own; take another"),
        ("[evaluate.points.x]", "evaluate.points.x: got {}; a table of shift axes is needed"),
        ("[evaluate.points.x]\nq = 1", "evaluate.points.x: no algorithm has all of its shift axes, 'q'."),
        (
            "[evaluate.points.x]\nfamilly = 'grid'",
            "evaluate.points.x: no algorithm has all of its shift axes, 'familly'. Did ",
        ),
        ("[evaluate.points.x]\np = 'much'", "evaluate.points.x.p: got 'much'; a number or a list of numbers is needed"),
        (
            "[evaluate.points.x]\nfamily = 'grit'",
            "evaluate.points.x.family: got 'grit'; one or several are needed of: clrs30, ",
        ),
        (
            "[evaluate.points.x]\nfamily = []",
            "evaluate.points.x.family: got []; one or several are needed of: clrs30, ",
        ),
    ],
)
def test_each_fault_of_points_is_named(tmp_path: Path, points: str, says: str) -> None:
    text = TEXT.replace(POINTS, "")
    text = text.replace("[evaluate]", points, 1) if points.startswith("[evaluate]") else text + points
    assert says in faults_of(tmp_path, text)


def test_the_training_has_no_points(tmp_path: Path) -> None:
    assert "train.points: this key is not known" in faults_of(tmp_path, TEXT + "[train.points.x]\np = 0.1\n")
