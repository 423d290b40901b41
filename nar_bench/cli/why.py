"""`nar-bench why`: why a record is not what its suite plans today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nar_bench.cli.options import wide_console, with_plugins

if TYPE_CHECKING:
    from nar_bench.results.store import Store
    from nar_bench.runner.staleness import Change


@click.command("why")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("trial")
@click.option("--suite", help="The suite, a name or a TOML file; by default the registered one that the record names.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="The overrides that it was run with; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_plugins
def command(folder: Path, trial: str, suite: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Say what makes the record of TRIAL (an id, or how it begins) in RUN stale: what its suite now plans instead."""
    import json

    from nar_bench.results.store import Store
    from nar_bench.runner.run import prepare
    from nar_bench.runner.staleness import staleness
    from nar_bench.runner.trial import trial_of

    store = Store(folder)
    record = store.read(whole_id(store, trial))
    assert record is not None  # its file has just been seen
    name = suite or record.suite.name
    planned = [one.trial for one in prepare(_known(name), folder, overrides).planned]
    found = staleness(trial_of(record), planned)
    if as_json:
        changes = [{"field": one.field, "before": one.before, "now": one.now} for one in found.changes]
        now = found.planned.id if found.planned else None
        click.echo(json.dumps({"trial": record.trial, "current": now == record.trial, "now": now, "changes": changes}))
        return
    label = trial_of(record).label
    if not found.changes or found.planned is None:
        click.echo(f"nothing: it is current ({record.trial}, {label}, is in the plan of {name})")
        return
    fields = ", ".join(one.field for one in found.changes)
    click.echo(f"{record.trial} ({label}) is stale by: {fields}")
    click.echo(f"nearest in today's plan of {name}: {found.planned.id} ({found.planned.label})")
    _print_changes(found.changes)
    took = sum(record.seconds.values())
    click.echo(f"running it anew: nar-bench run {name} --out {folder} (this record took {took:.0f} s)")


def _known(suite: str) -> str:
    """Return the suite if it is there, else say how to name it."""
    from nar_bench.errors import UnknownName
    from nar_bench.plugin.registry import registry
    from nar_bench.runner.suite import find_suite

    try:
        find_suite(suite, registry())
    except UnknownName as error:
        raise click.UsageError(f"{error} Name the record's suite: --suite FILE.") from None
    return suite


def whole_id(store: Store, start: str) -> str:
    """Return the id of the one record that begins so. Raises RecordError, StoreError."""
    from nar_bench.errors import RecordError

    if not store.records_folder.is_dir():
        raise store.is_none()
    found = sorted(path.stem for path in store.records_folder.glob("[!.]*.json") if path.stem.startswith(start))
    if len(found) == 1:
        return found[0]
    if not found:
        raise RecordError(
            f"{store.path} has no record of the trial {start}; nar-bench plan lists the trials of a suite."
        )
    raise RecordError(f"{len(found)} trials in {store.path} begin with {start}: {', '.join(found[:4])}...")


def _print_changes(changes: list[Change]) -> None:
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    table = Table("field", "record", "plan", box=SIMPLE, pad_edge=False)
    for one in changes:
        table.add_row(escape(one.field), escape(_told(one.before)), escape(_told(one.now)))
    wide_console().print(table)
    if any(one.field.endswith(".source") for one in changes):
        click.echo("source: a hash of the code of a component's module and of what it imports of its package")
    if [one.field for one in changes] == ["identity"]:
        click.echo("identity: nothing of the trial is another, so the framework's protocol is")


def _told(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
