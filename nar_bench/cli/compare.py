"""`nar-bench compare`: which of two methods is better, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nar_bench.statistics.comparison import Comparison
    from nar_bench.statistics.estimate import Estimate


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER] [FOLDER]")
@click.option("--size", type=click.IntRange(min=1), help="Problem size; by default each algorithm's largest.")
@click.option("--metric", default="score", show_default=True, help="A metric of which more is better.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(a: str, b: str, folders: tuple[Path, ...], size: int | None, metric: str, as_json: bool) -> None:
    """Compare methods A and B seed by seed.

    A and B are names from `nar-bench results FOLDER`, whole or their first parts with slashes ("mpnn/hints"). With two
    folders A is in the first and B in the second. Without a folder, A and B are results folders of one method each.
    """
    import json

    from nar_bench.statistics.comparison import compare

    made = compare(a, b, *folders, size=size, metric=metric)
    if as_json:
        click.echo(json.dumps(made.to_dict(), indent=1))
    else:
        print_comparison(made)


def print_comparison(made: Comparison) -> None:
    """Print every algorithm with every seed's difference, the means, what is not compared, and the verdict."""
    from rich.box import SIMPLE
    from rich.table import Table

    from nar_bench.cli.options import wide_console

    click.echo(f"A: {made.a}\nB: {made.b}")
    level = f"{made.level:.0%} interval"
    table = Table("algorithm", "n", "A", "B", "A - B by seed", "mean", level, "p (Holm)", box=SIMPLE, pad_edge=False)
    for one in made.algorithms:
        pair = one.pair
        table.add_row(
            pair.algorithm,
            str(pair.size),
            f"{sum(pair.a) / len(pair.a):.3f}",
            f"{sum(pair.b) / len(pair.b):.3f}",
            "  ".join(f"{seed}: {value:+.3f}" for seed, value in zip(pair.seeds, pair.differences, strict=True)),
            f"{one.estimate.value:+.3f}",
            _interval(one.estimate),
            "-" if one.adjusted_p is None else _p(one.adjusted_p),
        )
    wide_console().print(table)
    click.echo(f"mean over algorithms of A - B in {made.metric}:")
    over = "new seeds (networks are shared)" if made.shared_seeds else "new seeds"
    click.echo(f"  these algorithms, {over}: {_told(made.these)}")
    if made.alike and not made.shared_seeds:
        click.echo(f"  the same, should a seed help or hurt all of them alike: {_told(made.alike)}")
    click.echo(f"  algorithms of which these are a random sample: {_told(made.like_these)}")
    share = made.improvement
    interval = f"{share.low:.2f} to {share.high:.2f}"
    click.echo(f"probability of improvement (A above B with the same seed): {share.value:.2f}, {interval}")
    for note in made.notes:
        click.echo(f"they differ: {note}")
    for sentence in made.left_out:
        click.echo(f"left out: {sentence}")
    click.echo(f"\n{made.verdict}")


def _interval(one: Estimate) -> str:
    return one.reason if one.low is None or one.high is None else f"{one.low:+.3f} to {one.high:+.3f}"


def _told(one: Estimate) -> str:
    return f"{one.value:+.3f}, {_interval(one)}" + ("" if one.p is None else f", p {_p(one.p)}")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
