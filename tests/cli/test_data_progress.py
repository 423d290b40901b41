"""A build on a terminal shows rows, rate and size; elsewhere it says what begins and nothing else."""

from __future__ import annotations

import io
import re
import sys
import time

import pytest

from nar_bench.cli.data_progress import RowProgress
from nar_bench.data_sets.build import Written


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_rows_rate_and_size_are_shown_on_a_terminal_alone(kind: type[io.StringIO], monkeypatch) -> None:
    out = kind()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    with RowProgress(4_000) as progress:
        progress("2 files whose inputs are compared")
        for _ in range(3):
            progress(Written("bfs/train-00000-of-00001.parquet", 1_000, 5_000_000))
            time.sleep(0.15)  # the bar is drawn ten times a second
    shown = re.sub(r"\x1b\[[\d;?]*\w", "", out.getvalue())  # without colours
    assert "2 files whose inputs are compared" in shown
    bar = "3,000 of 4,000 rows" in shown, "rows/s" in shown, "15 MB of values" in shown
    assert bar == (out.isatty(),) * 3
