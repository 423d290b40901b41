"""Observers hear of every trial, and nothing that one of them does reaches a trial."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nar_bench_observers.tensorboard
import pytest
from made_records import record
from runner.results_of import results_of
from runner.test_suite import GOOD, plan_of

from nar_bench.errors import SuiteError, UnknownName, Unsupported
from nar_bench.plugin.execution import NoOptions
from nar_bench.plugin.observation import ObservedStep, ObservedTrial, Observer
from nar_bench.plugin.registry import Registry, registry
from nar_bench.results.store import Store
from nar_bench.runner import run as running
from nar_bench.runner.observers import Chosen, Observers, choose_observers
from nar_bench.runner.run import run_prepared
from nar_bench.runner.suite import load_suite
from nar_bench.runner.trial import Event
from nar_bench.training.progress import Progress

COMMAND = str(Path(sys.executable).parent / "nar-bench")
SMALL = GOOD.replace('["bfs", "insertion_sort"]', '["bfs"]').replace('["hints", "memory"]', '["hints"]')
ONE = SMALL.replace('["mpnn", "memory_mpnn"]', '["mpnn"]').replace("seeds = [0, 1]", "seeds = [0]")


class Heard:
    """Keeps what it is told, and fails where it is asked to."""

    def __init__(self, fails: str = "", hangs: str = "", error: BaseException | None = None) -> None:
        self.calls: list[str] = []
        self.steps: list[tuple[str, int]] = []
        self.free = threading.Event()
        self._fails, self._hangs, self._error = fails, hangs, error or ValueError("odd")

    def step(self, trial: ObservedTrial, step: ObservedStep) -> None:
        self.steps.append((trial.label, step.step))
        self._called("step")

    def end(self, trial: ObservedTrial, record: Any) -> None:
        self._called("end")

    def close(self) -> None:
        self._called("close")

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if what == self._fails:
            raise self._error
        if what == self._hangs:
            self.free.wait()


@pytest.fixture
def hanging() -> Iterator[Heard]:
    made = Heard(hangs="close")
    yield made
    made.free.set()


def observer(watcher: Any, name: str = "heard") -> Observer:
    return Observer(name, "a test", NoOptions, lambda config, folder: watcher)


def told_of(tmp_path: Path, *watchers: Any, steps: int = 3, close_seconds: float = 10.0) -> list[str]:
    """Tell of one trial, and return what the person who watches is told."""
    trial = plan_of(tmp_path, ONE).planned[0].trial
    said: list[str] = []
    chosen = [Chosen(observer(one, f"heard{i}"), NoOptions()) for i, one in enumerate(watchers)]
    with Observers(chosen, Store(tmp_path / "out"), said.append, close_seconds) as tell:
        tell(Event(trial, "build"))
        for step in range(1, steps + 1):
            tell(Event(trial, "train", progress=Progress(step, steps, {"bfs": 0.5}, {"bfs": {"pi": 0.25}}, 10.0)))
        tell(Event(trial, "end", record=record()))
    return said


def test_an_observer_hears_every_step_and_the_record_in_their_order(tmp_path: Path) -> None:
    heard = Heard()
    assert told_of(tmp_path, heard) == []
    assert heard.calls == ["step", "step", "step", "end", "close"]
    assert heard.steps == [("bfs / mpnn / hints / seed 0", step) for step in (1, 2, 3)]


@pytest.mark.parametrize("where", ["step", "end", "close"])
@pytest.mark.parametrize("error", [ValueError("odd"), SystemExit(3), KeyboardInterrupt()])
def test_one_that_raises_is_told_no_more_and_the_other_hears_all(
    tmp_path: Path, where: str, error: BaseException
) -> None:
    broken, healthy = Heard(fails=where, error=error), Heard()
    (sentence,) = told_of(tmp_path, broken, healthy)
    assert sentence.startswith("observer heard0 failed and is told nothing more; the trials go on: ")
    assert broken.calls[-1] == where
    assert broken.calls.count(where) == 1
    assert healthy.calls == ["step", "step", "step", "end", "close"]


def test_one_that_hangs_at_the_end_is_left_behind(tmp_path: Path, hanging: Heard) -> None:
    start = time.monotonic()
    said = told_of(tmp_path, hanging, close_seconds=0.2)
    assert said == ["observer heard0 was not done 0.2 s after the run, and is left behind."]
    assert time.monotonic() - start < 5


def test_one_that_cannot_keep_up_misses_steps_and_hears_the_record(tmp_path: Path) -> None:
    slow = Heard(hangs="step")
    threading.Timer(1.0, slow.free.set).start()
    start = time.monotonic()
    assert told_of(tmp_path, slow, steps=3000) == []
    assert slow.free.is_set()
    assert 1000 <= len(slow.steps) <= 1010, "as many as wait, and those that were taken meanwhile"
    assert slow.calls[-2:] == ["end", "close"]
    assert time.monotonic() - start < 30


def test_one_that_cannot_be_built_is_one_that_failed(tmp_path: Path) -> None:
    def build(config: Any, folder: Path) -> Any:
        raise OSError("no space")

    trial = plan_of(tmp_path, ONE).planned[0].trial
    said: list[str] = []
    chosen = [Chosen(Observer("broken", "a test", NoOptions, build), NoOptions())]
    with Observers(chosen, Store(tmp_path), said.append) as tell:
        tell(Event(trial, "end", record=record()))
    assert said == ["observer broken failed and is told nothing more; the trials go on: OSError: no space"]


def choose(tmp_path: Path, text: str, *asked: str, say: Any = None, plugins: Registry | None = None) -> list[Chosen]:
    file = tmp_path / "small.toml"
    file.write_text(text)
    return choose_observers(load_suite(file), plugins or registry(), asked, say or pytest.fail)


NAMED = ONE.replace("version = 1", 'version = 1\nobservers = ["tensorboard"]')


def test_a_suite_names_observers_and_their_options(tmp_path: Path) -> None:
    (one,) = choose(tmp_path, NAMED + "[observer.tensorboard]\nflush_seconds = 3\n", "tensorboard")
    assert (one.observer.name, one.config.flush_seconds) == ("tensorboard", 3)
    assert choose(tmp_path, ONE) == []


def test_wrong_names_and_options_are_errors_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="observer 'tensorbord' is not known. Did you mean 'tensorboard'"):
        choose(tmp_path, ONE, "tensorbord")
    with pytest.raises(UnknownName, match="observer: observer 'tensorbord' is not known"):
        choose(tmp_path, ONE + "[observer.tensorbord]\nx = 1\n")
    with pytest.raises(SuiteError, match=r"observer.tensorboard.flush_seconds: at least 1 is needed"):
        choose(tmp_path, NAMED + "[observer.tensorboard]\nflush_seconds = 0\n")
    with pytest.raises(SuiteError, match="Did you mean 'flush_seconds'"):
        choose(tmp_path, NAMED + "[observer.tensorboard]\nflush_second = 2\n")


def test_a_missing_extra_is_an_error_where_it_was_asked_for_and_a_sentence_where_a_suite_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nar_bench_observers.tensorboard.importlib.util, "find_spec", lambda name: None)
    missing = r'observer tensorboard: TensorBoard is not installed; pip install "nar-bench\[tensorboard\]"'
    with pytest.raises(Unsupported, match=missing):
        choose(tmp_path, ONE, "tensorboard")
    said: list[str] = []
    assert choose(tmp_path, NAMED, say=said.append) == []
    assert said == [
        'observer tensorboard: TensorBoard is not installed; pip install "nar-bench[tensorboard]". '
        "The trials run without it."
    ]


def test_observers_are_no_part_of_a_trial(tmp_path: Path) -> None:
    """Neither of its identity nor of its record, whatever they do; here one of them raises."""
    whole = plan_of(tmp_path, ONE)
    run_prepared(whole, threads=1)
    (tmp_path / "watched").mkdir()
    watched = plan_of(tmp_path / "watched", NAMED)
    assert [one.trial.id for one in watched.planned] == [one.trial.id for one in whole.planned]
    with pytest.MonkeyPatch.context() as patch:
        broken = Chosen(observer(Heard(fails="step")), NoOptions())
        chosen = running.choose_observers
        patch.setattr(running, "choose_observers", lambda *given: [*chosen(*given), broken])
        run_prepared(watched, threads=1)
    assert results_of(watched.store.path) == results_of(whole.store.path)
    assert list((watched.store.path / "observers").iterdir()) == [watched.store.observer("tensorboard")]


def test_tensorboard_shows_the_curves_and_scores_of_a_trial(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    prepared = plan_of(tmp_path, ONE)
    (made,) = run_prepared(prepared, threads=1, observers=["tensorboard"])
    (folder,) = prepared.store.observer("tensorboard").iterdir()
    assert folder.name == f"bfs_mpnn_hints_seed_0_{made.trial}"
    shown = EventAccumulator(str(folder)).Reload()
    assert made.training is not None
    steps = shown.Scalars("train/loss/bfs")
    assert steps[-1].step == 3
    assert {one.step for one in steps} <= {1, 2, 3}
    scores = {score.size: score.value for score in made.scores if score.metric == "score"}
    assert {one.step: one.value for one in shown.Scalars("size/score/bfs")} == pytest.approx(scores)
    assert "_hparams_/session_start_info" in shown.summary_metadata


FILE = """
import time
from nar_bench.plugin import hookimpl
from nar_bench.plugin.execution import NoOptions
from nar_bench.plugin.observation import Observer

