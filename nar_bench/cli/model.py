"""`nar-bench model`: publish trained networks, and fetch and measure them again."""

from __future__ import annotations

from pathlib import Path

import click

from nar_bench.cli.data import tell_plan
from nar_bench.cli.options import with_plugins


@click.group("model")
def command() -> None:
    """Trained networks on the Hub: publish, fetch and measure again."""


@command.command("push")
@click.argument("repository")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("trial")
@click.option("--yes", is_flag=True, help="Do it; without it only what would be done is shown.")
@click.option("--tag", default="", help="A tag for it, which never changes.")
@click.option("--private", is_flag=True, help="If the repository is yet to be made.")
@with_plugins
def push_command(repository: str, run: Path, trial: str, yes: bool, tag: str, private: bool) -> int:
    """Publish TRIAL (an id, or how it begins) of the results folder RUN as the model REPOSITORY (owner/name)."""
    from nar_bench.results.store import Store
    from nar_bench.trained.hub import plan_push, push

    store = Store(run)
    record = store.find(trial)
    tell_plan(plan_push(store, record, repository, tag))
    if not yes:
        click.echo("nothing was sent; --yes does it")
        return 0
    commit = push(store, record, repository, tag, private=private, tell=lambda text: click.echo(f"  {text}", err=True))
    click.echo(f"published: {repository} at {commit[:12]}{f', tag {tag}' if tag else ''}")
    return 0


@command.command("pull")
@click.argument("source", metavar="REPOSITORY[@REVISION]")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The folder.")
@click.option("--no-evaluate", is_flag=True, help="Build it, but do not measure it again.")
@with_plugins
def pull_command(source: str, out: Path, no_evaluate: bool) -> int:
    """Fetch a published model, build its networks and measure them again."""
    from nar_bench.plugin.registry import registry
    from nar_bench.trained.folder import restore
    from nar_bench.trained.hub import pull
    from nar_bench.trained.measure import remeasure

    commit = pull(source, out)
    model = restore(out, registry())
    parameters = f"{model.record.parameters:,}" if model.record.parameters is not None else "unknown"
    click.echo(f"{model.trial.label} at {commit[:12]}: {parameters} parameters in {out}")
    if no_evaluate:
        return 0
    measured = remeasure(model)
    for old, new in measured.differing[:20]:
        one = old or new
        assert one is not None
        before, now = (f"{score.value:.6f}" if score else "nothing" for score in (old, new))
        click.echo(f"  {one.algorithm}, n = {one.size}, {one.point}, {one.metric}: recorded {before}, now {now}")
    if measured.differing:
        click.echo(f"{len(measured.differing)} of {len(measured.scores)} scores are not what the record says", err=True)
        return 1
    click.echo(f"measured again: all {len(measured.scores)} scores are those of the record")
    return 0
