"""`nar-bench leaderboard`: pages that show and compare results."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("leaderboard")
def command() -> None:
    """Build pages from results."""


@command.command("build")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder of the page; by default FOLDER/board.")
def build(folder: Path, out: Path | None) -> None:
    """Write the board of the results in FOLDER: index.html, self-contained, and board.md."""
    from nar_bench.leaderboard.build import build_board
    from nar_bench.results.store import Store

    store = Store(folder)
    click.echo(build_board(store, out or store.board))
