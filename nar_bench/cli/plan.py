"""`nar-bench plan`: what a suite would run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from nar_bench.cli.options import wide_console, with_plugins


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
        click.echo(
            json.dumps({"suite": prepared.source.suite.name, "out": str(prepared.store.path), "trials": rows}, indent=1)
        )
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
    if counts.get("failed before"):  # type: ignore[call-overload]
        click.echo("failed trials run again with: nar-bench run ... --retry failed")


def names(only: str) -> list[str]:
    """Split a comma-separated option."""
    return [name.strip() for name in only.split(",") if name.strip()]
