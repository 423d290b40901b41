"""A progress bar of rows, with rate and size, on a terminal; nothing elsewhere but what begins."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

import click


class RowProgress:
    """Watches a build: called with what happens in it.

    Args:
        rows: how many are to be made; where inputs turn out to be shared, their files are made twice.
    """

    def __init__(self, rows: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._rows, self._bytes, self._total = 0, 0, rows
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[size]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stdout),
            transient=True,
        )
        self._shown = sys.stdout.isatty()
        self._task = self._bar.add_task("rows", total=rows, rate="", size="")

    def __enter__(self) -> RowProgress:
        if self._shown:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            self._bar.stop()

    def __call__(self, event: Any) -> None:
        """Take what happens: rows that were written, or a text."""
        if isinstance(event, str):
            if self._shown:
                self._bar.console.print(event)
            else:
                click.echo(event)
            return
        self._rows += event.rows
        self._bytes += event.bytes
        speed = self._bar.tasks[0].speed
        self._bar.update(
            self._task,
            completed=self._rows,
            rate=f"{speed:,.0f} rows/s" if speed else "",
            size=f"{self._bytes / 1e6:,.0f} MB of values",
            total=max(self._rows, self._total),
        )
