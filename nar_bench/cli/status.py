"""`nar-bench status`: how the work on a results folder stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nar_bench.cli.durations import duration

if TYPE_CHECKING:
    from nar_bench.runner.status import AtTrial, Command, Status

_FAILED_SHOWN = 10


@click.command("status")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: Path, as_json: bool) -> None:
    """Show what goes on in the results folder RUN: what runs where, how far it is, what failed and what is left.

    It reads what the runners write and disturbs none of them. To go on looking: watch nar-bench status RUN
    """
    import json

    from nar_bench.runner.status import status

    found = status(folder)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=1))
    else:
        print_status(found)


def print_status(found: Status) -> None:
    """Print it for a person."""
    counts = [f"{found.done} done", f"{len(found.failed)} failed", f"{len(found.running)} running"]
    busy = any(one.state == "running" for one in found.commands)
    counts.append(f"{found.waiting} {'waiting' if busy or found.running else 'left'}")
    click.echo(f"{found.folder}: {', '.join(counts)}{_time_left(found)}")
    for one in found.commands:
        click.echo(_command(one, found.at))
    if found.running:
        _print_running(found)
    for at in found.stopped:
        note = at.note
        click.echo(
            f"killed: {_label(at)}, {_where(at)}, {duration(found.at - note.told)} ago, {_stands(at)}; "
            "the same command takes it up"
        )
    for failed in found.failed[:_FAILED_SHOWN]:
        click.echo(f"failed: {failed.label}: {failed.error}")
    if len(found.failed) > _FAILED_SHOWN:
        click.echo(f"and {len(found.failed) - _FAILED_SHOWN} more; all of them: nar-bench results {found.folder}")
    if found.waiting and not busy and not found.running:
        click.echo("nothing runs; the same command as before goes on: nar-bench run ...")


def _time_left(found: Status) -> str:
    if found.seconds_left is None:
        return ""
    least = f" at least (nothing is known of {found.unknown})" if found.unknown else ""
    return f"; {duration(found.seconds_left)} to go{least}"


def _command(one: Command, at: float) -> str:
    note = one.note
    trials = sum(len(cell.trials) for cell in note.todo)
    process = f"process {note.process.pid} on {note.process.host}"
    many = f"{trials} trial{'s' * (trials != 1)}, {note.workers} at a time, executor {note.executor}"
    if one.state == "running":
        return f"{note.suite}: running for {duration(at - note.began)}, {process}: {many}"
    if note.ended is None:
        return f"{note.suite}: killed, {process}; it began {duration(at - note.began)} ago: {many}"
    return f"{note.suite}: {one.state}, {duration(at - note.ended)} ago, {process}: {many}"


def _print_running(found: Status) -> None:
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    from nar_bench.cli.options import wide_console

    columns = ("trial", "algorithm", "processor", "regime", "seed", "where", "for", "at", "loss", "examples/s", "left")
    table = Table(*columns, box=SIMPLE, pad_edge=False)
    for one in found.running:
        note = one.note
        table.add_row(
            note.trial,
            escape(note.algorithms),
            escape(note.processor),
            escape(note.how),
            str(note.seed),
            escape(_where(one)),
            duration(found.at - note.began),
            _stands(one),
            "-" if note.loss is None else f"{note.loss:.3g}",
            "-" if note.rate is None else f"{note.rate:.0f}",
            "-" if one.seconds_left is None else duration(one.seconds_left),
        )
    wide_console().print(table)


def _label(one: AtTrial) -> str:
    return f"{one.note.algorithms} / {one.note.processor} / {one.note.how} / seed {one.note.seed}"


def _where(one: AtTrial) -> str:
    return f"process {one.note.process.pid} on {one.note.process.host}"


def _stands(one: AtTrial) -> str:
    from nar_bench.results.record import OWN_POINT

    note = one.note
    if note.phase == "evaluate":
        return f"measuring n = {note.size}" + (f", {note.point}" if note.point not in ("", OWN_POINT) else "")
    return f"step {note.step} of {note.steps}" if note.step else "building"
