"""A table of answers as text: CSV, JSON, Markdown or LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{one: f"\\{one}" for one in "&%$#_{}"},
    }
)


def to_json(table: pa.Table) -> str:
    """Return a list with one object for each row."""
    return json.dumps(table.to_pylist(), indent=1, default=str) + "\n"


def to_csv(table: pa.Table) -> str:
    """Return a line of names and one of values for each row; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return text.getvalue()


def to_markdown(table: pa.Table) -> str:
    """Return a table of GitHub's Markdown; numbers to three places, on the right."""
    rule = ["---:" if right else "---" for right in _right(table)]
    rows = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in _cells(table)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [table.column_names, rule, *rows])


def to_latex(table: pa.Table) -> str:
    """Return a tabular of the package booktabs; numbers to three places, on the right."""
    alignment = "".join("r" if right else "l" for right in _right(table))
    lines = [" & ".join(cell.translate(_LATEX) for cell in row) for row in [table.column_names, *_cells(table)]]
    body = "".join(f"  {line} \\\\\n" for line in lines[1:])
    return (
        f"\\begin{{tabular}}{{{alignment}}}\n  \\toprule\n  {lines[0]} \\\\\n  \\midrule\n{body}"
        "  \\bottomrule\n\\end{tabular}\n"
    )


TEXTS: Mapping[str, Callable[[pa.Table], str]] = {
    "csv": to_csv,
    "json": to_json,
    "markdown": to_markdown,
    "latex": to_latex,
}


def cell(value: Any) -> str:
    """Return what people are shown of a value: numbers to three places, nothing as -."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _cells(table: pa.Table) -> list[list[str]]:
    return [[cell(value) for value in row] for row in zip(*(one.to_pylist() for one in table.columns), strict=True)]


def _right(table: pa.Table) -> list[bool]:
    return [pa.types.is_integer(field.type) or pa.types.is_floating(field.type) for field in table.schema]
