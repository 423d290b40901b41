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
            click.echo(
                f"{readme}: it is not of today; nar-bench leaderboard check {one.definition.name} --write", err=True
            )
            faults += 1
        ranked = sum(row.rank is not None for row in board.rows)
        click.echo(
            f"{one.definition.name}: {ranked} ranked, {len(board.rows) - ranked} apart, {len(board.refused)} refused, "
            f"{len(board.reported)} reported numbers"
        )
    return 1 if faults else 0


@command.command("submit")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--board", "board_name", required=True, help="Which board; see: nar-bench leaderboard list")
@click.option("--name", required=True, help="What the submission is to be called: lower-case letters, digits, dashes.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A folder or a .zip file; by default NAME.zip.")
@click.option("--by", default="", help="Who submits.")
@click.option("--notes", default="", help="What readers should know.")
@click.option("--command", "commands", multiple=True, help="What makes these records; by default nar-bench run SUITE.")
@click.option("--weights", is_flag=True, help="Put the weights in, too; else their hashes alone.")
@click.option("--incomplete", is_flag=True, help="Submit methods that lack cells; they stand apart, unranked.")
@click.option("--without-predictions", is_flag=True, help="Submit without answers; it then stays claimed.")
@_BOARDS
def submit(
    run: Path,
    board_name: str,
    name: str,
    out: Path | None,
    by: str,
    notes: str,
    commands: tuple[str, ...],
    weights: bool,
    incomplete: bool,
    without_predictions: bool,
    boards: Path | None,
) -> int:
    """Write a bundle of the results folder RUN for a board: records, predictions, hashes of weights, commands.

    It is checked by the board's rules first. Nothing leaves this machine.
    """
    import re

    from nar_bench.leaderboard.bundle import draft, draft_refusals, write_bundle
    from nar_bench.leaderboard.definition import NAME, find_boards
    from nar_bench.results.store import Store

    if not re.fullmatch(NAME, name):
        raise click.UsageError(f"--name {name!r}: lower-case letters, digits, dots and dashes are needed, up to 64")
    (folder,) = find_boards([board_name], boards)
    definition = folder.definition
    usual = f"nar-bench run {definition.suite.name} --predictions --out {run.name}"
    made = draft(Store(run), definition, name, by=by, notes=notes, commands=commands or (usual,), apart=incomplete)
    for sentence in made.left_out:
        click.echo(f"left out: {sentence}", err=True)
    refused = draft_refusals(definition, made.submission, without_predictions=without_predictions)
    if refused:
        click.echo(f"refused by the board {definition.name}; nothing was written:", err=True)
        for sentence in refused[:50]:
            click.echo(f"  {sentence}", err=True)
        if len(refused) > 50:
            click.echo(f"  and {len(refused) - 50} more", err=True)
        return 1
    target = out or Path(f"{name}.zip")
    write_bundle(made.submission, Store(run), target, with_weights=weights)
    click.echo(f"{target}: {len(made.submission.records)} records for {definition.name}, state claimed")
    click.echo(f"next: nar-bench leaderboard verify {target}; then nar-bench leaderboard add {target}")
    return 0


@command.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--sample", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Share of trials to train again."
)
@click.option("--seed", type=click.IntRange(min=0), help="Of the random sample; by default drawn anew.")
@_BOARDS
@with_plugins
def verify_bundle(bundle: Path, sample: float, seed: int | None, boards: Path | None) -> int:
    """Check BUNDLE: score its answers again, train a random sample again, and write the state that follows.

    Of a folder submission.json is changed; of a zip file it is written beside it. 1 is returned where it is refuted.
    """
    from nar_bench.leaderboard.bundle import SUBMISSION, opened
    from nar_bench.leaderboard.definition import find_boards
    from nar_bench.plugin.registry import registry
    from nar_bench.verification.verify import verify

    with opened(bundle) as unpacked:
        (folder,) = find_boards([unpacked.submission.board], boards)
        made = verify(unpacked, folder.definition, registry(), sample=sample, seed=seed, say=click.echo)
    target = bundle / SUBMISSION if bundle.is_dir() else bundle.with_suffix(".json")
    made.write(target)
    for sentence in made.verifications[-1].findings:
        click.echo(f"found: {sentence}")
    click.echo(f"{bundle}: {made.state}; written to {target}")
    return 1 if made.state == "refuted" else 0


@command.command("add")
@click.argument("source", type=click.Path(path_type=Path), metavar="BUNDLE")
@_BOARDS
def add(source: Path, boards: Path | None) -> None:
    """Put the submission of BUNDLE (or a submission file) among its board's results, and write the README anew.

    A submission of that name is replaced only by the same records in another state.
    """
    from nar_bench.errors import BoardError
    from nar_bench.leaderboard.bundle import opened
    from nar_bench.leaderboard.definition import README, RESULTS, find_boards
    from nar_bench.leaderboard.load import load_board
    from nar_bench.leaderboard.markdown import to_markdown
    from nar_bench.leaderboard.rules import refusals
    from nar_bench.leaderboard.submission import read_submission
    from nar_bench.results.files import write_whole

    if source.suffix == ".json":
        one = read_submission(source)
    else:
        with opened(source) as bundle:
            one = bundle.submission
    (folder,) = find_boards([one.board], boards)
    if refused := refusals(folder.definition, one):
        reasons = "".join(f"\n  {sentence}" for sentence in refused[:20])
        raise BoardError(f"{source}: the board {one.board} refuses it.{reasons}")
    target = folder.path / RESULTS / f"{one.name}.json"
    if target.exists() and read_submission(target).records != one.records:
        raise BoardError(f"{target} is there, with other records. Submit these under another name.")
    one.write(target)
    write_whole(folder.path / README, to_markdown(load_board(folder).board).encode())
    click.echo(f"{target}: {one.state}")
