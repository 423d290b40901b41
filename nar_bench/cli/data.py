"""`nar-bench data`: build, verify, publish and fetch data sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nar_bench.cli.options import with_plugins

if TYPE_CHECKING:
    from nar_bench.plugin.execution import Runner


@click.group("data")
def command() -> None:
    """Data sets: build from a recipe, verify, publish on the Hub, fetch."""


_executor = click.option(
    "--executor", help="Where files are made; by default worker processes. See: nar-bench list executors"
)
_options = click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of the executor; may be repeated."
)
_workers = click.option(
    "--workers", type=click.IntRange(min=1), help="Files that are made at once; by default one for each core."
)


@command.command("build")
@click.argument("name")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The folder; run again to resume.")
@click.option("--only", default="", metavar="NAMES", help="Keep these algorithms or configs (comma-separated).")
@_executor
@_options
@_workers
@with_plugins
def build_command(
    name: str, out: Path, only: str, executor: str | None, options: tuple[str, ...], workers: int | None
) -> int:
    """Build the data set NAME: a name, a TOML file, or the recipe.json of a data set that is to be made again.

    Running it again makes what is not there yet.
    """
    from nar_bench.cli.data_progress import RowProgress
    from nar_bench.cli.options import names
    from nar_bench.data_sets.blueprint import find_blueprint, resolve
    from nar_bench.data_sets.build import build, left_to_make
    from nar_bench.data_sets.recipe import anew, read_recipe
    from nar_bench.plugin.registry import registry

    plugins = registry()
    click.echo(f"{name}: working out the recipe; the first time on a machine each algorithm is compiled", err=True)
    if name.endswith(".json"):
        recipe = anew(read_recipe(Path(name)), names(only))
    else:
        recipe = resolve(find_blueprint(name, plugins), plugins, names(only))
    left, total = left_to_make(recipe, out), sum(split.files for config in recipe.configs for split in config.splits)
    rows = sum(part.count for config in recipe.configs for split in config.splits for part in split.parts)
    told = f"{recipe.name} v{recipe.version}: {len(recipe.configs)} configs, {rows:,} rows"
    click.echo(f"{told}; {len(left)} of {total} files to make")
    try:
        with RowProgress(sum(shard.places for shard in left)) as progress:
            manifest = build(recipe, out, _runner(out, executor, options, workers), progress, _files(plugins))
    except KeyboardInterrupt:
        click.echo("interrupted; the same command continues where this one stopped", err=True)
        return 130
    rows, size = (sum(getattr(file, field) for file in manifest.files) for field in ("rows", "bytes"))
    click.echo(f"{len(manifest.files)} files, {rows:,} rows, {size / 1e6:,.1f} MB in {out}")
    _tell_shared(manifest)
    click.echo(f"recipe {manifest.recipe.hash()}; check it with: nar-bench data verify {out}")
    return 0


def _tell_shared(manifest: Any) -> None:
    if not manifest.scanned:
        return
    count = sum(len(one.samples) for one in manifest.shared)
    what = "left out of training and validation" if manifest.recipe.leaks == "remove" else "reported on the card"
    told = f"{count:,} shared inputs, {what}" if count else "no input is shared"
    click.echo(f"leaks: {len(manifest.scanned)} configs compared; {told}")


@command.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--files", type=click.IntRange(min=0), default=3, show_default=True, help="Files to make again.")
@click.option("--all", "whole", is_flag=True, help="Make all files again.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Chooses the files.")
@_executor
@_options
@_workers
@with_plugins
def verify_command(
    folder: Path,
    files: int,
    whole: bool,
    seed: int,
    executor: str | None,
    options: tuple[str, ...],
    workers: int | None,
) -> int:
    """Check every file of FOLDER, and make some again and compare every value."""
    from nar_bench.data_sets.verify import verify
    from nar_bench.plugin.registry import registry

    runner = _runner(folder, executor, options, workers if whole or files > 1 else 1)
    checked = verify(folder, runner, None if whole else files, seed, plugins=_files(registry()))
    for one in checked:
        click.echo(
            f"  {one.path}: {f'DIFFERS: {one.difference}' if one.difference else f'{one.rows:,} rows, the same'}"
        )
    wrong = [one for one in checked if one.difference]
    if wrong:
        click.echo(f"{folder}: {len(wrong)} of {len(checked)} files are not what the recipe makes", err=True)
        return 1
    click.echo(f"{folder}: all checksums are right; {len(checked)} files made again, every value the same")
    return 0


@command.command("push")
@click.argument("repository")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do it; without it only what would be done is shown.")
@click.option("--tag", help="Instead of v and the data set's version.")
@click.option("--no-tag", is_flag=True, help="Publish without a tag: a part, that others add to.")
@click.option("--private", is_flag=True, help="If the repository is yet to be made.")
def push_command(repository: str, folder: Path, yes: bool, tag: str | None, no_tag: bool, private: bool) -> int:
    """Publish FOLDER as the data set REPOSITORY (owner/name): one commit, and a tag that never changes.

    Another person's configs of the same data set and version stay. The token is that of `hf auth login` or HF_TOKEN.
    """
    from nar_bench.hub.data_push import plan_push, push

    tag = "" if no_tag else tag
    planned = plan_push(folder, repository, tag)
    tell_plan(planned)
    if not yes:
        click.echo("nothing was sent; --yes does it")
        return 0
    commit = push(folder, repository, tag, private=private, tell=lambda text: click.echo(f"  {text}", err=True))
    click.echo(f"published: {repository} at {commit[:12]}{f', tag {planned.tag}' if planned.tag else ''}")
    return 0


def tell_plan(planned: Any) -> None:
    """Print what a push would do."""
    what = f"{planned.kind} {planned.repository}"
    if not planned.head:
        click.echo(f"{what}: would be made")
    click.echo(
        f"{what}: {len(planned.add)} files to add or change ({planned.bytes / 1e6:,.1f} MB), "
        f"{len(planned.unchanged)} unchanged, {len(planned.delete)} to delete"
    )
    for sign, paths in (("+", sorted(planned.add)), ("-", planned.delete)):
        for path in paths[:10]:
            click.echo(f"  {sign} {path}")
        if len(paths) > 10:
            click.echo(f"  {sign} and {len(paths) - 10} more")
    if planned.tag:
        click.echo(f"tag {planned.tag}: {'is there, with this content' if planned.tagged else 'would be made'}")


@command.command("pull")
@click.argument("source", metavar="REPOSITORY[@REVISION]")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The folder; run again to resume.")
@click.option("--only", default="", metavar="NAMES", help="Keep these configs (comma-separated).")
def pull_command(source: str, out: Path, only: str) -> int:
    """Fetch a published data set and check every byte of it."""
    from nar_bench.cli.options import names
    from nar_bench.hub.data_pull import pull

    manifest, commit = pull(source, out, names(only))
    rows, size = (sum(getattr(file, field) for file in manifest.files) for field in ("rows", "bytes"))
    told = f"{manifest.recipe.name} v{manifest.recipe.version} at {commit[:12]}"
    click.echo(
        f"{told}: {len(manifest.files)} files, {rows:,} rows, {size / 1e6:,.1f} MB in {out}, all checksums right"
    )
    return 0


def _runner(folder: Path, executor: str | None, options: tuple[str, ...], workers: int | None) -> Runner:
    from nar_bench.data_sets.build import BUILD, cores
    from nar_bench.plugin.execution import Terms
    from nar_bench.plugin.registry import registry
    from nar_bench.runner.executor import build_runner

    workers = workers or cores()
    name = executor or ("local" if workers > 1 else "in_process")
    return build_runner(registry(), name, options, Terms(workers, None, (folder / BUILD / "executor").resolve()))[1]


def _files(plugins: Any) -> tuple[Path, ...]:
    return tuple(Path(row.source.target) for row in plugins.rows if row.source.is_file)
