"""What a person sees of a run in which several trials go on at once."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from runner.test_suite import GOOD, plan_of

from nar_bench.runner.progress import reporter
from nar_bench.runner.trial import Event, failed_record
from nar_bench.training.progress import Progress


def events(tmp_path: Path) -> list[Event]:
    """Of two trials at once, one of which is tried again, and of two that others run."""
    first, second, third, fourth = (one.trial for one in plan_of(tmp_path, GOOD).planned[:4])
    record = failed_record(second, ValueError("odd"), "2026-01-01T00:00:00Z", "cpu", 1)
    at = Progress(1, 3, {"bfs": 0.5}, {}, 10.0)
    return [
        Event(first, "build"),
        Event(second, "build"),
        Event(first, "train", progress=at),
        Event(second, "evaluate", size=4),
        Event(first, "again", reason="its worker died."),
        Event(third, "elsewhere"),
        Event(first, "build"),
        Event(second, "end", record=record),
        Event(fourth, "elsewhere", record=record),
    ]


def shown(tmp_path: Path, terminal: bool) -> str:
    made = events(tmp_path)
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200, color_system=None)
    with reporter([event.trial for event in made[:4]], console) as report:
        for event in made:
            report(event)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_lines_number_the_trials_in_the_order_in_which_they_begin(tmp_path: Path) -> None:
    first, second, third, fourth = (event.trial.label for event in [*events(tmp_path)[:2], *events(tmp_path)[5::3]])
    assert shown(tmp_path, terminal=False).splitlines() == [
        f"[1/4] {first}: begins",
        f"[2/4] {second}: begins",
        f"[2/4] {second}: measuring n = 4",
        f"[1/4] {first}: its worker died. It will be tried again.",
        f"[3/4] {third}: another runner is at it",
        f"[1/4] {first}: begins",
        f"[2/4] {second}: failed: ValueError: odd",
        f"[4/4] {fourth}: another runner has done it: failed: ValueError: odd",
    ]


def test_bars_show_every_trial_that_runs(tmp_path: Path) -> None:
    text = shown(tmp_path, terminal=True)
    first, second = (event.trial.label for event in events(tmp_path)[:2])
    assert f"{first}  its worker died. It will be tried again." in text
    assert f"{second}  failed: ValueError: odd" in text
    last = text[text.rindex("trials ") :]
    assert "3/4" in last.splitlines()[0]
    assert last.splitlines()[1].strip().startswith(first)
    assert "building" in last.splitlines()[1]
