"""What can be downloaded from a board: its standings, and every score of every seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from nar_bench.leaderboard.board import Board, Row, average_names
from nar_bench.results.export import to_csv, to_json, to_latex


def downloads(board: Board) -> dict[str, str]:
    """Return the content of each file by its name."""
    standings = standings_table(board)
    return {
        "standings.csv": to_csv(standings),
        "standings.json": to_json(standings),
        "standings.tex": to_latex(standings.select(_in_paper(standings))),
        "scores.csv": _fast_csv(scores_table(board)),
    }


def standings_table(board: Board) -> pa.Table:
    """Return one row for each entry, best first, and the rows chance and oracle."""
    rows = [_standing(board, row) for row in board.rows]
    by_algorithm, by_category = average_names(board.definition)
    names = {"rank": None, **dict.fromkeys(_columns(board))}
    chance = {f"mean over {name}": board.chance_means.get(name) for name in (by_algorithm, by_category)}
    oracle = {f"mean over {name}": 1.0 for name in (by_algorithm, by_category)}
    rows += [
        {**names, "method": "chance", "standing": "bound", **chance},
        {**names, "method": "oracle", "standing": "bound", **oracle},
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_columns(board).items())))


def scores_table(board: Board) -> pa.Table:
    """Return one row for each entry, algorithm, seed, size and metric; words are kept once (dictionaries)."""
    words: dict[str, list[str]] = {name: [] for name in _WORDS}
    counts: list[int] = []
    sizes: list[int] = []
    seeds: list[int] = []
    values: list[float | None] = []
    for row in board.rows:
        for name, track in row.entry.tracks.items():
            if name not in board.definition.algorithms:
                continue
            for metric, by_size in track.values.items():
                one = row.entry
                told = (
                    one.submission,
                    one.method,
                    one.state,
                    row.standing,
                    name,
                    board.definition.category(name),
                    metric,
                )
                for word, text in zip(_WORDS, told, strict=True):
                    words[word].append(text)
                counts.append(len(by_size) * len(track.seeds))
                for size, of_seeds in by_size.items():
                    sizes += [size] * len(of_seeds)
                    seeds += track.seeds
                    values += of_seeds
    columns: dict[str, Any] = {word: _repeated(texts, counts) for word, texts in words.items()}
    columns |= {"seed": pa.array(seeds, pa.int64()), "size": pa.array(sizes, pa.int64())}
    table = pa.table({**columns, "value": pa.array(values, pa.float64())})
    return table.filter(pc.is_valid(table["value"]))


_WORDS = ("submission", "method", "state", "standing", "algorithm", "category", "metric")


def _repeated(texts: list[str], counts: list[int]) -> pa.Array:
    """Return a column that has each text as often as its count says."""
    known = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    codes = np.repeat(np.array([known[text] for text in texts], np.int32), counts)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(known), pa.string()))


def _fast_csv(table: pa.Table) -> str:
    """Return CSV of a table that may have millions of rows."""
    made = pa.BufferOutputStream()
    plain = table.cast(pa.schema([(one.name, pa.string() if one.name in _WORDS else one.type) for one in table.schema]))
    csv.write_csv(plain, made)
    return str(made.getvalue().to_pybytes(), "utf-8")


def _columns(board: Board) -> dict[str, pa.DataType]:
    by_algorithm, by_category = average_names(board.definition)
    number, text = pa.float64(), pa.string()
    return {
        "rank": text,
        "tie groups": text,
        "method": text,
        "submission": text,
        "state": text,
        "standing": text,
        f"mean over {by_algorithm}": number,
        f"mean over {by_category}": number,
        "low": number,
        "high": number,
        "solve rate": number,
        "N90": text,
        "exact match": number,
        "validity": number,
        "above chance": number,
        "parameters": number,
        "training s": number,
        "memory MiB": number,
        "machine": text,
        "seeds": pa.int64(),
        "algorithms": pa.int64(),
    }


def _standing(board: Board, row: Row) -> dict[str, object]:
    by_algorithm, by_category = average_names(board.definition)
    return {
        "rank": span(row),
        "tie groups": " ".join(str(group + 1) for group in row.rank.groups) if row.rank else None,
        "method": row.entry.method,
        "submission": row.entry.submission or None,
        "state": row.entry.state,
        "standing": row.standing,
        f"mean over {by_algorithm}": row.averages.get(by_algorithm),
        f"mean over {by_category}": row.averages.get(by_category),
        "low": row.mean.low if row.mean else None,
        "high": row.mean.high if row.mean else None,
        "solve rate": row.solved.value if row.solved else None,
        "N90": str(row.reach) if row.reach else None,
        "exact match": row.means["exact_match"],
        "validity": row.means["validity"],
        "above chance": row.means["chance_corrected"],
        "parameters": row.costs.parameters,
        "training s": row.costs.train_seconds,
        "memory MiB": row.costs.memory,
        "machine": "; ".join(map(str, row.costs.machines)),
        "seeds": len(board.definition.seeds) if row.standing != "incomplete" else None,
        "algorithms": sum(cell.estimate is not None for cell in row.cells.values()),
    }


def span(row: Row) -> str | None:
    """Return the ranks that the seeds leave open, "1-3"."""
    if row.rank is None:
        return None
    return str(row.rank.low) if row.rank.low == row.rank.high else f"{row.rank.low}-{row.rank.high}"


def _in_paper(table: pa.Table) -> list[str]:
    """Return the columns that fit on a printed page."""
    means = [name for name in table.column_names if name.startswith("mean over")]
    return ["rank", "method", *means, "low", "high", "solve rate", "N90", "validity"]
