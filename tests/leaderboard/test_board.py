"""Boards: the numbers they show, the rules they keep, and what they must not execute."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_records import record
from markupsafe import escape

import nar_bench
from nar_bench.errors import RecordError, StoreError
from nar_bench.evaluation.evaluate import Answers, evaluate
from nar_bench.leaderboard.board import IN_RECORDS, METRICS, make_board
from nar_bench.leaderboard.build import build_board, to_html
from nar_bench.leaderboard.curve import HEIGHT, WIDTH, make_figure
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.results.record import Record
from nar_bench.results.store import Store

RECORDS = [
    record(1, seed=0),
    record(2, seed=1, values={16: (1.0, 1.0, 1.0), 64: (0.9, 0.3, 0.4)}),
    record(3, processor="other", values={16: (0.5, 0.0, 0.0), 64: (0.25, 0.0, 0.0)}),
    record(4, algorithm="insertion_sort"),
]


def html(records: list[Record]) -> str:
    return to_html(make_board(records, []))


def test_every_metric_that_is_measured_is_explained_on_the_page_and_in_markdown() -> None:
    bfs = nar_bench.algorithm("bfs")
    hints = {feature.name: "hint/HINT" for feature in bfs.spec.hints}
    outputs = {feature.name: "OUTPUT" for feature in bfs.spec.outputs}
    yielded = evaluate(
        bfs,
        lambda batch: Answers(batch.outputs, {name: batch.padded(name)[1:] for name in hints}, batch.lengths),
        [4],
        2,
        0,
        {},
    )
    described = {*METRICS, *IN_RECORDS, "chance"}
    for _, metric, _, _ in yielded:
        kind, _, name = metric.partition("/")
        shown = hints[name] if kind == "hint" else f"{kind}/{outputs[name]}" if name else kind
        assert shown in described
    board = make_board(RECORDS, [])
    for what in (*METRICS.values(), *IN_RECORDS.values()):
        assert escape(what) in to_html(board)
        assert what in to_markdown(board)


def test_means_are_over_seeds_and_every_seed_is_there() -> None:
    panel = make_board(RECORDS, []).panels[0]
    assert (panel.algorithm, panel.sizes, panel.trained_up_to) == ("bfs", (16, 64), 16)
    mpnn, other = panel.rows
    assert mpnn.cells["score"][64].mean == pytest.approx(0.8)
    assert mpnn.cells["score"][64].values == (0.7, 0.9)
    assert mpnn.cells["score"][64].spread == (0.7, 0.9)
    assert other.cells["score"][64].spread is None
    assert panel.chance == {16: 0.05, 64: 0.05}


@pytest.mark.parametrize(("others", "warned"), [(["score/y"], 0), (["score/y", "micro_f1/y"], 1), ([], 1)])
def test_the_error_of_a_scalar_output_may_be_below_exact_match(others: list[str], warned: int) -> None:
    made = record(5, values={16: (0.0, 1.0, 1.0)})
    added = [made.scores[0].model_copy(update={"metric": metric}) for metric in others]
    panel = make_board([made.model_copy(update={"scores": [*made.scores, *added]})], []).panels[0]
    assert len(panel.rows[0].warnings) == warned


def test_a_seed_that_lacks_a_size_leaves_a_gap_and_no_mean() -> None:
    short = record(5, seed=2, values={16: (1.0, 1.0, 1.0)})
    row = make_board([RECORDS[0], short], []).panels[0].rows[0]
    assert row.cells["score"][64].mean is None
    assert row.cells["score"][16].mean == pytest.approx(0.95)


def test_versions_of_a_suite_are_apart() -> None:
    newer = record(5, suite={"name": "invented", "version": 2})
    assert [(p.suite_version, len(p.rows)) for p in make_board([RECORDS[0], newer], []).panels] == [(1, 1), (2, 1)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((0.9, 0.5, 0.4), "exact match 0.500 is above validity 0.400"),
        ((0.4, 0.5, 0.6), "exact match 0.500 is above the score 0.400"),
    ],
)
def test_numbers_that_cannot_be_are_flagged(values: tuple[float, float, float], says: str) -> None:
    board = make_board([record(1, values={16: values})], [])
    assert any(says in warning for warning in board.panels[0].rows[0].warnings)
    assert says in to_html(board)
    assert says in to_markdown(board)


def test_possible_numbers_are_not_flagged() -> None:
    assert all(row.warnings == () for panel in make_board(RECORDS, []).panels for row in panel.rows)


def test_failed_and_damaged_trials_stand_apart() -> None:
    failed = record(9, state="failed", scores=[], error={"type": "E", "message": "it broke", "traceback": ""})
    board = make_board([RECORDS[0], failed], [RecordError("x.json: the file: Invalid JSON")])
    for text in (to_html(board), to_markdown(board)):
        assert "it broke" in text
        assert "x.json: the file: Invalid JSON" in text
    assert len(board.panels[0].rows[0].seeds) == 1


def test_markup_in_a_name_stays_text() -> None:
    evil = '<script>alert("1")</script> | <img src=x onerror=alert(2)>'
    board = make_board([record(1, processor=evil, algorithm="a</title>b")], [])
    page = to_html(board)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert" in page
    assert page.count("<script>") == to_html(make_board([record(1)], [])).count("<script>")
    assert "<img" not in to_markdown(board)
    assert "\\|" in to_markdown(board)


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = html(RECORDS)
    assert not re.findall(r"(?:src|href)\s*=", page)
    assert not re.findall(r"https?://", page)
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_equal_records_give_equal_bytes_whatever_their_order(tmp_path: Path) -> None:
    for folder, records in (("a", RECORDS), ("b", RECORDS[::-1])):
        store = Store(tmp_path / folder)
        for one in records:
            store.write(one)
        build_board(store, tmp_path / folder / "board")
    for name in ("index.html", "board.md"):
        assert (tmp_path / "a" / "board" / name).read_bytes() == (tmp_path / "b" / "board" / name).read_bytes()


def test_the_page_is_well_formed_and_every_table_has_its_scopes() -> None:
    class Checker(HTMLParser):
        void = {"meta", "input", "link", "br"}

        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.headers = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in self.void:
                self.open.append(tag)
            if tag == "th":
                assert "scope" in dict(attrs)
                self.headers += 1
            if tag == "svg":
                assert dict(attrs)["role"] == "img"
                assert dict(attrs)["aria-label"]

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    checker.feed(html(RECORDS))
    assert checker.open == []
    assert checker.headers > 10


def test_curves_lie_inside_their_figure_and_higher_is_better() -> None:
    board = make_board(RECORDS, [])
    figure = make_figure(board.panels[0], "score", board.methods)
    points = [point for curve in figure.curves for seed in curve.seeds for point in seed] + list(figure.chance)
    assert len(points) == 2 * 2 + 2 + 2
    assert all(
        figure.left <= point.x <= figure.right <= WIDTH and figure.top <= point.y <= figure.bottom <= HEIGHT
        for point in points
    )
    best, worst = figure.curves[0].mean, figure.curves[1].mean
    assert best[1].y < worst[1].y
    assert best[0].x < best[1].x


@pytest.mark.parametrize("values", [{16: (1.0, 1.0, 1.0)}, {1: (0.5, 0.0, 0.0)}])
def test_a_single_size_can_be_drawn(values: dict[int, tuple[float, float, float]]) -> None:
    assert "<svg" in html([record(1, values=values)])


def test_an_empty_folder_is_a_page_that_says_so_and_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no results folder"):
        build_board(Store(tmp_path), tmp_path / "board")
    (tmp_path / "records").mkdir()
    assert "No finished trial yet." in build_board(Store(tmp_path), tmp_path / "board").read_text()


def test_a_thousand_records_stay_a_small_page() -> None:
    many = [record(i, processor=f"method_{i % 250}", seed=i // 250) for i in range(1, 1001)]
    assert len(html(many).encode()) < 3_000_000
