"""`nar-bench run`: run a suite, show its table, build its board."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nar_bench.cli.options import names, with_plugins


@click.command("run")
@click.argument("suite")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder; by default runs/SUITE.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the suite; may be repeated."
)
@click.option(
    "--only", default="", metavar="NAMES", help="Keep these algorithms, processors or regimes (comma-separated)."
)
@click.option("--retry", type=click.Choice(["failed"]), help="Run trials again that failed before.")
@click.option(
    "--executor", default="in_process", show_default=True, help="Where trials run; see: nar-bench list executors"
)
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of the executor; may be repeated."
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Trials that run at once.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="For each trial; then it fails.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Times that a trial is tried again whose worker died.",
)
@click.option("--device", default="cpu", show_default=True, help="What networks run on: cpu, cuda or cuda:1.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that share the training of a trial, each with its part of every batch.",
)
@click.option("--predictions", is_flag=True, help="Keep every answer to the test instances (Parquet).")
@click.option(
    "--observer",
    "observers",
    multiple=True,
    metavar="NAME",
    help="Tell it how trials go: nar-bench list observers",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Threads within one operation; by default torch's choice, and 1 in workers.",
)
@with_plugins
def command(
    suite: str,
    out: Path | None,
    overrides: tuple[str, ...],
    only: str,
    retry: str | None,
    executor: str,
    options: tuple[str, ...],
    workers: int,
    time_limit: float | None,
    retries: int,
    device: str,
    processes: int,
    predictions: bool,
    observers: tuple[str, ...],
    threads: int | None,
) -> int:
    """Run SUITE (a name or a TOML file). Running it again resumes it: finished trials are kept.

    Several runs may share a results folder, on one machine or several; none does a trial that another is at.
    """
    from rich.console import Console

    from nar_bench.leaderboard.build import build_run
    from nar_bench.runner.progress import reporter
    from nar_bench.runner.run import prepare, run_prepared

    prepared = prepare(suite, out, overrides, names(only))
    todo = prepared.todo(retry_failed=retry == "failed")
    click.echo(
        f"{prepared.source.suite.name}: {len(todo)} of {len(prepared.planned)} trials to run, "
        f"results in {prepared.store.path}"
    )
    for one in prepared.planned:
        if one.state == "skipped":
            click.echo(f"  skipped {one.trial.label}: {one.reason}")
    lacking = [
        one for one in prepared.planned if one.state == "done" and not prepared.store.predictions(one.trial.id).exists()
    ]
    if predictions and lacking:
        click.echo(
            f"  {len(lacking)} finished trials have no predictions and are not run again; "
            "for theirs, run the suite in another folder (--out)"
        )
    console = Console(file=sys.stdout)
    try:
        records = run_prepared(
            prepared,
            executor=executor,
            options=options,
            workers=workers,
            time_limit=time_limit,
            retries=retries,
            device=device,
            processes=processes,
            threads=threads,
            retry_failed=retry == "failed",
            predictions=predictions,
            observers=observers,
            make_reporter=lambda trials: reporter(trials, console),
        )
    except KeyboardInterrupt:
        click.echo("interrupted; the same command continues where this one stopped", err=True)
        return 130
    from nar_bench.cli.results import print_summary

    print_summary(prepared.store)
    click.echo(f"board: {build_run(prepared.store, prepared.store.board)}")
    failed = [record for record in records if record.state == "failed"]
    if failed:
        click.echo(f"{len(failed)} trials failed; see the tracebacks in {prepared.store.path / 'records'}", err=True)
    return 1 if failed else 0
