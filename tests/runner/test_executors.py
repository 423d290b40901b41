"""Running on workers: equal results, killed workers, time limits, Ctrl-C, full disks. Real processes, really killed."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from runner.results_of import results_of
from runner.test_suite import GOOD, plan_of

from nar_bench.errors import ExecutorError, Unsupported
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.progress import Silent
from nar_bench.runner.run import Prepared, run_prepared
from nar_bench.runner.trial import Event, failed_record

pytestmark = pytest.mark.timeout(900)
"""A new Ray worker imports torch anew, which takes long on a busy machine."""

COMMAND = str(Path(sys.executable).parent / "nar-bench")
TINY = GOOD.replace('"bfs", "insertion_sort"', '"bfs"').replace('"hints", "memory"', '"hints"')
VICTIM = """
import os, signal, time
from pathlib import Path
from nar_bench.plugin import hookimpl
from nar_bench.plugin.contracts import Processor
from nar_bench_processors.mpnn import Mpnn, MpnnConfig

FOLDER = Path(os.environ["VICTIM_FOLDER"])

class Victim(Mpnn):
    calls = 0
    def forward(self, *arguments):
        Victim.calls += 1
        if Victim.calls == 60:
            for number in range(int(os.environ["VICTIM_DEATHS"])):
                try:
                    (FOLDER / f"death {number}").touch(exist_ok=False)
                except FileExistsError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(*arguments)

class Endless(Mpnn):
    def forward(self, *arguments):
        (FOLDER / str(os.getpid())).touch()
        time.sleep(600)

@hookimpl
def register_processors(register):
    register("victim", Processor("victim", 1, "a test", MpnnConfig, Victim), "is killed")
    register("endless", Processor("endless", 1, "a test", MpnnConfig, Endless), "never comes back")
