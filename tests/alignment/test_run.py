"""Estimates are made, kept, resumed; a killed process loses the run that it was at and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from alignment.small import ALGORITHM, written

from nar_bench.alignment.plan import State
from nar_bench.alignment.record import SCHEMA_FILE, AlignmentRecord, RunLine, schema_text
from nar_bench.alignment.run import Event, prepare, run_prepared
from nar_bench.alignment.store import AlignmentStore
from nar_bench.errors import RecordError, StoreError


def outcomes(store: AlignmentStore) -> dict[str, object]:
    """Return what was found, without times."""
    records, problems = store.records()
    assert problems == []
    return {one.estimate: (one.result, [run.model_dump(exclude={"seconds"}) for run in one.runs]) for one in records}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> AlignmentStore:
    """A folder of a suite that has run."""
    folder = tmp_path_factory.mktemp("done")
    prepared = prepare(written(folder), folder / "out")
    run_prepared(prepared)
    return prepared.store


def test_records_fit_their_schema_and_are_read_back(done: AlignmentStore) -> None:
    schema = json.loads(SCHEMA_FILE.read_text())
    files = sorted(done.estimates.glob("*.json"))
    assert files
    for file in files:
        jsonschema.validate(json.loads(file.read_text()), schema)
        record = AlignmentRecord.from_json(file.read_bytes(), str(file))
        assert record.to_json() == file.read_text()
        assert record.environment["nar_bench"]


def test_the_schema_beside_the_code_is_that_of_the_code() -> None:
    """If it is not: python -m nar_bench.alignment.record"""
    assert SCHEMA_FILE.read_text() == schema_text()


def test_what_is_done_is_not_done_again(done: AlignmentStore) -> None:
    prepared = prepare(written(done.path.parent), done.path)
    assert {one.state for one in prepared.planned} == {State.DONE}
    assert run_prepared(prepared) == []


def test_an_interrupted_run_goes_on_to_the_same_outcome(done: AlignmentStore, tmp_path: Path) -> None:
    prepared = prepare(written(tmp_path), tmp_path / "out")
    seen = 0

    def interrupt(event: Event) -> None:
        nonlocal seen
        seen += event.phase == "run"
        if seen == 17:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_prepared(prepared, interrupt)
    again = prepare(written(tmp_path), tmp_path / "out")
    assert "from the runs that are there" in [one.reason for one in again.planned]
    run_prepared(again)
    assert outcomes(again.store) == outcomes(done)
    assert again.store.started() == set()


@pytest.mark.parametrize("left", [b'{"m":4,"numb', b'{"m":4,"number":0}\n{"m":8', b"\xff\xfe\n"])
def test_half_a_line_of_a_killed_process_is_cut_off(left: bytes, tmp_path: Path) -> None:
    store = AlignmentStore(tmp_path)
    line = RunLine(m=2, number=0, state="done", success=True, hits=3, count=4, close=False, seconds=0.5)
    store.add_run("e", line)
    with store.runs_path("e").open("ab") as file:
        file.write(left)
    assert store.runs("e") == [line]
    store.add_run("e", line)
    assert store.runs("e") == [line, line]


def test_a_damaged_record_is_told_and_replaced(done: AlignmentStore, tmp_path: Path) -> None:
    (tmp_path / "out" / "estimates").mkdir(parents=True)
    estimate = sorted(done.estimates.glob("*.json"))[0].stem
    (tmp_path / "out" / "estimates" / f"{estimate}.json").write_text('{"schema": 1}')
    prepared = prepare(written(tmp_path), tmp_path / "out")
    (damaged,) = (one for one in prepared.planned if one.estimate.id == estimate)
    assert damaged.state == State.TODO
    assert damaged.reason.startswith("its record is damaged and will be replaced")
    with pytest.raises(RecordError, match="estimate"):
        prepared.store.read(estimate)


def test_a_folder_that_cannot_be_written_fails_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    prepared = prepare(written(tmp_path), tmp_path / "out")
    with pytest.raises(StoreError, match="cannot write"):
        run_prepared(prepared, lambda event: pytest.fail("something ran"))


def test_a_folder_without_estimates_is_no_folder_of_estimates(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no estimates"):
        AlignmentStore(tmp_path).records()


def test_what_fails_is_a_record_that_can_be_retried(tmp_path: Path) -> None:
    text = written(tmp_path).read_text().replace("LinearRegression", "LinearRegresion").split("[[modules]]")[0]
    file = tmp_path / "small.toml"
    file.write_text(text + "[search]\nruns = 2\n")
    made = run_prepared(prepare(file, tmp_path / "out"))
    failed = [one for one in made if one.state == "failed"]
    assert len(failed) == 3
    assert failed[0].error is not None
    assert "Did you mean 'LinearRegression'" in failed[0].error.message
    again = prepare(file, tmp_path / "out")
    assert again.todo() == []
    assert len(again.todo(retry_failed=True)) == 3


@pytest.mark.slow
def test_whole_algorithms_are_learned_from_other_examples_in_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nar_bench.training import data

    drawn: list[tuple[int, int]] = []
    usual = data.generate

    def noted(algorithm: object, size: int, count: int, seed: int, **options: object) -> object:
        drawn.append((count, seed))
        return usual(algorithm, size, count, seed, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(data, "generate", noted)
    made = run_prepared(prepare(written(tmp_path, ALGORITHM), tmp_path / "out"))
    assert [one.state for one in made] == ["done", "done"]
    assert sorted(count for count, _ in drawn) == sorted(run.m for one in made for run in one.runs)
    assert len({seed for _, seed in drawn}) == len(drawn)
    assert all(run.count in (8, 16) for one in made for run in one.runs)


@pytest.mark.slow
def test_a_killed_process_loses_no_finished_run(done: AlignmentStore, tmp_path: Path) -> None:
    """A real process, killed at some point again and again until one gets to the end."""
    suite, out = written(tmp_path), tmp_path / "out"
    command = [
        sys.executable,
        "-c",
        "from nar_bench.cli.main import main; main()",
        "align",
        str(suite),
        "--out",
        str(out),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    killed, before = 0, 0
    for wait in (0.4, 1.2, 0.8):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()  # it has planned; the rest of the time it works
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        store = AlignmentStore(out)
        records = store.records()[0] if store.estimates.is_dir() else []
        finished = sum(len(one.runs) for one in records) + sum(len(store.runs(one)) for one in store.started())
        assert finished >= before
        before = finished
    assert killed > 0
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert outcomes(AlignmentStore(out)) == outcomes(done)
