"""Why a record is stale: the field that another plan has, by name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from runner.test_suite import GOOD, plan_of

from nar_bench.runner.definition import Trial
from nar_bench.runner.staleness import IDENTITY, staleness

TEXT = GOOD.replace('"mpnn", "memory_mpnn"', '"memory_mpnn"')


def trials(tmp_path: Path, text: str = TEXT) -> list[Trial]:
    return [one.trial for one in plan_of(tmp_path, text).planned]


def test_what_is_in_the_plan_is_current(tmp_path: Path) -> None:
    for one in trials(tmp_path):
        found = staleness(one, trials(tmp_path))
        assert (found.planned, found.changes) == (one, [])


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("steps = 3", "steps = 4", "train.steps"),
        ("hidden = 8", "hidden = 9", "model.hidden"),
        ("idea_size = 4", "idea_size = 5", "processor.idea_size"),
        ("count = 2", "count = 3", "evaluate.count"),
        ("p = [0.3, 0.5]", "p = 0.3", "algorithms.bfs.train_shift.p"),
        ('"cosine"', '"dot"', "similarity"),
        ("seeds = [0, 1]", "seeds = [2]", "seed"),
        ('"bfs", "insertion_sort"', '"dfs"', "algorithms"),
        ("steps = 3", "steps = 3\nprojection = 4", "train.projection"),
        ("[evaluate]", "[evaluate.points.dense]\np = 0.9\n[evaluate]", "algorithms.bfs.evaluate_points.dense.p"),
    ],
)
def test_the_field_that_changed_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    record = next(one for one in trials(tmp_path) if one.name == "bfs" and one.regime == "memory" and one.seed == 0)
    found = staleness(record, trials(tmp_path, TEXT.replace(old, new)))
    assert found.planned is not None
    assert field in [one.field for one in found.changes]
    same_kind = field not in ("similarity", "seed", "algorithms")
    assert not same_kind or [one.field for one in found.changes] == [field]
    assert not same_kind or (found.planned.name, found.planned.regime, found.planned.seed) == ("bfs", "memory", 0)


def test_components_are_named_with_their_version_and_source(tmp_path: Path) -> None:
    planned = trials(tmp_path)
    record = planned[0]
    algorithm = record.algorithms[0].model_copy(update={"version": 0})
    processor = record.processor.model_copy(update={"source_hash": "0" * 16})
    old = dataclasses.replace(record, id="0" * 16, algorithms=(algorithm,), processor=processor)
    found = staleness(old, planned)
    assert found.planned == record
    assert [(one.field, one.before, one.now) for one in found.changes] == [
        ("algorithms.bfs.version", 0, 1),
        ("processor.source", "0" * 16, record.processor.source_hash),
    ]


def test_options_that_a_record_is_older_than_are_what_is_now_their_default(tmp_path: Path) -> None:
    planned = trials(tmp_path)
    older = {key: value for key, value in planned[0].config["train"].items() if key not in ("projection", "accelerate")}
    config = {key: value for key, value in planned[0].config.items() if key != "contrast"} | {"train": older}
    found = staleness(dataclasses.replace(planned[0], id="0" * 16, config=config), planned)
    assert [one.field for one in found.changes] == [IDENTITY]


def test_an_empty_plan_has_nothing_to_compare_with(tmp_path: Path) -> None:
    found = staleness(trials(tmp_path)[0], [])
    assert (found.planned, found.changes) == (None, [])
