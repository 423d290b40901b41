"""`nar-bench ideas`: a page of what trained networks write into their memory."""

from __future__ import annotations

from pathlib import Path

import click

from nar_bench.cli.options import with_plugins


@click.command("ideas")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--trial",
    "trials",
    multiple=True,
    metavar="ID",
    help="A trial, by its id or the id's first digits; may be repeated. By default one that contrasts ideas, with "
    "those that differ from it in their algorithms alone.",
)
@click.option(
    "--inputs", default=8, show_default=True, type=click.IntRange(1, 40), help="Inputs of each that are drawn."
)
@click.option(
    "--measured",
    default=128,
    show_default=True,
    type=click.IntRange(8, 2000),
    help="Inputs of each algorithm behind the other numbers.",
)
@click.option("--size", type=click.IntRange(min=1), help="Problem size; by default the largest training size.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The page; by default RUN/ideas/index.html.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON instead of writing a page.")
@with_plugins
def command(
    folder: Path, trials: tuple[str, ...], inputs: int, measured: int, size: int | None, out: Path | None, as_json: bool
) -> None:
    """Look at the ideas that finished trials in the results folder RUN write.

    The page is one HTML file that works without a network: trajectories in the plane, similarity over time, alignment
    between algorithms (CKA), and how much of each hint a linear probe finds.
    """
    from nar_bench.ideas.selection import select
    from nar_bench.plugin.registry import registry
    from nar_bench.results.store import Store

    store = Store(folder)
    chosen, others = select(store, registry(), trials)
    from nar_bench.ideas.network import networks_of
    from nar_bench.ideas.page import to_json, write_page
    from nar_bench.ideas.study import Choice, study
    from nar_bench.runner.staleness import changed_since

    networks = [networks_of(record, store, registry()) for record in chosen]
    changed = sorted({part for record in chosen for part in changed_since(record, registry())})
    notes = [f"changed since the trial was run: {', '.join(changed)}"] if changed else []
    made = study(networks, Choice(inputs, measured, size), notes)
    if as_json:
        click.echo(to_json(made))
        return
    for note in notes:
        click.echo(f"warning: {note}", err=True)
    for record in chosen:
        click.echo(f"trial {record.trial}: {record.name} / {record.method} / seed {record.seed}")
    for record in others:
        click.echo(f"also there, --trial {record.trial}: {record.name} / {record.method} / seed {record.seed}")
    click.echo(write_page(made, out or store.ideas / "index.html"))
