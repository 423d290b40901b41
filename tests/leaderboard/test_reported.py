"""Published numbers: each with its source, beside ours and never among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_records import record, together, used

from nar_bench.errors import RecordError
from nar_bench.leaderboard.board import make_board
from nar_bench.leaderboard.build import build_board, to_html
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.leaderboard.reported import Reported, read_reported, shipped_reported
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.results.store import Store

MADE_UP = Reported("nar-bench/bfs", "A <b> model", 64, "12.30", "0.4", "of three", "X 1999", "otherwise", "Table 7")
HEADER = "algorithm,model,size,percent,spread,spread_is,paper,protocol,source\n"


def test_a_number_is_shown_with_all_that_belongs_to_it_and_no_markup() -> None:
    board = make_board([record(1)], [], [MADE_UP])
    for text in (to_html(board), to_markdown(board)):
        for part in ("A &lt;b&gt; model", "0.1230 ± 0.0040", "of three", "X 1999", "otherwise", "Table 7"):
            assert part in text
        assert "<b> model" not in text
    assert "not ranked with" in to_html(board)
    assert "not ranked with" in to_markdown(board)


def test_it_is_no_row_no_curve_and_no_method() -> None:
    with_it, without = make_board([record(1)], [], [MADE_UP]), make_board([record(1)], [])
    assert with_it.panels[0].rows == without.panels[0].rows
    assert with_it.methods == without.methods
    assert to_html(with_it).count("data-method") == to_html(without).count("data-method")


def test_only_the_algorithm_itself_is_given_it() -> None:
    theirs = record(1, algorithms=[used("bfs", id="other/bfs", distribution="other")])
    panels = make_board([theirs, record(2, algorithm="dfs")], [], [MADE_UP]).panels
    assert [panel.reported for panel in panels] == [(), ()]
    (first, second) = make_board([together(3, "bfs", "dfs")], [], [MADE_UP]).panels
    assert (first.reported, second.reported) == ((MADE_UP,), ())


def test_a_built_board_has_the_numbers_that_are_shipped(tmp_path: Path) -> None:
    Store(tmp_path).write(record(1))
    page = build_board(Store(tmp_path), tmp_path / "board").read_text()
    assert "0.9973 ± 0.0004" in page
    assert "0.9973 ± 0.0004" in (tmp_path / "board" / "board.md").read_text()


def test_the_shipped_numbers_are_of_our_algorithms_and_each_stands_once() -> None:
    numbers = shipped_reported()
    known = {entry.id for entry in registry().entries(Kind.ALGORITHM)}
    assert {one.algorithm for one in numbers} <= known
    keys = [(one.algorithm, one.model, one.size, one.paper) for one in numbers]
    assert len(set(keys)) == len(keys)
    assert all("arXiv" in one.source for one in numbers)


def test_the_mean_of_triplet_gmpnn_is_the_published_one() -> None:
    """Ibarz et al. 2022 print 75.98 for the mean over the thirty, so no number was copied wrongly by more than that."""
    scores = [float(one.percent) for one in shipped_reported() if one.model == "Triplet-GMPNN"]
    assert len(scores) == 30
    assert sum(scores) / 30 == pytest.approx(75.98, abs=0.005)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a/b,M,64,12,,,P,Q", "line 2: it does not have 9 values"),
        ("a/b,M,64,12,,,P,Q,S,T", "line 2: it does not have 9 values"),
        ("a/b,M,64,twelve,,,P,Q,S", "line 2: could not convert string to float: 'twelve'"),
        ("a/b,M,64,120,,,P,Q,S", "line 2: a percentage is needed"),
        ("a/b,M,n,12,,,P,Q,S", "line 2: invalid literal for int"),
        ("a/b,M,64,12,,,P,Q,", "line 2: 'source' is empty; every number needs one"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "reported.csv"
    file.write_text(f"{HEADER}{line}\n")
    with pytest.raises(RecordError, match=says):
        list(read_reported(file))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "reported.csv"
    file.write_text("algorithm,score\nbfs,1\n")
    with pytest.raises(RecordError, match="they must be algorithm, model, size"):
        list(read_reported(file))
