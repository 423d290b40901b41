"""What commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def plugin_option(**settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --plugin FILE, which may be repeated."""
    return click.option(
        "--plugin",
        "plugin_files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Use a plugin that is one Python file; may be repeated.",
        **settings,
    )


def with_plugins(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option --plugin FILE, and warn of plugins that are broken."""
    return plugin_option(expose_value=False, callback=_use_plugins)(command)


def _use_plugins(ctx: click.Context, option: click.Parameter, files: tuple[Path, ...]) -> None:
    if ctx.resilient_parsing:
        return
    from nar_bench.plugin.discovery import NO_FAULT
    from nar_bench.plugin.registry import registry

    plugins = registry()
    for file in files:
        plugins.add_file(file)
    for row in plugins.rows:
        if row.status not in NO_FAULT:
            click.echo(
                f"warning: plugin '{row.source.name}' ({row.source.distribution}): {row.status}: {row.reason}", err=True
            )


def wide_console() -> Any:
    """Return a console that never cuts a cell when its output goes to a file or a pipe."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=10_000)
