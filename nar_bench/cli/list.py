"""`nar-bench list`: every registered component."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from nar_bench.cli.options import wide_console, with_plugins

if TYPE_CHECKING:
    from nar_bench.plugin.contracts import Kind


@click.command("list")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_plugins
def command(kind: str | None, as_json: bool) -> None:
    """Show what is registered.

    KIND is one of algorithms, processors, wrappers, similarities, "similar inputs", executors, observers, targets,
    learners, suites, "alignment suites", "data sets"; by default all.
    """
    from nar_bench.plugin.registry import registry

    entries = [entry for one in _kinds(kind) for entry in registry().entries(one)]
    if as_json:
        rows = [
            {
                "kind": str(entry.kind),
                "name": entry.name,
                "id": entry.id,
                "summary": entry.summary,
                "plugin": entry.source.name,
            }
            for entry in entries
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table("kind", "name", "what it is", "from", box=SIMPLE, pad_edge=False)
    before = ""
    for entry in entries:
        shown = "" if entry.kind == before else str(entry.kind)
        table.add_row(shown, entry.name, entry.summary, f"{entry.source.distribution} {entry.source.version}".strip())
        before = entry.kind
    wide_console().print(table)


def _kinds(name: str | None) -> list[Kind]:
    from nar_bench.errors import UnknownName
    from nar_bench.plugin.contracts import Kind

    if name is None:
        return list(Kind)
    plurals = {_plural(kind): kind for kind in Kind}
    wanted = name.replace("_", " ").replace("-", " ").lower()
    for plural, kind in plurals.items():
        if wanted in (plural, kind):
            return [kind]
    raise UnknownName("kind", name, plurals)


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
