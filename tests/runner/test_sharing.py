"""Several processes that share the training of a trial: the losses of one, and errors when one is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nar_bench.errors import Unsupported, WorkerDied
from nar_bench.plugin.registry import registry
from nar_bench.results.record import Record
from nar_bench.runner import sharing
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.runner.sharing import shared, unshared_reason
from nar_bench.runner.trial import Event, run_trial
from nar_bench.training.sharing import Member

SUITE = """
name = "small"
version = 1
[[trials]]
algorithms = ["{algorithm}"]
processors = ["{processor}"]
regimes = ["{regime}"]
seeds = [0]
[model]
hidden = 8
layout = "{layout}"
[train]
steps = 6
batch = 8
sizes = [5, 9]
checkpoint_every = 4
[evaluate]
sizes = [6]
count = 4
"""


def suite(folder: Path, algorithm: str, processor: str, regime: str, layout: str = "dense", more: str = "") -> Path:
    file = folder / "small.toml"
    text = SUITE.format(algorithm=algorithm, processor=processor, regime=regime, layout=layout)
    file.write_text(text + more)
    return file


def run(file: Path, out: Path, processes: int, *overrides: str) -> Record:
    (record,) = run_prepared(prepare(file, out, overrides), processes=processes, threads=1)
    assert record.state == "done", record.error
    return record


# Runs of a batch have unlike lengths, so that the halves of a batch have unlike numbers of hints.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("algorithm", "processor", "regime", "layout", "processes"),
    [
        ("bfs", "mpnn", "hints", "dense", 2),
        ("sparse_bfs", "pgn", "decoded_only", "sparse", 2),
    ],
)
def test_two_processes_have_the_losses_of_one_to_a_millionth(
    tmp_path: Path, algorithm: str, processor: str, regime: str, layout: str, processes: int
) -> None:
    file = suite(tmp_path, algorithm, processor, regime, layout)
    alone, together = run(file, tmp_path / "one", 1), run(file, tmp_path / "more", processes)
    assert alone.trial == together.trial
    assert together.environment["device"] == f"cpu, {processes} processes"
    assert alone.training is not None
    assert together.training is not None
    for (step, one), (at, other) in zip(
        alone.training.losses[algorithm], together.training.losses[algorithm], strict=True
    ):
        assert step == at
        assert other == pytest.approx(one, rel=1e-6)


@pytest.mark.slow
def test_a_run_goes_on_from_its_checkpoint_with_more_processes(tmp_path: Path) -> None:
    file = suite(tmp_path, "bfs", "mpnn", "hints")
    whole = run(file, tmp_path / "whole", 1)
    prepared = prepare(file, tmp_path / "out")
    (one,) = prepared.todo()

    def stop(event: Event) -> None:
        if event.progress is not None and event.progress.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trial(one.trial, prepared.registry, prepared.store, stop, processes=2)
    resumed = run(file, tmp_path / "out", 2)
    assert resumed.training is not None
    assert whole.training is not None
    assert resumed.training.resumed_from == 4
    assert resumed.training.losses["bfs"] == [
        [step, pytest.approx(loss, rel=1e-6)] for step, loss in whole.training.losses["bfs"]
    ]


@pytest.mark.parametrize(
    ("algorithm", "processor", "regime", "more", "reason"),
    [
        ("bfs", "mpnn", "hints", "", ""),
        (
            "bfs",
            "mpnn",
            "hints",
            "[regime.forced]\nbase = 'hints'\nteacher_forcing = 0.5\n",
            "teacher forcing is drawn",
        ),
        ("insertion_sort", "mpnn", "hints", "", "noise on permutations is drawn for the whole batch"),
        ("bfs", "memory_mpnn", "memory", "", "inputs of a batch are compared with each other"),
    ],
)
def test_what_cannot_be_shared_is_said_before_anything_runs(
    tmp_path: Path, algorithm: str, processor: str, regime: str, more: str, reason: str
) -> None:
    if "forced" in more:
        regime = "forced"
    file = suite(tmp_path, algorithm, processor, regime, more=more)
    if regime == "memory":
        file.write_text(file.read_text().replace('regimes = ["memory"]', 'regimes = ["memory"]\nsimilarity = "dot"'))
    prepared = prepare(file, tmp_path / "out")
    (one,) = prepared.todo()
    said = unshared_reason(one.trial, 2, prepared.registry)
    assert reason in said
    assert bool(reason) == bool(said)
    if reason:
        with pytest.raises(Unsupported, match="--processes 2: nothing was run, since processes cannot share"):
            run_prepared(prepared, processes=2)


def test_processes_divide_the_batch(tmp_path: Path) -> None:
    (one,) = prepare(suite(tmp_path, "bfs", "mpnn", "hints"), tmp_path / "out").todo()
    assert unshared_reason(one.trial, 3, registry()) == "3 processes do not divide train.batch = 8"
    parts = [Member(rank, 4).rows(8) for rank in range(4)]
    assert [row for part in parts for row in part] == list(range(8))


def test_a_process_that_ends_before_it_begins_is_an_error_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = prepare(suite(tmp_path, "bfs", "mpnn", "hints"), tmp_path / "out")
    (one,) = prepared.todo()
    monkeypatch.setattr(sharing.sys, "executable", "/bin/false")
    with pytest.raises(WorkerDied, match="process 1 of those that share the training ended with exit code 1: it said"):
        with shared(one.trial, prepared.registry, prepared.store, "cpu", 1, 2):
            pass


KILLS = """
import os, signal, sys
from pathlib import Path
from nar_bench.runner import sharing
from nar_bench.runner.run import prepare, run_prepared

class Reporter:
    killed = False
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def say(self, text): pass
    def __call__(self, event):
        if event.progress is not None and event.progress.step >= 3 and not self.killed:  # not every step is told
            self.killed = True
            children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
            (other,) = map(int, children)
            os.kill(other, signal.SIGKILL)

prepared = prepare(sys.argv[1], sys.argv[2], ["train.steps=100000"])
(record,) = run_prepared(prepared, processes=2, threads=1, make_reporter=lambda trials: Reporter())
print(record.state, record.error.message)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
def test_a_process_that_is_killed_ends_the_trial_with_a_reason(tmp_path: Path) -> None:
    file = suite(tmp_path, "bfs", "mpnn", "hints")
    command = [sys.executable, "-c", KILLS, str(file), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ})
    assert "failed process 1 of those that share the training was killed by signal 9" in done.stdout, done.stderr