"""


class Heard(Silent):
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def phases(self, trial: str) -> list[str]:
        return [event.phase for event in self.events if event.trial.id == trial]


def run(prepared: Prepared, **options: Any) -> tuple[list[Record], Heard]:
    heard = Heard()
    return run_prepared(prepared, threads=1, make_reporter=lambda trials: heard, **options), heard


# Sharing a folder.


def test_a_trial_that_another_runner_is_at_is_left_to_it(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, TINY)
    held, *others = (one.trial.id for one in prepared.planned)
    with prepared.store.claim(held) as claim:
        assert claim is not None
        records, heard = run(prepared)
    assert {record.trial for record in records} == set(others)
    assert heard.phases(held) == ["elsewhere"]
    assert not prepared.store.record_path(held).exists()
    assert [record.trial for record in run(plan_of(tmp_path, TINY))[0]] == [held]


def test_what_another_runner_has_done_since_the_plan_is_not_done_again(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, TINY)
    records, _ = run(plan_of(tmp_path, TINY))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "records").iterdir()}
    again, heard = run(prepared)
    assert again == []
    assert [event.record for event in heard.events] == records
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "records").iterdir()} == before


def test_of_two_runners_that_retry_what_failed_one_does(tmp_path: Path) -> None:
    first = plan_of(tmp_path, TINY)
    for one in first.planned:
        first.store.write(failed_record(one.trial, ValueError("once"), "2026-01-01T00:00:00Z", "cpu", 1))
    one, other = plan_of(tmp_path, TINY), plan_of(tmp_path, TINY)
    assert {planned.state for planned in one.planned} == {"failed before"}
    assert run(one)[0] == []
    assert [record.state for record in run(one, retry_failed=True)[0]] == ["done"] * 4
    assert run(other, retry_failed=True)[0] == []


def test_a_failed_record_has_the_traceback_of_its_error(tmp_path: Path) -> None:
    trial = plan_of(tmp_path, TINY).planned[0].trial
    try:
        raise ZeroDivisionError("odd")
    except ZeroDivisionError as error:
        record = failed_record(trial, error, "2026-01-01T00:00:00Z", "cpu", 1)
    assert record.error is not None
    assert (record.error.type, record.error.message) == ("ZeroDivisionError", "ZeroDivisionError: odd")
    assert 'raise ZeroDivisionError("odd")' in record.error.traceback


def test_half_written_checkpoints_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, TINY)
    left = prepared.store.checkpoint(prepared.planned[0].trial.id)
    left.parent.mkdir(parents=True)
    (left.parent / f".{left.name}.abcdefgh").write_bytes(b"half")
    (left.parent / ".ffffffffffffffff.pt.abcdefgh").write_bytes(b"another's")
    run(prepared)
    assert [path.name for path in left.parent.iterdir()] == [".ffffffffffffffff.pt.abcdefgh"]


@pytest.mark.slow
def test_two_runners_share_a_folder_and_do_no_trial_twice(tmp_path: Path) -> None:
    text = TINY.replace("seeds = [0, 1]", "seeds = [0, 1, 2, 3, 4, 5]").replace("steps = 3", "steps = 40")
    run(plan_of(tmp_path, text))
    whole = results_of(tmp_path / "out")
    command = [COMMAND, "run", str(tmp_path / "small.toml"), "--out", str(tmp_path / "shared"), "--threads", "1"]
    runners = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = [runner.communicate(timeout=600)[0].splitlines() for runner in runners]
    assert [runner.returncode for runner in runners] == [0, 0]
    begun = [[line.split("] ")[1] for line in one if line.endswith(": begins")] for one in lines]
    assert all(begun), "each did some"
    assert sorted(begun[0] + begun[1]) == sorted({*begun[0], *begun[1]})
    assert len(begun[0] + begun[1]) == len(whole) == 12
    assert results_of(tmp_path / "shared") == whole


# Executors.


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"workers": 2}, Unsupported, "it runs one trial at a time, not 2; --executor local has workers"),
        ({"time_limit": 5.0}, Unsupported, "cannot stop a trial whose time is over; --executor local can"),
        ({"options": ["cpus=2"]}, ExecutorError, "executor in_process.cpus: this key is not known"),
        ({"executor": "ray", "options": ["cpu=2"]}, ExecutorError, "executor ray.cpu: .*Did you mean 'cpus'"),
        ({"executor": "ray", "options": ["gpus=-1", "cpus='x'"]}, ExecutorError, "(?s)cpus: got 'x'.*gpus: at least 0"),
        ({"executor": "slurm", "options": ["cluster=pbs"]}, ExecutorError, "cluster: got 'pbs'; slurm or local"),
        ({"executor": "slurm", "options": ["cluster"]}, ExecutorError, "--option cluster: KEY=VALUE is needed"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    tmp_path: Path, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        run(plan_of(tmp_path, TINY), **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("executor", "library"), [("ray", "ray"), ("slurm", "submitit")])
def test_an_extra_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str, library: str
) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unsupported, match=rf"(?i){library} is not installed.*pip install 'nar-bench\[{executor}\]'"):
        run(plan_of(tmp_path, TINY), executor=executor)


def test_slurm_without_slurm_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="sbatch is not there; .*--option cluster=local"):
        run(plan_of(tmp_path, TINY), executor="slurm")


ELSEWHERE = [
    pytest.param({"executor": "local"}, id="local"),
    pytest.param({"executor": "slurm", "options": ["cluster=local"]}, id="slurm"),
    pytest.param({"executor": "ray"}, id="ray"),
]


@pytest.mark.slow
@pytest.mark.parametrize("options", ELSEWHERE)
def test_workers_give_the_results_of_one_process_bit_by_bit(tmp_path: Path, options: dict[str, Any]) -> None:
    text = GOOD.replace("steps = 3", "steps = 20").replace("seeds = [0, 1]", "seeds = [0]")
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    run(plan_of(tmp_path / "here", text))
    records, heard = run(plan_of(tmp_path / "there", text), workers=2, **options)
    assert results_of(tmp_path / "there" / "out") == results_of(tmp_path / "here" / "out")
    assert len(records) == 6
    for record in records:
        phases = heard.phases(record.trial)
        assert (phases[0], phases[-1]) == ("build", "end")
        assert {"train", "evaluate"} <= set(phases)


def start(
    tmp_path: Path, processor: str, *arguments: str, deaths: int = 0, steps: int = 100, hears: bool = True
) -> subprocess.Popen[str]:
    """Start a run of four trials of two processors, of which one does not behave.

    A shell has what it runs in the background ignore Ctrl-C; `hears` says whether this one does not.
    """
    (tmp_path / "deaths").mkdir(exist_ok=True)
    (tmp_path / "victim.py").write_text(VICTIM)
    text = TINY.replace('"memory_mpnn"', f'"{processor}"').replace(
        "steps = 3", f"steps = {steps}\ncheckpoint_every = 5"
    )
    (tmp_path / "small.toml").write_text(text)
    command = [COMMAND, "run", "small.toml", "--out", "out", "--plugin", "victim.py", *arguments]
    return subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "VICTIM_FOLDER": str(tmp_path / "deaths"), "VICTIM_DEATHS": str(deaths)},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL if hears else signal.SIG_IGN),
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=600)
    return process.returncode, output, errors


def option_words(options: dict[str, Any]) -> list[str]:
    extra = [word for option in options.get("options", ()) for word in ("--option", option)]
    return ["--executor", options["executor"], "--workers", "2", *extra]


@pytest.mark.slow
@pytest.mark.parametrize("options", ELSEWHERE)
def test_a_trial_whose_worker_is_killed_goes_on_from_its_checkpoint_to_equal_results(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    (tmp_path / "calm").mkdir()
    code, _, errors = finished(start(tmp_path / "calm", "victim", "--threads", "1"))
    assert code == 0, errors
    code, output, errors = finished(start(tmp_path, "victim", *option_words(options), deaths=1))
    assert code == 0, errors
    assert "before the work was done" in output
    assert "It will be tried again." in output
    assert len(list((tmp_path / "deaths").iterdir())) == 1
    good, _ = Store(tmp_path / "out").records()
    assert [record.training and record.training.resumed_from > 0 for record in good].count(True) == 1
    assert results_of(tmp_path / "out") == results_of(tmp_path / "calm" / "out")


@pytest.mark.slow
@pytest.mark.parametrize("options", ELSEWHERE)
def test_a_trial_that_kills_every_worker_is_a_failed_record_and_can_be_retried(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    words = option_words(options)
    code, output, errors = finished(start(tmp_path, "victim", *words, "--only", "victim", "--retries", "1", deaths=4))
    assert code == 1, output + errors
    assert "2 trials failed" in errors
    good, _ = Store(tmp_path / "out").records()
    assert [record.state for record in good] == ["failed", "failed"]
    for record in good:
        assert record.error is not None
        assert record.error.type == "WorkerDied"
        assert "It was the 2. worker that this trial lost." in record.error.message
    code, _, errors = finished(start(tmp_path, "victim", *words, "--only", "victim", "--retry", "failed", deaths=4))
    assert code == 0, errors
    good, _ = Store(tmp_path / "out").records()
    assert [record.training and record.training.resumed_from > 0 for record in good] == [True, True]


@pytest.mark.slow
@pytest.mark.parametrize("options", ELSEWHERE)
def test_a_time_limit_makes_a_failed_record_and_the_others_go_on(tmp_path: Path, options: dict[str, Any]) -> None:
    """Also where Ctrl-C is ignored, by which some jobs are cancelled."""
    words = [*option_words(options), "--time-limit", "45"]
    code, output, errors = finished(start(tmp_path, "endless", *words, steps=10, hears=False))
    assert code == 1, output + errors
    by_name = {(record.processor.name, record.seed): record for record in Store(tmp_path / "out").records()[0]}
    assert {key: record.state for key, record in by_name.items()} == {
        ("mpnn", 0): "done",
        ("mpnn", 1): "done",
        ("endless", 0): "failed",
        ("endless", 1): "failed",
    }
    failure = by_name["endless", 0].error
    assert failure is not None
    assert failure.type == "TimeLimitReached"
    assert "it was not done after 45 s, its time limit" in failure.message


def workers_of(tmp_path: Path, count: int) -> list[int]:
    """Wait until `count` workers are at the endless processor, and return them."""
    for _ in range(1200):
        if len(found := [int(path.name) for path in (tmp_path / "deaths").iterdir()]) == count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"only {found} began")


def wait_until_gone(pids: list[int]) -> None:
    for _ in range(300):
        if not any(map(alive, pids)):
            return
        time.sleep(0.1)
    raise AssertionError(f"{[pid for pid in pids if alive(pid)]} go on")


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def ended() -> Iterator[Callable[[subprocess.Popen[str]], subprocess.Popen[str]]]:
    """Whatever a test starts is gone when it ends."""
    started: list[subprocess.Popen[str]] = []

    def keep(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        started.append(process)
        return process

    yield keep
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [False, True], ids=["runner", "terminal"])
@pytest.mark.parametrize("options", ELSEWHERE)
def test_ctrl_c_stops_the_workers_too(tmp_path: Path, options: dict[str, Any], whole_group: bool, ended: Any) -> None:
    process = ended(start(tmp_path, "endless", *option_words(options), "--only", "endless"))
    pids = workers_of(tmp_path, 2)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)  # a terminal tells the whole group
    code, _, errors = finished(process)
    assert code == 130
    assert "interrupted; the same command continues" in errors
    wait_until_gone(pids)
    assert Store(tmp_path / "out").records()[0] == [] if (tmp_path / "out" / "records").is_dir() else True
    for planned in Path(tmp_path / "out" / "claims").glob("*.lock"):
        with Store(tmp_path / "out").claim(planned.stem) as claim:
            assert claim is not None


@pytest.mark.slow
def test_workers_end_with_a_runner_that_is_killed(tmp_path: Path, ended: Any) -> None:
    process = ended(start(tmp_path, "endless", "--executor", "local", "--workers", "2", "--only", "endless"))
    pids = workers_of(tmp_path, 2)
    process.kill()
    wait_until_gone(pids)


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["--executor", "local", "--workers", "2"]], ids=["in_process", "local"])
def test_a_disk_that_fills_loses_what_came_after_the_last_checkpoint(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "whole").mkdir()
    code, _, errors = finished(start(tmp_path / "whole", "memory_mpnn", "--threads", "1", steps=300))
    assert code == 0, errors
    process = start(tmp_path, "memory_mpnn", "--threads", "1", *words, steps=300)
    checkpoints = tmp_path / "out" / "checkpoints"
    while not list(checkpoints.glob("[0-9a-f]*.pt")):
        assert process.poll() is None
        time.sleep(0.01)
    for pid in (process.pid, *children_of(process.pid)):
        with contextlib.suppress(ProcessLookupError):  # a helper of Python's that has ended meanwhile
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (8192, 8192))  # room for a claim and none for a checkpoint
    code, output, errors = finished(process)
    assert code == 2, output + errors
    assert "error: cannot write" in errors
    assert "File too large. What was there before is unchanged" in errors
    assert list(checkpoints.glob("[0-9a-f]*.pt")), "the last checkpoint is there"
    code, output, errors = finished(start(tmp_path, "memory_mpnn", "--threads", "1", *words, steps=300))
    assert code == 0, errors
    resumed = [record.training.resumed_from for record in Store(tmp_path / "out").records()[0] if record.training]
    assert max(resumed) >= 5
    assert results_of(tmp_path / "out") == results_of(tmp_path / "whole" / "out")


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            found += [int(stat.parent.name), *children_of(int(stat.parent.name))]
    return found
