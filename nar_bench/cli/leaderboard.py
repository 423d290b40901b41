"""`nar-bench leaderboard`: boards, their pages, and submissions to them."""

from __future__ import annotations

from pathlib import Path

import click

from nar_bench.cli.options import with_plugins

_BOARDS = click.option(
    "--boards", type=click.Path(path_type=Path), metavar="DIR", help="Folder of boards; by default leaderboards/."
)


@click.group("leaderboard")
def command() -> None:
    """Build pages of boards, and submit to them."""


@command.command("build")
@click.argument("what", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every board.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder of the site; of a run by default RUN/board.")
@_BOARDS
def build(what: tuple[str, ...], every: bool, out: Path | None, boards: Path | None) -> None:
    """Write the site of boards (WHAT: their names, or --all), or of the results folder WHAT.

    The pages need no network and open from a file:// address.
    """
    from nar_bench.leaderboard.build import build_boards, build_run
    from nar_bench.results.store import Store

    if every == bool(what):
        raise click.UsageError("name boards (nar-bench leaderboard list), a results folder, or give --all")
    if len(what) == 1 and ("/" in what[0] or Path(what[0]).is_dir()):
        store = Store(Path(what[0]))
        click.echo(build_run(store, out or store.board))
        return
    click.echo(build_boards(what, out or Path("site"), boards))


@command.command("list")
@_BOARDS
def list_boards(boards: Path | None) -> None:
    """List the boards and what each asks for."""
    from nar_bench.leaderboard.definition import find_boards

    for one in find_boards(folder=boards):
        board = one.definition
        click.echo(
            f"{board.name}: {board.suite.name} {board.suite.version}, {len(board.algorithms)} algorithms, "
            f"seeds {', '.join(map(str, board.seeds))}, {board.metric} at n = {board.size}; "
            f"{len(one.submissions)} submission{'s' * (len(one.submissions) != 1)}"
        )


@command.command("check")
@click.argument("names", nargs=-1, metavar="[BOARD]...")
@click.option("--write", is_flag=True, help="Write the README of each board anew.")
@_BOARDS
def check(names: tuple[str, ...], write: bool, boards: Path | None) -> int:
    """Check boards (all by default): their data, every submission by every rule, and that each README is of today."""
    from nar_bench.leaderboard.definition import README, find_boards
    from nar_bench.leaderboard.load import load_board
    from nar_bench.leaderboard.markdown import to_markdown
    from nar_bench.results.files import write_whole

    faults = 0
    for one in find_boards(names, boards):
        board = load_board(one).board
        for sentence in board.refused:
            click.echo(f"{one.definition.name}: {sentence}", err=True)
        faults += len(board.refused)
        readme, text = one.path / README, to_markdown(board)
        if write:
            write_whole(readme, text.encode())
        elif not readme.is_file() or readme.read_text(encoding="utf-8") != text:
            click.echo(f"{readme}: it is not of today; nar-bench leaderboard check {one.definition.name} --write", err=True)
            faults += 1
        ranked = sum(row.rank is not None for row in board.rows)
        click.echo(
            f"{one.definition.name}: {ranked} ranked, {len(board.rows) - ranked} apart, {len(board.refused)} refused, "
            f"{len(board.reported)} reported numbers"
        )
    return 1 if faults else 0
