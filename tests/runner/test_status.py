"""How the work on a folder stands, by notes of which nobody keeps up the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from made_records import record

from nar_bench.results.activity import (
    Cell,
    CommandNote,
    TrialNote,
    announced,
    command_notes,
    trial_notes,
    write_note,
)
from nar_bench.results.processes import this_process
from nar_bench.results.store import Store
from nar_bench.runner.costs import cost_key
from nar_bench.runner.status import status

FIRST, SECOND = (record(number=number).trial for number in (1, 2))


def note(trial: str = FIRST, **changes: object) -> TrialNote:
    """Of this process, halfway through 100 steps at two steps a second."""
    now = time.time()
    made = TrialNote(
        trial, "bfs", "mpnn", "hints", 0, cost_key(record()), this_process(), now - 30, now, "train", 50, 100
    )
    return replace(made, **{"first": (10, now - 20), "loss": 0.5, "rate": 4.0, **changes})  # type: ignore[arg-type]


def command(*trials: str, **changes: object) -> CommandNote:
    cells = [Cell(cost_key(record()), 10, list(trials))]
    made = CommandNote("c" * 16, "small", this_process(), "local", 2, "cpu", time.time() - 60, cells)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "out")
    made.records_folder.mkdir(parents=True)
    return made


def test_a_note_comes_back_as_it_was_written(store: Store) -> None:
    made_of_trials = [note(), note(SECOND, first=None, phase="build")]
    for one in made_of_trials:
        write_note(store, one)
    assert trial_notes(store) == made_of_trials
    made = command(FIRST, SECOND)
    write_note(store, made)
    assert command_notes(store) == [made]


def test_time_left_is_told_by_the_pace_of_this_process(store: Store) -> None:
    write_note(store, note())
    (one,) = status(store.path).running
    # 40 steps took 20 s, and 50 are left; nothing is known of the evaluation.
    assert one.seconds_left == pytest.approx(25, abs=2)


def test_what_earlier_trials_cost_is_part_of_the_time_left(store: Store) -> None:
    training = {"steps": 10, "examples": 20, "sizes": {"bfs": [4]}, "losses": {}, "validation": {}, "selected": 10}
    seconds = {"build": 1.0, "train": 30.0, "evaluate": 7.0}
    store.write(record(number=9, seconds=seconds, training={**training, "resumed_from": 0}))
    write_note(store, note())
    write_note(store, command(FIRST, SECOND))
    found = status(store.path)
    assert found.running[0].seconds_left == pytest.approx(25 + 8, abs=2)
    # One of two workers has nothing to do after the second trial, of 10 steps at 3 s and 8 s beside.
    assert found.seconds_left == pytest.approx(max((33 + 38) / 2, 38), abs=2)
    assert (found.done, found.waiting, found.unknown) == (1, 1, 0)


def test_a_process_that_is_gone_or_another_by_its_number_is_not_running(store: Store) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    here = this_process()
    write_note(store, note(process=replace(here, pid=ended.pid)))
    write_note(store, note(SECOND, process=replace(here, start=here.start + 1)))
    found = status(store.path)
    assert found.running == []
    assert [one.note.trial for one in found.stopped] == [FIRST, SECOND]
    assert found.waiting == 2


def test_a_process_that_was_killed_and_not_waited_for_is_not_running(store: Store) -> None:
    process = subprocess.Popen(["sleep", "100"])
    made = replace(this_process(), pid=process.pid, start=0)
    write_note(store, note(process=made))
    assert len(status(store.path).running) == 1
    process.kill()
    until = time.monotonic() + 10
    while status(store.path).running and time.monotonic() < until:
        time.sleep(0.05)
    assert len(status(store.path).stopped) == 1
    process.wait()


@pytest.mark.parametrize(("age", "lives"), [(5.0, True), (300.0, False)])
def test_one_on_another_machine_lives_as_long_as_its_claim_is_touched(store: Store, age: float, lives: bool) -> None:
    write_note(store, note(process=replace(this_process(), host="elsewhere")))
    lease = store.claim_path(FIRST).with_suffix(".lease")
    lease.parent.mkdir()
    lease.touch()
    for path in (lease, store.activity / f"{FIRST}.json"):
        os.utime(path, (time.time() - age, time.time() - age))
    found = status(store.path)
    assert (len(found.running), len(found.stopped)) == ((1, 0) if lives else (0, 1))


def test_a_trial_that_is_done_is_not_running_and_a_failed_one_is_left_when_it_is_retried(store: Store) -> None:
    error = {"type": "ValueError", "message": "odd", "traceback": ""}
    for number in (1, 2):
        store.write(record(number=number, state="failed", error=error, scores=[]))
    write_note(store, command(FIRST, SECOND, began=time.time() + 1))
    write_note(store, note(began=time.time() + 1))
    found = status(store.path)
    assert [one.note.trial for one in found.running] == [FIRST]
    assert (found.failed, found.waiting) == ([], 1)
    for number in (1, 2):
        store.write(record(number=number))
    found = status(store.path)
    assert (found.done, found.failed, found.waiting, found.running) == (2, [], 0, [])


def test_what_is_no_note_is_passed_over(store: Store) -> None:
    write_note(store, note())
    for name, text in (("a", "{"), ("b", "[1]"), ("c", '{"trial": "x"}'), ("runs/d", '{"id": 1}')):
        (store.activity / "runs").mkdir(exist_ok=True)
        (store.activity / f"{name}.json").write_text(text)
    assert [one.note.trial for one in status(store.path).running] == [FIRST]


def test_a_command_says_how_it_ended_and_is_forgotten_when_the_next_begins(store: Store) -> None:
    def fail() -> None:
        with announced(store, command(FIRST)):
            assert [one.state for one in status(store.path).commands] == ["running"]
            raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        fail()
    (one,) = status(store.path).commands
    assert (one.state, one.waiting) == ("odd", 1)
    with announced(store, command(SECOND, id="d" * 16)):
        assert [one.note.id for one in status(store.path).commands] == ["d" * 16]
    assert list((store.path / "claims").iterdir()) == []


KILLED_AS_IT_BEGINS = """
import contextlib, os, sys, time
from pathlib import Path
from nar_bench.results import activity
from nar_bench.results.processes import this_process
from nar_bench.results.store import Store

claimed = activity.claimed

@contextlib.contextmanager
def claimed_and_killed(path):
    with claimed(path):
        os._exit(9)
    yield

activity.claimed = claimed_and_killed
note = activity.CommandNote("c" * 16, "small", this_process(), "local", 2, "cpu", time.time(), [])
with activity.announced(Store(Path(sys.argv[1])), note):
    pass
"""


def test_a_command_that_is_killed_as_it_begins_leaves_nothing_that_the_next_does_not_remove(store: Store) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_AS_IT_BEGINS, str(store.path)], check=False)
    assert killed.returncode == 9
    assert list((store.path / "claims").iterdir())
    with announced(store, command(SECOND, id="d" * 16)):
        pass
    assert list((store.path / "claims").iterdir()) == []


def test_notes_that_cannot_be_written_are_no_error(store: Store) -> None:
    store.activity.write_text("a file where a folder should be")
    write_note(store, note())
    assert status(store.path).running == []


def test_status_is_plain_data_with_times_that_people_read(store: Store) -> None:
    write_note(store, note())
    write_note(store, command(FIRST, SECOND))
    found = status(store.path).to_dict()
    assert found["running"][0]["began"].endswith("Z")
    assert found["running"][0]["pid"] == os.getpid()
    assert found["commands"][0]["trials"] == 2
