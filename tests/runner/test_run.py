"""Running: resumes, loses nothing, and a trial that fails is a record. Real processes, really killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runner.test_suite import GOOD

import nar_bench
from nar_bench.results.store import Store

COMMAND = str(Path(sys.executable).parent / "nar-bench")
TINY = GOOD.replace('regimes = ["hints", "memory"]', 'regimes = ["hints"]').replace(
    'processors = ["mpnn", "memory_mpnn"]', 'processors = ["mpnn"]'
)


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=240, env={**os.environ, **environment}
    )


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(text)
    return file


def scores(out: Path) -> dict[str, list[object]]:
    good, bad = Store(out).records()
    assert bad == []
    return {record.trial: [score.model_dump() for score in record.scores] for record in good}


def curves(out: Path) -> dict[str, object]:
    """Losses, validation scores and the step selected, of every trial."""
    found = {record.trial: record.training for record in Store(out).records()[0]}
    return {trial: one and (one.losses, one.validation, one.selected) for trial, one in found.items()}


def test_a_run_leaves_records_a_table_and_a_board_and_running_again_does_nothing(tmp_path: Path) -> None:
    suite, out = write(tmp_path, TINY), tmp_path / "out"
    done = command("run", suite, "--out", out, "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert "small: 4 of 4 trials to run" in done.stdout
    assert "[4/4] insertion_sort / mpnn / hints / seed 1: score n=4" in done.stdout
    assert f"board: {out / 'board' / 'index.html'}" in done.stdout
    assert "insertion_sort" in (out / "board" / "index.html").read_text()
    assert not list((out / "checkpoints").glob("*")) if (out / "checkpoints").exists() else True
    table = nar_bench.load_results(out).to_pylist()
    by_output = {f"{metric}/{name}" for metric in ("score", "micro_f1", "graph_mean_f1") for name in ("pi", "pred")}
    of_all = {"score", "exact_match", "validity", "chance", "chance_corrected"}
    of_hints = {
        f"hint/{hint.name}" for name in ("bfs", "insertion_sort") for hint in nar_bench.algorithm(name).spec.hints
    }
    assert {row["metric"] for row in table} == by_output | of_all | of_hints
    assert {row["size"] for row in table} == {4, 6}
    kept = {path.stem for path in (out / "weights").iterdir()}
    assert kept == {path.stem for path in (out / "records").iterdir()}
    before = {path: path.stat().st_mtime_ns for path in (out / "records").iterdir()}
    again = command("run", suite, "--out", out)
    assert again.returncode == 0
    assert "small: 0 of 4 trials to run" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in (out / "records").iterdir()} == before
    record = json.loads(next((out / "records").iterdir()).read_text())
    assert record["environment"]["threads"] == 1
    assert record["algorithms"][0]["distribution"] == "nar-bench"
    assert record["training"]["steps"] == 3


@pytest.mark.slow
@pytest.mark.parametrize("together", ["false", "true"])
def test_a_run_killed_again_and_again_ends_where_an_uninterrupted_one_does(tmp_path: Path, together: str) -> None:
    text = GOOD.replace("steps = 3", 'steps = 60\ncheckpoint_every = 5\nselect = "best"\nvalidate_every = 7')
    text = text.replace("seeds = [0, 1]", f"seeds = [0]\ntogether = {together}")
    suite = write(tmp_path, text)
    assert command("run", suite, "--out", tmp_path / "whole", "--threads", "1").returncode == 0
    for wait in (5.0, 5.5, 6.0, 6.5):
        process = subprocess.Popen(
            [COMMAND, "run", str(suite), "--out", str(tmp_path / "killed"), "--threads", "1"], stdout=subprocess.DEVNULL
        )
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert command("run", suite, "--out", tmp_path / "killed", "--threads", "1").returncode == 0
    assert scores(tmp_path / "killed") == scores(tmp_path / "whole")
    assert curves(tmp_path / "killed") == curves(tmp_path / "whole")


def test_a_damaged_record_is_run_again_and_nothing_else_is_touched(tmp_path: Path) -> None:
    suite, out = write(tmp_path, TINY), tmp_path / "out"
    nar_bench.run(suite, out=out)
    before = scores(out)
    victim, *others = sorted((out / "records").iterdir())
    kept = {path: path.read_bytes() for path in others}
    victim.write_text(victim.read_text()[:100])
    planned = command("plan", suite, "--out", out, "--json")
    states = {trial["trial"]: trial for trial in json.loads(planned.stdout)["trials"]}
    assert states[victim.stem]["state"] == "to do"
    assert "its record is damaged and will be replaced" in states[victim.stem]["reason"]
    nar_bench.run(suite, out=out)
    assert {path: path.read_bytes() for path in others} == kept
    assert scores(out) == before


BROKEN = """
from nar_bench.plugin import hookimpl
from nar_bench.plugin.contracts import Processor
from nar_bench_processors.mpnn import Mpnn, MpnnConfig

