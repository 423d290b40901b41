"""`nar-bench results`: the scores in a results folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nar_bench.cli.options import names

if TYPE_CHECKING:
    import pyarrow as pa

    from nar_bench.results.store import Store

LINES = 200
"""The most rows that are shown to people."""


@click.command("results")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--sql", metavar="QUERY", help="Ask in SQL (DuckDB): tables `scores` and `records`.")
@click.option(
    "--only", default="", metavar="NAMES", help="Scores of these algorithms, processors, regimes, similarities."
)
@click.option("--metric", "metrics", multiple=True, help="Scores of this metric; may be repeated.")
@click.option("--size", "sizes", multiple=True, type=int, help="Scores of this problem size; may be repeated.")
@click.option("--point", "points", multiple=True, help="Scores of this shift point; may be repeated.")
@click.option("--json", "form", flag_value="json", help="Print JSON, one object for each row.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@click.option("--latex", "form", flag_value="latex", help="Print LaTeX (booktabs).")
@click.option("--parquet", type=click.Path(path_type=Path), metavar="FILE", help="Write a Parquet file.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of records; takes no FOLDER.")
def command(
    folder: Path | None,
    sql: str | None,
    only: str,
    metrics: tuple[str, ...],
    sizes: tuple[int, ...],
    points: tuple[str, ...],
    form: str | None,
    parquet: Path | None,
    schema: bool,
) -> None:
    """Show the scores in FOLDER: a summary, or the rows that are asked for.

    Without --sql a row is one score: of a trial, algorithm, shift point, size and metric. Records are read once; a
    table of all of them is kept in FOLDER/cache and brought up to date by itself.
    """
    from nar_bench.results.store import Store

    if schema:
        from nar_bench.results.schema import FILE

        click.echo(FILE.read_text(encoding="utf-8"), nl=False)
        return
    if folder is None:
        raise click.UsageError("name a results folder, such as runs/quickstart")
    if not (sql is not None or only or metrics or sizes or points or form or parquet):
        print_summary(Store(folder))
        return
    from nar_bench.results.compact import compact
    from nar_bench.results.query import Filter
    from nar_bench.results.table import table_of

    compacted = compact(Store(folder))
    for problem in compacted.problems:
        click.echo(f"damaged record, left out: {problem}", err=True)
    table = table_of(compacted, Filter(names(only), metrics, sizes, points), sql)
    if parquet is not None:
        _write_parquet(table, parquet)
    if form is not None:
        from nar_bench.results.export import TEXTS

        click.echo(TEXTS[form](table), nl=False)
    elif parquet is None:
        _print_rows(table)


def _write_parquet(table: pa.Table, path: Path) -> None:
    from nar_bench.results.files import write_parquet

    write_parquet(path, table)
    click.echo(f"{path}: {table.num_rows} rows", err=True)


def _print_rows(table: pa.Table) -> None:
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    from nar_bench.cli.options import wide_console
    from nar_bench.results.export import cell

    shown = Table(*map(escape, table.column_names), box=SIMPLE, pad_edge=False)
    for row in zip(*(column.to_pylist() for column in table.slice(0, LINES).columns), strict=True):
        shown.add_row(*(escape(cell(value)) for value in row))
    wide_console().print(shown)
    if table.num_rows > LINES:
        click.echo(f"the first {LINES} of {table.num_rows} rows; all of them with --csv, --json or --parquet FILE")


def print_summary(store: Store) -> None:
    """Print one line per algorithm and method: score at each size and validity at the largest, means over seeds."""
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    from nar_bench.cli.options import wide_console
    from nar_bench.results.record import OWN_POINT
    from nar_bench.results.summary import summarise

    records, problems = store.records()
    sizes = sorted({score.size for record in records for score in record.scores if score.point == OWN_POINT})
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
