"""What a trial that was trained again says: on the same kind of machine, and on another. Every number is invented."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from leaderboard.made_board import make_definition, record_of

from nar_bench.leaderboard.definition import Definition
from nar_bench.plugin.registry import registry
from nar_bench.results.record import Record
from nar_bench.verification import trials
from nar_bench.verification.trials import ELSEWHERE, OUTSIDE, SAME, WITHIN, Again, identity_faults, train_again

NAMES = ["bfs", "dijkstra", "mst_prim"]
RECORDS = [
    Record.model_validate(record_of(10 * i + seed + 1, "mine", name, seed, 0.8, random.Random(100 * i + seed)))
    for i, name in enumerate(NAMES)
    for seed in (0, 1, 2)
]


@pytest.fixture
def definition(tmp_path: Path) -> Definition:
    return make_definition(tmp_path, {"Graphs": NAMES}, [0, 1, 2])


def again(
    definition: Definition,
    monkeypatch: pytest.MonkeyPatch,
    shift: float,
    others: list[Record] = RECORDS[1:],
    **environment: Any,
) -> Again:
    """Train the first record again, with scores at n = 64 that are `shift` higher."""
    record = RECORDS[0]
    scores = [
        one.model_copy(update={"value": one.value + shift}) if (one.size, one.metric) == (64, "score") else one
        for one in record.scores
    ]
    made = record.model_copy(update={"scores": scores, "environment": {**record.environment, **environment}})
    monkeypatch.setattr(trials, "run_trial", lambda *arguments: made)
    return train_again(record, others, definition, registry(), Path("unused"), lambda event: None)


def test_equal_numbers_are_the_same_wherever_they_come_from(
    definition: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cpu in ("imaginary 1", "another"):
        assert again(definition, monkeypatch, 0.0, cpu=cpu) == Again(RECORDS[0].trial, SAME, ())


def test_other_numbers_on_the_same_kind_of_machine_are_no_accident(
    definition: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = again(definition, monkeypatch, 0.001)
    assert found.how == OUTSIDE
    assert "trained again, bfs came out at" in found.findings[0]


@pytest.mark.parametrize(("shift", "how"), [(0.01, WITHIN), (-0.02, WITHIN), (0.5, ELSEWHERE), (-0.5, ELSEWHERE)])
@pytest.mark.parametrize("other", [{"cpu": "another"}, {"torch": "3.0"}])
def test_elsewhere_it_has_to_be_as_near_as_two_seeds_are(
    definition: Definition, monkeypatch: pytest.MonkeyPatch, shift: float, how: str, other: dict[str, str]
) -> None:
    found = again(definition, monkeypatch, shift, **other)
    assert found.how == how
    assert bool(found.findings) == (how == ELSEWHERE)


def test_few_seeds_do_not_say_how_much_it_varies(definition: Definition, monkeypatch: pytest.MonkeyPatch) -> None:
    found = again(definition, monkeypatch, 0.001, others=RECORDS[1:3], cpu="another")
    assert found.how == ELSEWHERE
    assert "2 seeds do not say how much it varies" in found.findings[0]


def test_a_trial_that_fails_now_proves_nothing(definition: Definition, monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"type": "E", "message": "no memory", "traceback": ""}
    failed = Record.model_validate({**RECORDS[0].model_dump(by_alias=True), "state": "failed", "error": error})
    monkeypatch.setattr(trials, "run_trial", lambda *arguments: failed)
    found = train_again(RECORDS[0], [], definition, registry(), Path("unused"), lambda event: None)
    assert (found.how, "no memory" in found.findings[0]) == (ELSEWHERE, True)


def test_options_that_are_not_all_there_are_a_fault_and_no_crash() -> None:
    (fault,) = identity_faults(RECORDS[0])
    assert "its options cannot be read: 'accelerate'" in fault
