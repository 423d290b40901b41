"""`nar-bench status`, beside real runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from runner.test_suite import GOOD

from nar_bench.results.store import Store

COMMAND = str(Path(sys.executable).parent / "nar-bench")
ONE = GOOD.replace('regimes = ["hints", "memory"]', 'regimes = ["hints"]').replace(
    'processors = ["mpnn", "memory_mpnn"]', 'processors = ["mpnn"]'
)
LONG = ("--set", "train.steps=100000", "--set", "train.checkpoint_every=5", "--threads", "1")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(ONE)
    return file


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that is killed at the end of the block if it is still there then."""
    with subprocess.Popen(
        [COMMAND, "run", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Where this is a background job of a shell, Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def status(out: Path) -> dict[str, Any]:
    done = subprocess.run([COMMAND, "status", str(out), "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def shown(out: Path) -> str:
    return subprocess.run([COMMAND, "status", str(out)], capture_output=True, text=True, check=True).stdout


def status_where(out: Path, what: Any) -> dict[str, Any]:
    """Wait until the status is as asked for, and return it."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if (out / "records").is_dir() and what(found := status(out)):
            return found
        time.sleep(0.2)
    raise AssertionError(f"it never came to that; the last status: {status(out)}")


@pytest.mark.slow
def test_a_run_is_seen_from_another_process_and_after_it_was_killed(suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with running(suite, "--out", out, *LONG) as process:
        first = status_where(out, lambda found: found["running"] and found["running"][0]["step"] > 5)
        (trial,) = first["running"]
        assert (trial["algorithms"], trial["processor"], trial["how"], trial["seed"]) == ("bfs", "mpnn", "hints", 0)
        assert (trial["phase"], trial["steps"], trial["pid"]) == ("train", 100000, process.pid)
        assert trial["loss"] > 0
        assert trial["rate"] > 0
        assert trial["seconds_left"] > 0
        (command,) = first["commands"]
        assert (command["suite"], command["state"], command["pid"]) == ("small", "running", process.pid)
        assert (command["executor"], command["workers"], command["trials"]) == ("in_process", 1, 4)
        assert (first["done"], first["failed"], first["stopped"], first["waiting"]) == (0, [], [], 3)
        later = status_where(out, lambda found: found["running"][0]["step"] > trial["step"])
        assert later["running"][0]["trial"] == trial["trial"]
        text = shown(out)
        assert f"{out}: 0 done, 0 failed, 1 running, 3 waiting; " in text
        assert "to go at least (nothing is known of 3)" in text
        assert f"process {process.pid}" in text
        assert process.poll() is None, "watching does not end it"
        process.send_signal(signal.SIGKILL)
        process.wait()
    killed = status(out)
    assert killed["running"] == []
    assert [one["trial"] for one in killed["stopped"]] == [trial["trial"]]
    assert [one["state"] for one in killed["commands"]] == ["killed"]
    assert (killed["waiting"], killed["seconds_left"]) == (4, None)
    text = shown(out)
    assert "0 done, 0 failed, 0 running, 4 left" in text
    assert f"killed: bfs / mpnn / hints / seed 0, process {process.pid} on " in text
    assert "the same command takes it up" in text

    with running(suite, "--out", out, *LONG) as process:
        again = status_where(out, lambda found: found["running"] and found["running"][0]["step"])
        assert again["running"][0]["trial"] == trial["trial"]
        assert again["running"][0]["pid"] == process.pid
        assert again["running"][0]["step"] > trial["step"] - 5, "it goes on from its checkpoint"
        assert again["stopped"] == []
        assert [one["pid"] for one in again["commands"]] == [process.pid], "of the killed command nothing is left"


@pytest.mark.slow
def test_two_workers_are_seen_and_ctrl_c_is_told(suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with running(suite, "--out", out, *LONG, "--executor", "local", "--workers", "2") as process:
        found = status_where(out, lambda found: len([one for one in found["running"] if one["step"]]) == 2)
        pids = {one["pid"] for one in found["running"]}
        assert len(pids) == 2
        assert process.pid not in pids
        (command,) = found["commands"]
        assert (command["executor"], command["workers"], command["waiting"]) == ("local", 2, 2)
        (one_pid, other) = pids
        os.kill(one_pid, signal.SIGKILL)
        found = status_where(out, lambda found: {one["pid"] for one in found["running"]} - pids)
        assert other in {one["pid"] for one in found["running"]}, "the other went on"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    found = status(out)
    assert (found["running"], found["waiting"]) == ([], 4)
    assert [one["state"] for one in found["commands"]] == ["interrupted"]


def test_what_is_no_results_folder_is_said_to_be_none(tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, "status", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "is no results folder" in done.stderr
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing"


def test_a_failed_trial_is_told_with_its_error(suite: Path, tmp_path: Path) -> None:
    from made_records import record

    store = Store(tmp_path / "out")
    error = {"type": "ValueError", "message": "ValueError: odd\nmore", "traceback": ""}
    store.write(record(state="failed", error=error, scores=[]))
    store.write(record(number=2))
    text = shown(store.path)
    assert text.startswith(f"{store.path}: 1 done, 1 failed, 0 running, 0 left\n")
    assert "failed: bfs / mpnn / hints / seed 0: ValueError: odd\n" in text
