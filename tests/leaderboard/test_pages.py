"""The site: what its pages hold, that names stay text, that it needs nothing from outside, what it leaves alone."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from leaderboard.made_board import make_boards, make_definition, record_of, submission_of
from made_records import record

import nar_bench
from nar_bench.errors import BoardError, StoreError
from nar_bench.evaluation.evaluate import Answers, evaluate
from nar_bench.leaderboard.build import MANIFEST, build_boards, build_run, embedded
from nar_bench.leaderboard.definition import find_boards
from nar_bench.leaderboard.entries import METRICS, slug
from nar_bench.leaderboard.load import load_board
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.leaderboard.pages import algorithm_page, board_page
from nar_bench.leaderboard.tables import downloads
from nar_bench.results.store import Store

EVIL = '</script><script>alert("1")</script><img src=x onerror=alert(2)>| [x](javascript:alert(3)) ../../../up \u2028'


class Reader(HTMLParser):
    """Checks that tags are closed, and keeps scripts and attributes."""

    void = frozenset({"meta", "input", "link", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]
        if tag not in self.void:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


def read(page: Path) -> tuple[Reader, dict]:
    reader = Reader()
    reader.feed(page.read_text())
    assert reader.open == []
    return reader, json.loads(reader.scripts[0])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("boards")
    make_boards(folder, methods=8)
    return build_boards((), tmp_path_factory.mktemp("site"), folder).parent


def test_every_page_is_well_formed_and_every_link_leads_to_a_file(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 1 + 1 + 5 + 8
    for page in pages:
        reader, _ = read(page)
        for link in reader.links:
            assert link.startswith("#") or (page.parent / link).resolve().is_file(), (page, link)


def test_pages_hold_the_numbers_of_the_board(site: Path) -> None:
    _, data = read(site / "invented" / "index.html")
    assert [row["rank"]["at"] for row in data["rows"] if row["rank"]] == list(range(1, 8))
    assert data["rows"][-1]["standing"] == "incomplete"
    best = data["rows"][0]
    assert best["averages"][0] == pytest.approx(sum(best["cells"]) / 5, abs=1e-3)
    assert sorted(best["curve"]) == ["16", "32", "64"]
    assert len(best["curve"]["64"]) == 3
    assert data["averages"] == ["5 algorithms", "2 categories"]
    assert [one["kind"] for one in data["reported"]] == ["mean over algorithms"]
    _, algorithm = read(site / "invented" / "algorithms" / "bfs.html")
    assert len(algorithm["rows"]) == 8
    assert [len(curve) for curve in algorithm["rows"][0]["curves"]["score"]] == [3, 3, 3]
    assert [one["model"] for one in algorithm["reported"]] == ["Someone's"]
    _, method = read(site / "invented" / "methods" / f"{best['key']}.html")
    assert [track["name"] for track in method["tracks"]] == [one["name"] for one in data["algorithms"]]
    assert any("made by: nar-bench run invented --predictions" in sentence for sentence in method["how"])


def test_pages_need_nothing_from_anywhere_and_say_so_to_the_browser(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
        assert "url(" not in text
        assert "@import" not in text
        assert "default-src 'none'" in text
        assert not re.search(
            r"\b(fetch|XMLHttpRequest|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b", text
        )


def test_hostile_names_stay_text_and_make_harmless_files(tmp_path: Path) -> None:
    make_definition(tmp_path / "boards", {EVIL: ["bfs"]}, [0])
    rng = random.Random(0)
    one = record_of(1, EVIL, "bfs", 0, 0.8, rng, regime=EVIL)
    one["environment"]["cpu"] = EVIL
    made = submission_of("team", [one], by=EVIL, notes=EVIL, commands=[EVIL])
    (tmp_path / "boards" / "invented" / "results" / "team.json").write_text(json.dumps(made))
    site = build_boards((), tmp_path / "site", tmp_path / "boards").parent
    plain = len(read(site / "index.html")[0].scripts)
    for page in site.rglob("*.html"):
        reader, _ = read(page)
        assert "img" not in reader.tags
        assert len(reader.scripts) == plain
        assert "alert(" not in "".join(reader.scripts[1:])
        assert re.fullmatch(r"[a-z0-9_-]+\.html", page.name)
    _, data = read(site / "invented" / "index.html")
    assert data["rows"][0]["method"].startswith(EVIL), "it is shown as it is"
    (folder,) = find_boards(folder=tmp_path / "boards")
    text = to_markdown(load_board(folder).board)
    assert "<img" not in text
    assert "<script" not in text
    assert "[x](javascript" not in text.replace("\\[", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["boards", "site"]


def test_an_algorithm_of_any_name_has_a_file_of_its_own() -> None:
    names = ["bfs", "../bfs", "Bfs", "b" * 300, "", "..", "con/../x", "ä"]
    files = [slug(name) for name in names]
    assert len(set(files)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,70}", file) for file in files)


def test_data_cannot_end_its_script() -> None:
    text = embedded({"a": "</script><!--<script>", "b": "\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--<script>", "b": "\u2028&"}


def test_equal_records_give_equal_bytes_whatever_their_order(tmp_path: Path) -> None:
    for folder, step in (("a", 1), ("b", -1)):
        store = Store(tmp_path / folder)
        for one in [record(1), record(2, seed=1), record(3, processor="other"), record(4, algorithm="dfs")][::step]:
            store.write(one)
        build_run(store, tmp_path / folder / "board")
    names = sorted(path.relative_to(tmp_path / "a" / "board") for path in (tmp_path / "a" / "board").rglob("*.*"))
    assert len(names) > 8
    for name in names:
        assert (tmp_path / "a" / "board" / name).read_bytes() == (tmp_path / "b" / "board" / name).read_bytes()


def test_a_folder_of_results_is_one_page_and_two_suites_are_two(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(record(1))
    page = build_run(store, store.board)
    assert read(page)[1]["board"]["title"] == "invented 1"
    assert "# invented 1" in (store.board / "board.md").read_text()
    store.write(record(2, suite={"name": "invented", "version": 2}))
    build_run(store, store.board)
    assert [one["title"] for one in read(page)[1]["boards"]] == ["invented 1", "invented 2"]
    assert not (store.board / "methods").is_dir() or not list((store.board / "methods").iterdir()), (
        "pages of before are gone"
    )
    assert (store.board / "invented-2" / "index.html").is_file()


def test_failed_and_damaged_trials_are_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(record(1))
    store.write(record(9, state="failed", scores=[], error={"type": "E", "message": "it broke", "traceback": ""}))
    (store.records_folder / "00000000000000ff.json").write_text("{")
    _, data = read(build_run(store, store.board))
    assert "it broke" in data["failed"][0]
    assert "00000000000000ff.json" in data["damaged"][0]
    assert "it broke" in (store.board / "board.md").read_text()


def test_an_empty_folder_is_a_page_that_says_so_and_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no results folder"):
        build_run(Store(tmp_path), tmp_path / "board")
    (tmp_path / "records").mkdir()
    assert read(build_run(Store(tmp_path), tmp_path / "board"))[1]["boards"] == []


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    make_boards(tmp_path / "boards", methods=2)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("mine")
    with pytest.raises(BoardError, match=r"holds files that no build of ours wrote"):
        build_boards((), tmp_path / "home", tmp_path / "boards")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.tex"]


def test_a_manifest_that_names_files_elsewhere_deletes_nothing(tmp_path: Path) -> None:
    make_boards(tmp_path / "boards", methods=2)
    site = build_boards((), tmp_path / "site", tmp_path / "boards").parent
    (tmp_path / "mine.txt").write_text("mine")
    (site / "old.html").write_text("old")
    manifest = json.loads((site / MANIFEST).read_text())
    manifest["files"] += ["../mine.txt", str(tmp_path / "mine.txt"), "old.html", 7]
    (site / MANIFEST).write_text(json.dumps(manifest))
    build_boards((), site, tmp_path / "boards")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (site / "old.html").exists()


def test_downloads_hold_what_the_page_shows(site: Path) -> None:
    _, data = read(site / "invented" / "index.html")
    rows = list(csv.DictReader(io.StringIO((site / "invented" / "standings.csv").read_text())))
    assert [row["method"] for row in rows] == [*(row["method"] for row in data["rows"]), "chance", "oracle"]
    assert float(rows[0]["mean over 5 algorithms"]) == pytest.approx(data["rows"][0]["averages"][0], abs=1e-4)
    assert rows[-3]["standing"] == "incomplete"
    assert rows[-3]["mean over 5 algorithms"] == ""
    assert json.loads((site / "invented" / "standings.json").read_text())[0]["rank"] == rows[0]["rank"]
    assert (site / "invented" / "standings.tex").read_text().startswith("\\begin{tabular}")
    scores = list(csv.DictReader(io.StringIO((site / "invented" / "scores.csv").read_text())))
    assert len(scores) == (7 * 3 + 2) * 5 * 3 * 5
    (one,) = [
        float(row["value"])
        for row in scores
        if (row["method"], row["algorithm"], row["seed"], row["size"], row["metric"])
        == (data["rows"][0]["method"], "bfs", "1", "64", "score")
    ]
    _, algorithm = read(site / "invented" / "algorithms" / "bfs.html")
    shown = next(row for row in algorithm["rows"] if row["key"] == data["rows"][0]["key"])
    assert shown["curves"]["score"][1][2] == pytest.approx(one, abs=1e-4)


def test_latex_and_csv_keep_hostile_names_apart_from_their_markup(tmp_path: Path) -> None:
    make_definition(tmp_path, {"Graphs": ["bfs"]}, [0])
    one = record_of(1, r'\input{/etc/passwd} & "a",b', "bfs", 0, 0.8, random.Random(0))
    (tmp_path / "invented" / "results" / "team.json").write_text(json.dumps(submission_of("team", [one])))
    (folder,) = find_boards(folder=tmp_path)
    files = downloads(load_board(folder).board)
    assert r"\input" not in files["standings.tex"]
    rows = list(csv.DictReader(io.StringIO(files["standings.csv"])))
    assert rows[0]["method"].startswith(r'\input{/etc/passwd} & "a",b')


@pytest.mark.slow
def test_every_metric_on_a_board_is_measured_and_explained(site: Path) -> None:
    bfs = nar_bench.algorithm("bfs")
    yielded = evaluate(bfs, lambda batch: Answers(batch.outputs, {}, batch.lengths), [4], 2, 0, {})
    assert set(METRICS) <= {metric for _, metric, _, _ in yielded}
    assert read(site / "invented" / "index.html")[1]["metrics"] == METRICS


def test_a_board_without_submissions_has_all_its_pages(tmp_path: Path) -> None:
    make_definition(tmp_path / "boards", {"Graphs": ["bfs", "dfs"]}, [0])
    site = build_boards((), tmp_path / "site", tmp_path / "boards").parent
    assert read(site / "invented" / "index.html")[1]["rows"] == []
    assert read(site / "invented" / "algorithms" / "dfs.html")[1]["rows"] == []
    (folder,) = find_boards(folder=tmp_path / "boards")
    board = load_board(folder).board
    assert board_page(board)["chance"] == [None, None]
    assert algorithm_page(board, "bfs")["sizes"] == []
