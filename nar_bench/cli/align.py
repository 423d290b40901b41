"""`nar-bench align`: estimate sample complexities, and the page that shows them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nar_bench.cli.options import wide_console, with_plugins

if TYPE_CHECKING:
    from nar_bench.alignment.plan import Planned
    from nar_bench.alignment.record import AlignmentRecord
    from nar_bench.alignment.run import Event


class _SuiteOrReport(click.Group):
    """A group whose one command is `report`; any other first word is a suite."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take the first word for a suite where it is no command."""
        if args and args[0] not in self.commands:
            return None, suite_command, args
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave options that stand before the suite to its command."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            raise click.UsageError("name the suite first: nar-bench align SUITE [OPTIONS]", ctx)
        return super().parse_args(ctx, args)


_HELP = """Estimate how many examples learners need.

\b
nar-bench align SUITE           make the estimates of a suite; run again to resume
nar-bench align SUITE --plan    show them, and what is there already
nar-bench align SUITE --help    all options
nar-bench align report FOLDER   write the page with figures

SUITE is a TOML file or a name: nar-bench list "alignment suites"
"""


@click.group(cls=_SuiteOrReport, no_args_is_help=True, help=_HELP)
def command() -> None:
    """Hold the commands."""


@click.command("suite")
@click.argument("suite")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the estimates; by default runs/SUITE.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the suite; may be repeated."
)
@click.option("--plan", "plan_only", is_flag=True, help="Show what there is to do, and do nothing.")
@click.option("--retry", type=click.Choice(["failed"]), help="Make estimates again that failed before.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads within one operation; by default torch's choice.")
@with_plugins
def suite_command(
    suite: str, out: Path | None, overrides: tuple[str, ...], plan_only: bool, retry: str | None, threads: int | None
) -> int:
    """Make the estimates of SUITE (a name or a TOML file). Running it again resumes it: finished runs are kept.

    Several processes may share a folder; none makes an estimate that another is at.
    """
    from nar_bench.alignment.run import prepare, run_prepared

    prepared = prepare(suite, out, overrides)
    todo = prepared.todo(retry_failed=retry == "failed")
    if plan_only:
        _print_plan(prepared.planned)
        click.echo(f"{len(todo)} of {len(prepared.planned)} estimates to make; folder: {prepared.store.path}")
        return 0
    click.echo(
        f"{prepared.source.suite.name}: {len(todo)} of {len(prepared.planned)} estimates to make, "
        f"results in {prepared.store.path}"
    )
    for one in prepared.planned:
        if one.state in ("skipped", "failed before"):
            click.echo(f"  {one.state} {one.estimate.label}: {one.reason.splitlines()[-1]}")
    try:
        made = run_prepared(prepared, _Lines(len(todo)), retry_failed=retry == "failed", threads=threads)
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on from the last finished run", err=True)
        return 130
    records, problems = prepared.store.records()
    for problem in problems:
        click.echo(f"warning: {problem}", err=True)
    wanted = {one.estimate.id for one in prepared.planned}
    _print_records([record for record in records if record.estimate in wanted])
    click.echo(f"page: nar-bench align report {prepared.store.path}")
    failed = [record for record in made if record.state == "failed"]
    if failed:
        click.echo(f"{len(failed)} estimates failed; see {prepared.store.estimates}", err=True)
    return 1 if failed else 0


@command.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The page; by default FOLDER/alignment/index.html.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON instead of writing a page.")
def report_command(folder: Path, out: Path | None, as_json: bool) -> None:
    """Write a page of the estimates in FOLDER: figures, exponents, alignments and the board. It needs no network."""
    from nar_bench.alignment.report import to_json, write_page
    from nar_bench.alignment.store import AlignmentStore
    from nar_bench.alignment.study import study

    store = AlignmentStore(folder)
    records, problems = store.records()
    for problem in problems:
        click.echo(f"warning: {problem}", err=True)
    made = study(records)
    if as_json:
        click.echo(to_json(made))
    else:
        click.echo(write_page(made, out or store.page))


class _Lines:
    """A line when an estimate begins and ends, and now and then in between."""

    def __init__(self, total: int) -> None:
        self._total, self._number, self._last = total, 0, 0.0

    def __call__(self, event: Event) -> None:
        if event.phase in ("begin", "elsewhere"):
            self._number += 1
        told = self._told(event)
        if event.phase == "run" and time.monotonic() - self._last < 10:
            return
        self._last = time.monotonic()
        click.echo(f"[{self._number}/{self._total}] {event.estimate.label}: {told}")
        sys.stdout.flush()

    def _told(self, event: Event) -> str:
        if event.phase == "begin":
            return f"begins, {event.count} runs are there" if event.count else "begins"
        if event.phase == "elsewhere":
            return "another process is at it or has made it"
        if event.record is not None:
            return f"{_complexity(event.record)}  ({len(event.record.runs)} runs, {event.record.seconds:.0f} s)"
        assert event.run is not None
        outcome = "diverged" if event.run.judgement is None else "learned" if event.run.success else "not learned"
        return f"run {event.count}, M = {event.run.m}: {outcome}"


def _complexity(record: AlignmentRecord) -> str:
    from nar_bench.alignment.study import told

    return told(record)


def _table(*columns: str) -> Any:
    from rich.box import SIMPLE
    from rich.table import Table

    return Table(*columns, box=SIMPLE, pad_edge=False)


def _print_plan(planned: list[Planned]) -> None:
    from rich.markup import escape

    table = _table("estimate", "what is asked", "state")
    for one in planned:
        told = f": {escape(one.reason.splitlines()[-1])}" if one.reason else ""
        table.add_row(one.estimate.id, escape(one.estimate.label), f"{one.state}{told}")
    wide_console().print(table)


def _print_records(records: list[AlignmentRecord]) -> None:
    from nar_bench.alignment.study import in_order

    table = _table("learned", "by", "n", "eps", "delta", "samples needed", "runs")
    for record in in_order(records):
        asked = record.question
        how = asked.learner.name + (f" / {asked.regime}" if asked.regime else "")
        eps = "-" if asked.eps is None else f"{asked.eps:g}"
        table.add_row(
            asked.what.name, how, str(asked.size), eps, f"{asked.delta:g}", _complexity(record), str(len(record.runs))
        )
    wide_console().print(table)
