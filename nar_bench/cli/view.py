"""`nar-bench view`: a page on which an algorithm, and a network that learned it, are watched step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nar_bench.cli.options import shift_option, with_plugins

if TYPE_CHECKING:
    from nar_bench.view.picture import Picture

_SIZE = 16
"""The size of an instance where none is asked for and nothing was trained: what CLRS-30 trains on."""

_LISTED = 20
"""Trials that are listed where one has to be named."""


@click.command("view")
@click.argument("what", metavar="ALGORITHM|RUN")
@click.argument("trial", metavar="[TRIAL]", required=False)
@click.option(
    "--size", type=click.IntRange(min=1), help="Problem size n; by default 16, of a trial the largest measured."
)
@click.option("--seed", type=click.IntRange(min=0), help="Of an algorithm: seed of the instance; by default 0.")
@click.option("--family", help="Of an algorithm: the family of graphs, for short; the same as --shift family=...")
@shift_option
@click.option(
    "--instance", type=click.IntRange(min=0), help="Of a trial: which test instance of that size; by default 0."
)
@click.option("--point", help="Of a trial: the shift point; by default the suite's own distribution.")
@click.option("--algorithm", help="Of a trial that learned several: which; by default the first.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The page; by default NAME.html here.")
@with_plugins
def command(
    what: str,
    trial: str | None,
    size: int | None,
    seed: int | None,
    family: str | None,
    shifts: dict[str, Any],
    instance: int | None,
    point: str | None,
    algorithm: str | None,
    out: Path | None,
) -> None:
    """Write a page that plays an instance of ALGORITHM, or how the network of a trial does on one.

    A trial is named by its results folder, RUN, and its id or how that begins, TRIAL, which may be left out where there
    is but one; what is played is one of its test instances, with all that its trained network says at each step.

    The page is one HTML file that works without a network: the graph, array, string, table or plane, every hint at
    every step, what has just changed, the lines of source that were run, and where a trained network goes wrong.
    """
    if trial is None and not _is_run(what):
        _refuse(
            instance=instance, point=point, algorithm=algorithm, because="are for a trial: nar-bench view RUN TRIAL"
        )
        if family is not None:
            shifts = {**shifts, "family": family}
        picture, name = _of_algorithm(what, size or _SIZE, seed or 0, shifts)
    else:
        given = {"seed": seed, "family": family, "shift": shifts or None}
        _refuse(**given, because="are not for a trial, whose test instances are given: choose --instance and --point")
        picture, name = _of_trial(Path(what), trial or _only(Path(what)), size, instance or 0, point, algorithm or "")
    from nar_bench.view.page import write_page

    for note in picture.notes:
        click.echo(f"warning: {note}", err=True)
    click.echo(write_page(picture, out or Path(f"{name}.html")))


def _refuse(*, because: str, **options: Any) -> None:
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given:
        raise click.UsageError(f"{', '.join(given)}: these options {because}.")


def _is_run(what: str) -> bool:
    """Say whether a folder is meant, and no algorithm that is called like one here."""
    from nar_bench.plugin.contracts import Kind
    from nar_bench.plugin.registry import registry

    return Path(what).is_dir() and not any(what in (one.name, one.id) for one in registry().entries(Kind.ALGORITHM))


def _only(folder: Path) -> str:
    """Return the id of the only finished trial of a results folder, or list them."""
    from nar_bench.results.store import Store

    done = [record for record in Store(folder).records()[0] if record.state == "done"]
    if len(done) == 1:
        return done[0].trial
    listed = "\n".join(f"  {one.trial[:8]}  {one.name}, {one.method}, seed {one.seed}" for one in done[:_LISTED])
    more = f"\n  and {len(done) - _LISTED} more" if len(done) > _LISTED else ""
    told = (
        f"name one of its {len(done)} finished trials:\n{listed}{more}" if done else "no trial of it is finished yet."
    )
    raise click.UsageError(f"nar-bench view {folder} TRIAL: {told}")


def _of_algorithm(name: str, size: int, seed: int, shift: dict[str, Any]) -> tuple[Picture, str]:
    from nar_bench.plugin.contracts import Kind
    from nar_bench.plugin.registry import registry
    from nar_bench.view.instance import draw
    from nar_bench.view.picture import picture_of

    entry = registry().find(Kind.ALGORITHM, name)
    instance = draw(entry.load(), size, seed, shift)
    facts = [("size", f"n = {size}"), ("seed", str(seed)), *((axis, str(value)) for axis, value in shift.items())]
    return picture_of(instance, entry.summary, entry.drawing, facts), f"{entry.name}-{size}-{seed}"


def _of_trial(
    folder: Path, trial: str, size: int | None, number: int, point: str | None, algorithm: str
) -> tuple[Picture, str]:
    from nar_bench.plugin.contracts import Kind
    from nar_bench.plugin.registry import registry
    from nar_bench.results.record import OWN_POINT
    from nar_bench.results.store import Store

    store = Store(folder)
    record = store.find(trial)
    from nar_bench.runner.staleness import changed_since
    from nar_bench.view.picture import picture_of
    from nar_bench.view.prediction import learned

    network = learned(record, store, registry(), algorithm)
    asked = size or network.default_size()
    instance = network.draw(asked, number, point or OWN_POINT)
    changed = changed_since(record, registry())
    facts = [
        ("size", f"n = {asked}"),
        ("test instance", str(number)),
        *([("shift point", point)] if point else []),
        ("trial", record.trial),
        ("seed", str(record.seed)),
        ("suite", f"{record.suite.name} {record.suite.version}"),
    ]
    picture = picture_of(
        instance,
        registry().find(Kind.ALGORITHM, network.algorithm.name).summary,
        registry().find(Kind.ALGORITHM, network.algorithm.name).drawing,
        facts,
        network.predict(instance),
        record.method,
        [f"changed since the trial was run: {', '.join(changed)}"] if changed else [],
    )
    return picture, f"{record.trial}-{network.algorithm.name}-{asked}-{number}"
