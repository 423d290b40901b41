"""`nar-bench plan`: what a suite would run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nar_bench.cli.durations import duration
from nar_bench.cli.options import wide_console, with_plugins

if TYPE_CHECKING:
    from nar_bench.results.costs import Cost
    from nar_bench.runner.estimate import Estimate
    from nar_bench.runner.plan import Planned
    from nar_bench.runner.run import Prepared

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
    from nar_bench.runner.estimate import estimate
    from nar_bench.runner.plan import State
    from nar_bench.runner.run import prepare

    prepared = prepare(suite, out, overrides, names(only))
    costs, failed = _costs(prepared, probe)
    expected = estimate([one.trial for one in prepared.todo()], costs)
    resolution = smallest_resolvable(prepared)
    if as_json:
        _print_json(prepared, expected, resolution)
        return
    _print_table(prepared.planned)
    counts = Counter(one.state for one in prepared.planned)
    click.echo(f"{len(prepared.planned)} trials: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    for reason in failed:
        click.echo(reason)
    for line in _told(expected, prepared.store.path, probed=probe):
        click.echo(line)
    click.echo(f"results folder: {prepared.store.path}")
    click.echo(resolution)
    if State.FAILED in counts:
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


def _costs(prepared: Prepared, probe: bool) -> tuple[dict[str, Cost], list[str]]:
    """Return what is known of costs, and a line for each probe that failed."""
    from nar_bench.results.compact import compact
    from nar_bench.results.costs import cost_key
    from nar_bench.results.past_costs import known_costs
    from nar_bench.runner.estimate import estimate

    folder = prepared.store.records_folder
    costs = known_costs(compact(prepared.store)) if folder.is_dir() else {}
    failed = []
    if probe:
        from nar_bench.runner.probe import probe as measure

        unknown = estimate([one.trial for one in prepared.todo()], costs).unknown
        for number, (trial, _) in enumerate(unknown, 1):
            click.echo(f"probing {number} of {len(unknown)}: {trial.label}", err=True)
            cost = measure(trial, prepared.registry)
            if isinstance(cost, str):
                failed.append(f"the probe of {trial.label} failed: {cost}")
            else:
                costs[cost_key(trial)] = cost
    return costs, failed


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


def _print_json(prepared: Prepared, expected: Estimate, resolution: str) -> None:
    """Print one line for each trial, so that a hundred thousand take no longer than they must."""
    head = {
        "suite": prepared.source.suite.name,
        "out": str(prepared.store.path),
        "estimate": {
            "seconds": expected.seconds,
            "memory_mib": expected.memory,
            "trials": expected.known,
            "trials_without": sum(count for _, count in expected.unknown),
            "records": expected.records,
            "machines": expected.machines,
        },
        "resolution": resolution,
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
        for one in prepared.planned
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


def names(only: str) -> list[str]:
    """Split a comma-separated option."""
    return [name.strip() for name in only.split(",") if name.strip()]
