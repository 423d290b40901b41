"""`nar-bench results`: the scores in a results folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nar_bench.results.store import Store


@click.command("results")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print every score as JSON, one row each.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every score as CSV, one row each.")
def command(folder: Path, as_json: bool, as_csv: bool) -> None:
    """Show the scores in FOLDER: a summary, or every row with --json or --csv."""
    from nar_bench.results.store import Store

    if not (as_json or as_csv):
        print_summary(Store(folder))
        return
    import csv
    import json

    from nar_bench.results.table import SCHEMA, load_table

    rows = load_table(folder).to_pylist()
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        writer = csv.DictWriter(sys.stdout, SCHEMA.names)
        writer.writeheader()
        writer.writerows(rows)


def print_summary(store: Store) -> None:
    """Print one line per algorithm and method: score at each size and validity at the largest, means over seeds."""
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    from nar_bench.cli.options import wide_console
    from nar_bench.results.summary import summarise

    records, problems = store.records()
    sizes = sorted({score.size for record in records for score in record.scores})
    table = Table("algorithm", "method", "seeds", *(f"n = {size}" for size in sizes), box=SIMPLE, pad_edge=False)
    if sizes:
        table.add_column(f"valid at {sizes[-1]}")
        table.add_column(f"chance at {sizes[-1]}")
    for line in summarise(records):
        cells = [line.value("score", size) for size in sizes]
        last = [line.value("validity", sizes[-1]), line.value("chance", sizes[-1])]
        shown = ["-" if value is None else f"{value:.3f}" for value in [*cells, *last]]
        table.add_row(line.algorithm, escape(line.method), str(len(line.seeds)), *shown)
    wide_console().print(table)
    click.echo("score: the reference's, mean over seeds; valid: share of answers that the verifier accepts")
    for record in records:
        if record.state == "failed" and record.error:
            click.echo(f"failed: {record.name}, {record.method}, seed {record.seed}: {record.error.message}")
    for problem in problems:
        click.echo(f"damaged record, left out: {problem}", err=True)
