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
    from rich.markup import escape
    from rich.table import Table

    table = Table("trial", "algorithm", "processor", "regime", "seed", "state", box=SIMPLE, pad_edge=False)
    styles = {"done": "green", "skipped": "yellow", "failed before": "red"}
    for one in prepared.planned:
        trial = one.trial
        reason = f": {escape(one.reason)}" if one.reason else ""
        state = f"[{styles.get(one.state, 'default')}]{one.state}[/]{reason}"
        table.add_row(trial.id, trial.name, trial.processor.name, escape(trial.how), str(trial.seed), state)
    wide_console().print(table)
    counts = Counter(one.state for one in prepared.planned)
    click.echo(f"{len(prepared.planned)} trials: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    click.echo(f"results folder: {prepared.store.path}")
    click.echo(resolution)
    if counts.get("failed before"):  # type: ignore[call-overload]
        click.echo("failed trials run again with: nar-bench run ... --retry failed")


_RECORDS_LOOKED_AT = 1000
"""Enough to know a standard deviation; reading all of a large folder would take longer than planning it."""


def smallest_resolvable(prepared: Prepared) -> str:
    """Say which difference between two methods the planned seeds, finished ones among them, can resolve."""
    from nar_bench.statistics.resolution import smallest_difference
    from nar_bench.statistics.spread import spread_of

    planned = [one for one in prepared.planned if one.state != "skipped"]
    if not planned:
        return "smallest difference that the seeds resolve: no trial is planned"
    cells: dict[tuple[str, ...], set[int]] = {}
    for trial in (one.trial for one in planned):
        method = (trial.processor.name, trial.regime, trial.similarity.name if trial.similarity else "")
        for algorithm in trial.algorithms:
            cells.setdefault((algorithm.name, *method), set()).add(trial.seed)
    seeds = min(len(found) for found in cells.values())
    fewest = " (the fewest)" if any(len(found) > seeds for found in cells.values()) else ""
    few = f"{seeds} seed{'s' * (seeds > 1)} of each method on each algorithm{fewest}"
    if seeds == 1:
        return f"{few}: no difference between methods can be resolved; plan two seeds or more"
    done = [one.trial.id for one in planned if one.state == "done"][:_RECORDS_LOOKED_AT]
    spread = spread_of(record for trial in done if (record := prepared.store.read(trial)))
    told = [f"{smallest_difference(spread.deviation, seeds):.3f} on one algorithm"]
    algorithms = len({cell[0] for cell in cells})
    # Where algorithms share a network, one more algorithm is no new evidence of what a seed does.
    if algorithms > 1 and all(len(one.trial.algorithms) == 1 for one in planned):
        told.append(f"{smallest_difference(spread.deviation, seeds, algorithms):.3f} in the mean over {algorithms}")
    return (
        f"smallest difference in score that {few} resolve (power 0.8, level 0.05): {', '.join(told)}; "
        f"at a standard deviation across seeds of {spread.deviation:.3f}, {spread.source}"
    )


def names(only: str) -> list[str]:
    """Split a comma-separated option."""
    return [name.strip() for name in only.split(",") if name.strip()]
