"""`nar-bench rank`: how all methods of a results folder stand, with what the seeds leave open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nar_bench.statistics.standing import Standing


@click.command("rank")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(min=1), help="Problem size; by default the largest of each algorithm.")
@click.option("--metric", default="score", show_default=True, help="A share, of which more is better.")
@click.option("--solved", default=0.99, show_default=True, help="From which value a seed has solved an algorithm.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: Path, size: int | None, metric: str, solved: float, as_json: bool) -> None:
    """Rank the methods in FOLDER: rank intervals and tie groups; then means, solve rates, N90 and area of each line."""
    import json

    from nar_bench.statistics.standing import standings

    found = standings(folder, size=size, metric=metric, solved_from=solved)
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in found], indent=1))
        return
    for one in found:
        print_standing(one, solved)


def print_standing(one: Standing, solved: float) -> None:
    """Print the ranking of one suite version and its lines."""
    from rich.box import SIMPLE
    from rich.table import Table

    from nar_bench.cli.options import wide_console

    console = wide_console()
    click.echo(f"{one.suite} {one.suite_version}, {one.metric}, 95% intervals over seeds")
    ranks = Table("rank", "method", "mean", "tie groups", "without one algorithm", box=SIMPLE, pad_edge=False)
    for row in one.ranking.rows:
        groups = " ".join(str(group + 1) for group in row.groups)
        ranks.add_row(_span(row.low, row.high), row.method, f"{row.mean:.3f}", groups, _span(*row.without_one))
    if one.ranking.rows:
        console.print(ranks)
    lines = Table(
        "algorithm",
        "method",
        "n",
        "seeds",
        "mean",
        f"solved (>= {solved:g})",
        "N90",
        "area",
        box=SIMPLE,
        pad_edge=False,
    )
    for line in one.lines:
        lines.add_row(
            line.algorithm,
            line.method,
            str(line.size),
            str(len(line.seeds)),
            _told(line.mean.value, line.mean.low, line.mean.high),
            _told(line.solved.value, line.solved.low, line.solved.high),
            "-" if line.reach is None else str(line.reach),
            "-" if line.area is None else _told(line.area.value, line.area.low, line.area.high),
        )
    console.print(lines)
    for method, why in one.ranking.unranked.items():
        click.echo(f"not ranked: {method}: {why}")
    for method, extra in one.ranking.unused.items():
        click.echo(f"not counted for ranks: {method}: " + ", ".join(f"{name} seed {seed}" for name, seed in extra))
    for sentence in one.left_out:
        click.echo(f"left out: {sentence}")


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _told(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")
