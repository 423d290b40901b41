"""`nar-bench plan`: what a suite would run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nar_bench.cli.durations import duration
from nar_bench.cli.options import names, wide_console, with_plugins

if TYPE_CHECKING:
    from nar_bench.runner.estimate import Estimate
    from nar_bench.runner.outlook import Plan
    from nar_bench.runner.plan import Planned

LINES = 200
"""The most lines that are one for each trial."""


@click.command("plan")
@click.argument("suite")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder; by default runs/SUITE.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the suite; may be repeated."
)
@click.option(
    "--only", default="", metavar="NAMES", help="Keep these algorithms, processors or regimes (comma-separated)."
)
@click.option("--probe", is_flag=True, help="Measure a few steps of each kind of trial that no record tells of.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_plugins
def command(suite: str, out: Path | None, overrides: tuple[str, ...], only: str, probe: bool, as_json: bool) -> None:
    """Show the trials of SUITE (a name or a TOML file): to do, done, failed before, or skipped and why.

    Below them stands what those to do should cost, by records of the results folder that cost alike.
    """
    from nar_bench.runner.outlook import outlook
    from nar_bench.runner.plan import State
    from nar_bench.runner.run import prepare

    made = outlook(prepare(suite, out, overrides, names(only)), probe, lambda text: click.echo(text, err=True))
    if as_json:
        _print_json(made)
        return
    _print_table(made.trials)
    counts = ", ".join(f"{count} {state}" for state, count in made.counts.items())
    click.echo(f"{len(made.trials)} trials: {counts}")
    for reason in made.failed_probes:
        click.echo(reason)
    for line in _told(made.estimate, made.folder, probed=probe):
        click.echo(line)
    click.echo(f"results folder: {made.folder}")
    click.echo(made.resolution)
    if State.FAILED in made.counts:
        click.echo("failed trials run again with: nar-bench run ... --retry failed")


def _told(expected: Estimate, folder: Path, *, probed: bool) -> Iterator[str]:
    """Yield lines that say what trials should cost."""
    unknown = sum(count for _, count in expected.unknown)
    if expected.known:
        memory = f", with {expected.memory:,.0f} MiB of memory at most" if expected.memory is not None else ""
        of = f"{expected.known} of {expected.known + unknown} trials to do" if unknown else "all to do"
        many = expected.records != 1
        measured = f"{expected.records} trial{'s' * many} that cost{'s' * (not many)} alike"
        yield (
            f"estimate: {duration(expected.seconds)} for {of}, one after another{memory}; "
            f"by {measured} ({'; '.join(expected.machines)})"
        )
    if unknown:
        missing = f"no estimate for {unknown} trial{'s' * (unknown != 1)} to do"
        yield missing if probed else f"{missing}: none that costs alike is in {folder}. A short probe: --probe"


def _print_json(made: Plan) -> None:
    """Print one line for each trial, so that a hundred thousand take no longer than they must."""
    expected = made.estimate
    head = {
        "suite": made.suite,
        "out": str(made.folder),
        "estimate": {
            "seconds": expected.seconds,
            "memory_mib": expected.memory,
            "trials": expected.known,
            "trials_without": sum(count for _, count in expected.unknown),
            "records": expected.records,
            "machines": expected.machines,
        },
        "resolution": made.resolution,
    }
    rows = (
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
        for one in made.trials
    )
    click.echo(json.dumps(head, indent=1).removesuffix("\n}") + ',\n "trials": [')
    click.echo(",\n".join(f"  {json.dumps(row)}" for row in rows))
    click.echo(" ]\n}")


def _print_table(planned: Sequence[Planned]) -> None:
    """Print one line for each trial; of many one for all seeds, or for all algorithms and seeds, of a kind."""
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    from nar_bench.runner.plan import State

    styles = {State.DONE: "green", State.SKIPPED: "yellow", State.FAILED: "red"}
    groups = _grouped(planned)
    alone = len(groups) == len(planned)
    table = Table("trial" if alone else "trials", "algorithm", "processor", "regime", box=SIMPLE, pad_edge=False)
    table.add_column("seed" if alone else "seeds")
    table.add_column("state")
    for several in groups:
        trials = [one.trial for one in several]
        states = [
            f"{'' if alone else f'{count} '}[{styles.get(state, 'default')}]{state}[/]"
            for state, count in Counter(one.state for one in several).items()
        ]
        reasons = sorted({one.reason for one in several if one.reason})
        told = f": {escape(reasons[0])}" if reasons else ""
        more = f" (and {len(reasons) - 1} more reasons: --only)" if len(reasons) > 1 else ""
        called = list(dict.fromkeys(trial.name for trial in trials))
        table.add_row(
            trials[0].id if alone else str(len(trials)),
            called[0] if len(called) == 1 else f"{len(called)} algorithms",
            trials[0].processor.name,
            escape(trials[0].how),
            _ranges(sorted({trial.seed for trial in trials})),
            f"{', '.join(states)}{told}{more}",
        )
    wide_console().print(table)


def _grouped(planned: Sequence[Planned]) -> list[list[Planned]]:
    """Return the trials one by one, or in the groups that make no more lines than `LINES`, or the largest groups."""
    if len(planned) <= LINES:
        return [[one] for one in planned]
    keys: tuple[Callable[[Planned], Hashable], ...] = (
        lambda one: id(one.trial.config),  # which trials that differ in the seed share
        lambda one: (one.trial.processor.name, one.trial.how),
    )
    for key in keys:
        groups: dict[Hashable, list[Planned]] = {}
        for one in planned:
            groups.setdefault(key(one), []).append(one)
        if len(groups) <= LINES:
            break
    return list(groups.values())


def _ranges(seeds: Sequence[int]) -> str:
    """Return "0-4, 7" of 0, 1, 2, 3, 4, 7."""
    told: list[list[int]] = []
    for seed in seeds:
        if told and told[-1][-1] == seed - 1:
            told[-1] = [told[-1][0], seed]
        else:
            told.append([seed])
    return ", ".join("-".join(map(str, ends)) for ends in told)
