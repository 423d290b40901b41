"""Questions to a results folder, and answers as text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from made_records import content, record, together, used

from nar_bench.errors import QueryError
from nar_bench.results.compact import Compacted, compact
from nar_bench.results.export import to_csv, to_json, to_latex, to_markdown
from nar_bench.results.query import Filter, ask, select_scores
from nar_bench.results.record import Record
from nar_bench.results.store import Store


@pytest.fixture
def compacted(tmp_path: Path) -> Compacted:
    store = Store(tmp_path)
    store.write(record(1))
    store.write(record(2, "dfs", "gat", regime="memory", similarity=used("dot")))
    store.write(together(3, "bfs", "dfs", processor="gat"))
    shifted = content(4, processor="pgn")
    shifted["scores"] += [{**score, "point": "dense", "value": 0.0} for score in shifted["scores"]]
    store.write(Record.model_validate(shifted))
    store.write(record(5, state="failed", scores=[], error={"type": "E", "message": "broke", "traceback": ""}))
    return compact(store)


def numbers(table: pa.Table) -> set[int]:
    return {int(trial, 16) for trial in table["trial"].to_pylist()}


def test_all_scores_are_there_and_failed_trials_among_the_records(compacted: Compacted) -> None:
    assert len(select_scores(compacted, Filter())) == (1 + 1 + 2 + 2) * 2 * 4
    rows = ask(compacted, "select trial, state, error from records order by trial").to_pylist()
    assert [row["state"] for row in rows] == ["done"] * 4 + ["failed"]
    assert rows[-1]["error"] == "broke"


@pytest.mark.parametrize(
    ("wanted", "trials"),
    [
        (Filter(only=["bfs"]), {1, 3, 4}),
        (Filter(only=["bfs", "dfs"]), {1, 2, 3, 4}),
        (Filter(only=["bfs", "gat"]), {3}),
        (Filter(only=["dot"]), {2}),
        (Filter(only=["memory", "gat"]), {2}),
        (Filter(points=["dense"]), {4}),
        (Filter(sizes=[64], metrics=["chance"], only=["mpnn"]), {1}),
    ],
)
def test_filters_keep_what_matches_one_of_each_kind(compacted: Compacted, wanted: Filter, trials: set[int]) -> None:
    table = select_scores(compacted, wanted)
    assert numbers(table) == trials
    assert not wanted.sizes or set(table["size"].to_pylist()) == {64}
    assert not wanted.metrics or set(table["metric"].to_pylist()) == {"chance"}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Filter(only=["bsf"]), "no score is of 'bsf'. Did you mean 'bfs'?"),
        (Filter(metrics=["scor"]), "no score has the metric 'scor'. Did you mean 'score'?"),
        (Filter(sizes=[5]), "no score has the size 5. Known: 16, 64."),
        (Filter(points=["x"]), "no score has the point 'x'. Known: dense, own."),
    ],
)
def test_names_that_no_score_has_are_told(compacted: Compacted, wanted: Filter, says: str) -> None:
    with pytest.raises(QueryError, match=says.replace("?", r"\?")):
        select_scores(compacted, wanted)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("selec 1", "syntax error"),
        ("select nothing from scores", '"nothing" not found'),
        ("select * from score", "Tables: records \\(trial, state, suite, .*; scores \\(trial, suite, "),
        ("-- nothing", "asks for nothing; start with SELECT"),
    ],
)
def test_questions_that_are_none_are_told_with_the_tables(compacted: Compacted, sql: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        ask(compacted, sql)


TABLE = pa.table({"a_b": ["x|y", "50 % & more"], "n": [1, None], "value": [0.12345, 2.0]})


def test_csv_and_json_hold_every_digit() -> None:
    assert list(csv.reader(io.StringIO(to_csv(TABLE)))) == [
        ["a_b", "n", "value"],
        ["x|y", "1", "0.12345"],
        ["50 % & more", "", "2.0"],
    ]
    assert json.loads(to_json(TABLE)) == TABLE.to_pylist()


def test_markdown_and_latex_are_for_people() -> None:
    assert to_markdown(TABLE) == (
        "| a_b | n | value |\n| --- | ---: | ---: |\n| x\\|y | 1 | 0.123 |\n| 50 % & more | - | 2.000 |\n"
    )
    assert to_latex(TABLE) == (
        "\\begin{tabular}{lrr}\n  \\toprule\n  a\\_b & n & value \\\\\n  \\midrule\n  x|y & 1 & 0.123 \\\\\n"
        "  50 \\% \\& more & - & 2.000 \\\\\n  \\bottomrule\n\\end{tabular}\n"
    )
