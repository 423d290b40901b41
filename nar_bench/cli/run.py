"""`nar-bench run`: run a suite, show its table, build its board."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nar_bench.cli.options import with_plugins
from nar_bench.cli.plan import names


@click.command("run")
@click.argument("suite")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder; by default runs/SUITE.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the suite; may be repeated."
)
@click.option(
    "--only", default="", metavar="NAMES", help="Keep these algorithms, processors or regimes (comma-separated)."
)
@click.option("--retry-failed", is_flag=True, help="Run trials again that failed before.")
@click.option(
    "--executor", default="in_process", show_default=True, help="Where trials run; see: nar-bench list executors"
)
@click.option("--device", default="cpu", show_default=True, help="What networks run on: cpu, cuda or cuda:1.")
@click.option("--predictions", is_flag=True, help="Keep every answer to the test instances (Parquet).")
@click.option("--threads", type=click.IntRange(min=1), help="Threads within one operation; by default torch's choice.")
@with_plugins
def command(
    suite: str,
    out: Path | None,
    overrides: tuple[str, ...],
    only: str,
    retry_failed: bool,
    executor: str,
    device: str,
    predictions: bool,
    threads: int | None,
) -> int:
    """Run SUITE (a name or a TOML file). Running it again resumes it: finished trials are kept."""
    from rich.console import Console

    from nar_bench.leaderboard.build import build_board
    from nar_bench.runner.progress import reporter
    from nar_bench.runner.run import prepare, run_prepared

    prepared = prepare(suite, out, overrides, names(only))
    todo = prepared.todo(retry_failed=retry_failed)
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
    if todo and threads is not None:
        import torch

        torch.set_num_threads(threads)
    console = Console(file=sys.stdout)
    try:
        records = run_prepared(
            prepared,
            executor=executor,
            device=device,
            retry_failed=retry_failed,
            predictions=predictions,
            make_reporter=lambda trials: reporter(trials, console),
        )
    except KeyboardInterrupt:
        click.echo("interrupted; the same command continues where this one stopped", err=True)
        return 130
    from nar_bench.cli.results import print_summary

    print_summary(prepared.store)
    click.echo(f"board: {build_board(prepared.store, prepared.store.board)}")
    failed = [record for record in records if record.state == "failed"]
    if failed:
        click.echo(f"{len(failed)} trials failed; see the tracebacks in {prepared.store.path / 'records'}", err=True)
    return 1 if failed else 0
