"""`nar-bench check`: the conformance kit."""

from __future__ import annotations

import json
import time

import click

from nar_bench.cli.options import with_plugins


@click.command("check")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Check every registered component.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_plugins
def command(names: tuple[str, ...], everything: bool, as_json: bool) -> int:
    """Put the components NAMES, of any kind, through the conformance kit. Exit code 1 if a check fails."""
    from nar_bench.conformance.kit import CHECKED, checks_for, find_components
    from nar_bench.errors import ConformanceError, PluginError
    from nar_bench.plugin.registry import registry

    if not names and not everything:
        raise click.UsageError("name the components to check, or give --all. What is there: nar-bench list")
    plugins = registry()
    entries = (
        [entry for entry in plugins.all_entries() if entry.kind in CHECKED]
        if everything
        else find_components(names, plugins)
    )
    rows = []
    for entry in entries:
        if not as_json:
            click.echo(click.style(f"{entry.kind} {entry.id}", bold=True))
        try:
            checks = checks_for(entry.kind, entry.load())
        except PluginError as error:
            rows.append(
                {
                    "kind": str(entry.kind),
                    "component": entry.id,
                    "check": "loads",
                    "ok": False,
                    "reason": str(error),
                    "measured": "",
                    "seconds": 0.0,
                }
            )
            if not as_json:
                click.echo(f"  {click.style('FAILED', fg='red')}  loads\n          {error}")
            continue
        for check in checks:
            start, reason, measured = time.perf_counter(), "", ""
            try:
                measured = check()
            except ConformanceError as error:
                reason = str(error.__cause__ or error)
            seconds = time.perf_counter() - start
            rows.append(
                {
                    "kind": str(entry.kind),
                    "component": entry.id,
                    "check": check.name,
                    "ok": not reason,
                    "reason": reason,
                    "measured": measured,
                    "seconds": round(seconds, 3),
                }
            )
            if not as_json:
                words = check.name.replace("_", " ")
                click.echo(
                    f"  {click.style('FAILED', fg='red')}  {words}\n          {reason}"
                    if reason
                    else f"  {click.style('ok', fg='green')}      {words}{': ' * bool(measured)}{measured}"
                )
    failed = sum(not row["ok"] for row in rows)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        click.echo(f"{len(rows) - failed} checks passed, {failed} failed")
    return 1 if failed else 0