class Exploding(Mpnn):
    def forward(self, *arguments):
        raise RuntimeError("boom in a plugin")

EXPLODING = Processor("exploding", 1, "a test", MpnnConfig, Exploding)

@hookimpl
def register_processors(register):
    register("exploding", EXPLODING, "raises")
"""


@pytest.mark.slow
def test_a_plugin_that_raises_is_a_record_and_the_run_goes_on(tmp_path: Path) -> None:
    plugin = tmp_path / "my_plugin.py"
    plugin.write_text(BROKEN)
    suite = write(
        tmp_path,
        TINY.replace('processors = ["mpnn"]', 'processors = ["exploding", "mpnn"]').replace(
            "seeds = [0, 1]", "seeds = [0]"
        ),
    )
    out = tmp_path / "out"
    done = command("run", suite, "--out", out, "--plugin", plugin)
    assert done.returncode == 1
    assert "2 trials failed; see the tracebacks" in done.stderr
    assert "failed: bfs, exploding (hints), seed 0: RuntimeError: boom in a plugin" in done.stdout
    good, _ = Store(out).records()
    assert sorted(record.state for record in good) == ["done", "done", "failed", "failed"]
    failed = next(record for record in good if record.state == "failed")
    assert failed.error is not None
    assert "in forward" in failed.error.traceback
    assert "Failed trials" in (out / "board" / "index.html").read_text()
    again = command("run", suite, "--out", out, "--plugin", plugin)
    assert "0 of 4 trials to run" in again.stdout
    plugin.write_text(BROKEN.replace('raise RuntimeError("boom in a plugin")', "return super().forward(*arguments)"))
    retried = command("run", suite, "--out", out, "--plugin", plugin)
    assert retried.returncode == 0, "a mended plugin is another trial, so it runs without --retry failed"
    assert "2 of 4 trials to run" in retried.stdout


DEAF = """
import time
from nar_bench.plugin import hookimpl
from nar_bench.plugin.contracts import Processor
from nar_bench_processors.mpnn import Mpnn, MpnnConfig

class Deaf(Mpnn):
    heard = False
    def forward(self, *arguments):
        if not Deaf.heard:
            print("sleeps", flush=True)
            try:
                time.sleep(200)
            except BaseException:
                Deaf.heard = True
        return super().forward(*arguments)

@hookimpl
def register_processors(register):
    register("deaf", Processor("deaf", 1, "a test", MpnnConfig, Deaf), "swallows Ctrl-C")
"""


@pytest.mark.parametrize(("processor", "sign"), [("mpnn", "step"), ("deaf", "sleeps")])
def test_ctrl_c_ends_with_130_and_says_how_to_go_on(tmp_path: Path, processor: str, sign: str) -> None:
    suite = write(tmp_path, TINY.replace("steps = 3", "steps = 100000").replace('"mpnn"', f'"{processor}"'))
    plugin = tmp_path / "deaf_plugin.py"
    plugin.write_text(DEAF)
    process = subprocess.Popen(
        [COMMAND, "run", str(suite), "--out", str(tmp_path / "out"), "--plugin", str(plugin)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NAR_BENCH_IMPORT_LIMIT": "60"},  # a busy machine imports torch for longer than 5 s
        # A shell's background job ignores Ctrl-C, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    while sign not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted; the same command continues where this one stopped" in errors
    assert not list((tmp_path / "out" / "claims").glob("*.lease")), "it let go of its trial"


def test_a_folder_that_cannot_be_written_is_said_before_anything_runs(tmp_path: Path) -> None:
    suite = write(tmp_path, TINY)
    (tmp_path / "out").write_text("in the way")
    done = command("run", suite, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "error: cannot write" in done.stderr
    assert "begins" not in done.stdout


@pytest.mark.slow
def test_a_disk_that_fills_stops_the_run_and_keeps_what_is_there(tmp_path: Path) -> None:
    suite, out = write(tmp_path, TINY.replace("steps = 3", "steps = 3\ncheckpoint_every = 1")), tmp_path / "out"
    limited = f"ulimit -f 8; exec {COMMAND} run {suite} --out {out}"  # 8 KiB: room for a probe, none for a checkpoint
    done = subprocess.run(["bash", "-c", f"trap '' XFSZ; {limited}"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "error: cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert scores(out) == {}
    assert command("run", suite, "--out", out).returncode == 0
    assert len(scores(out)) == 4
