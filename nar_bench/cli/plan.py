"""`nar-bench plan`: what a suite would run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nar_bench.cli.options import wide_console, with_plugins

if TYPE_CHECKING:
    from nar_bench.runner.run import Prepared


@click.command("plan")
@click.argument("suite")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder; by default runs/SUITE.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the suite; may be repeated."
)
@click.option(
    "--only", default="", metavar="NAMES", help="Keep these algorithms, processors or regimes (comma-separated)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_plugins
def command(suite: str, out: Path | None, overrides: tuple[str, ...], only: str, as_json: bool) -> None:
    """Show the trials of SUITE (a name or a TOML file): to do, done, failed before, or skipped and why."""
    from nar_bench.runner.run import prepare

    prepared = prepare(suite, out, overrides, names(only))
    resolution = smallest_resolvable(prepared)
    if as_json:
        rows = [
            {
                "trial": one.trial.id,
                "algorithms": [used.name for used in one.trial.algorithms],
                "processor": one.trial.processor.name,
                "regime": one.trial.regime,
                "similarity": one.trial.similarity.name if one.trial.similarity else None,
                "seed": one.trial.seed,
                "state": str(one.state),
                "reason": one.reason,
                "config": one.trial.config,
            }
            for one in prepared.planned
        ]
        head = {"suite": prepared.source.suite.name, "out": str(prepared.store.path)}
        click.echo(json.dumps({**head, "resolution": resolution, "trials": rows}, indent=1))
        return
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table("trial", "algorithm", "processor", "regime", "seed", "state", box=SIMPLE, pad_edge=False)
    styles = {"done": "green", "skipped": "yellow", "failed before": "red"}
    for one in prepared.planned:
        trial = one.trial
        regime = f"{trial.regime} ({trial.similarity.name})" if trial.similarity else trial.regime
        state = f"[{styles.get(one.state, 'default')}]{one.state}[/]" + (f": {one.reason}" if one.reason else "")
        table.add_row(trial.id, trial.name, trial.processor.name, regime, str(trial.seed), state)
    wide_console().print(table)
    counts = Counter(one.state for one in prepared.planned)
    click.echo(f"{len(prepared.planned)} trials: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    click.echo(f"results folder: {prepared.store.path}")
    click.echo(resolution)
    if counts.get("failed before"):  # type: ignore[call-overload]
        click.echo("failed trials run again with: nar-bench run ... --retry-failed")


def smallest_resolvable(prepared: Prepared) -> str:
    """Say which difference between two methods the planned seeds can resolve, failed and finished trials included."""
    from nar_bench.errors import StoreError
    from nar_bench.statistics.resolution import smallest_difference
    from nar_bench.statistics.spread import spread_of

    planned = [one.trial for one in prepared.planned if one.state != "skipped"]
    cells = Counter(
        (algorithm.name, trial.processor.name, trial.regime, str(trial.similarity), str(trial.config["processor"]))
        for trial in planned
        for algorithm in trial.algorithms
    )
    if not cells:
        return "smallest difference that the seeds resolve: nothing is planned"
    seeds, algorithms = min(cells.values()), {cell[0] for cell in cells}
    try:
        records, _ = prepared.store.records()
    except StoreError:
        records = []
    spread = spread_of((one for one in records if one.suite.name == prepared.source.suite.name), algorithms)
    # Where networks are shared, algorithms do not add to what the seeds say.
    apart = len(algorithms) if all(len(trial.algorithms) == 1 for trial in planned) else 1
    told = [
        f"{least:.3f} {where}"
        for count, where in ((1, "on one algorithm"), (apart, f"in the mean over {apart}"))[: 2 if apart > 1 else 1]
        if (least := smallest_difference(spread.deviation, seeds, count)) is not None
    ]
    few = f"{seeds} seed{'s' * (seeds > 1)} of a method on an algorithm (the fewest)"
    if not told:
        return f"{few} resolve no difference between methods; plan two or more"
    return (
        f"smallest difference in score that {few} resolve, with power 0.8 at level 0.05: {', '.join(told)}; "
        f"standard deviation across seeds {spread.deviation:.3f}, {spread.source}"
    )


def names(only: str) -> list[str]:
    """Split a comma-separated option."""
    return [name.strip() for name in only.split(",") if name.strip()]
