"""`nar-bench plugins`: every plugin with its status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from nar_bench.cli.options import plugin_option, wide_console


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--doctor", is_flag=True, help="Import every plugin and its components in a process of its own.")
@click.option("--limit", default=20.0, show_default=True, help="Seconds that --doctor gives each plugin.")
@plugin_option()
def command(as_json: bool, doctor: bool, limit: float, plugin_files: tuple[Path, ...]) -> int:
    """Show each plugin's distribution, version, status and, where it is not ok, the reason.

    With --doctor even a plugin that hangs or kills its process is a row, and the exit code is 1 if one is not ok.
    """
    from nar_bench.plugin.discovery import NO_FAULT

    rows = _examined(limit, plugin_files) if doctor else _registered(plugin_files)
    broken = [row for row in rows if row["status"] not in NO_FAULT]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        _print(rows)
        for row in broken if doctor else ():
            click.echo(_remedy(row))
    return 1 if doctor and broken else 0


def _registered(files: tuple[Path, ...]) -> list[dict[str, Any]]:
    from nar_bench.plugin.registry import registry

    for file in files:
        registry().add_file(file)

    return [
        {
            "plugin": row.source.name,
            "distribution": row.source.distribution,
            "version": row.source.version,
            "status": str(row.status),
            "components": row.components,
            "seconds": round(row.seconds, 3),
            "reason": row.reason,
        }
        for row in registry().rows
    ]


def _examined(limit: float, files: tuple[Path, ...]) -> list[dict[str, Any]]:
    # No plugin is imported here: this process has to survive what it examines.
    from concurrent.futures import ThreadPoolExecutor

    from nar_bench.plugin.discovery import file_source, installed_sources
    from nar_bench.plugin.doctor import examine

    sources = [*installed_sources(), *map(file_source, files)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(lambda source: examine(source, limit), sources))


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table("plugin", "distribution", "status", "components", "reason", box=SIMPLE, pad_edge=False)
    for row in rows:
        style = {"ok": "green", "disabled": "yellow", "unavailable": "yellow"}.get(row["status"], "red")
        distribution = f"{row['distribution']} {row['version']}".strip()
        table.add_row(
            row["plugin"], distribution, f"[{style}]{row['status']}[/]", str(row["components"]), row["reason"]
        )
    wide_console().print(table)


def _remedy(row: dict[str, Any]) -> str:
    from nar_bench.plugin.discovery import DISABLE_VARIABLE

    return (
        f"{row['plugin']}: to run without it set {DISABLE_VARIABLE}={row['plugin']}; "
        f"to remove it: pip uninstall {row['distribution']}"
    )