class Watcher:
    def step(self, trial, step):
        pass
    def end(self, trial, record):
        raise RuntimeError("the tracker is down")
    def close(self):
        pass

class Hanging(Watcher):
    def end(self, trial, record):
        pass
    def close(self):
        time.sleep(1000)

@hookimpl
def register_observers(register):
    for name, watcher, reason in (
        ("raising", Watcher, ""), ("hanging", Hanging, ""), ("absent", Watcher, 'no tracker; pip install "tracker".')
    ):
        made = lambda config, folder, watcher=watcher: watcher()
        register(name, Observer(name, "a test", NoOptions, made, lambda config, reason=reason: reason), "for a test")
"""


@pytest.mark.slow
def test_a_command_with_broken_observers_does_all_its_trials_and_ends(tmp_path: Path) -> None:
    plugin, suite = tmp_path / "trackers.py", tmp_path / "small.toml"
    plugin.write_text(FILE)
    suite.write_text(ONE.replace("version = 1", 'version = 1\nobservers = ["absent"]'))
    told = {**os.environ}
    command = [COMMAND, "run", str(suite), "--plugin", str(plugin), "--out", str(tmp_path / "out")]
    asked = subprocess.run([*command, "--observer", "absent"], capture_output=True, text=True, env=told)
    assert asked.returncode == 2
    assert 'error: observer absent: no tracker; pip install "tracker".' in asked.stderr
    done = subprocess.run(
        [*command, "--observer", "raising", "--observer", "hanging"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert 'observer absent: no tracker; pip install "tracker". The trials run without it.' in lines
    failed = "observer raising failed and is told nothing more; the trials go on: RuntimeError: the tracker is down"
    assert failed in lines
    assert "observer hanging was not done 10 s after the run, and is left behind." in lines
    good, bad = Store(tmp_path / "out").records()
    assert ([one.state for one in good], bad) == (["done"], [])
