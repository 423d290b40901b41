"""The site in a real browser: no error, no request, and what a person clicks works. Needs Debian's chromium."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from leaderboard.chromium import Page, find, page
from leaderboard.made_board import make_boards, make_definition, record_of, submission_of

from nar_bench.leaderboard.build import build_boards
from nar_bench.leaderboard.definition import find_boards

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find() is None, reason="no chromium on this machine (apt-get install chromium)"),
]

FIRST = "section:first-of-type"
COLUMNS = f"[...document.querySelectorAll('{FIRST} thead th')]"
BOUNDS = f"[...document.querySelectorAll('{FIRST} .bounds th')].map(one => one.textContent)"
CHOOSE = """{{
  const chosen = [...document.querySelectorAll("select")].find(one => one.parentElement.textContent.startsWith("{0}"));
  chosen.value = "{1}";
  chosen.dispatchEvent(new Event("change"));
}}"""
ROWS = "[...document.querySelectorAll('section:first-of-type tbody:first-of-type tr')]"
METHODS = f"{ROWS}.map(row => row.querySelector('th .name a').textContent)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_boards(tmp_path_factory.mktemp("boards"), methods=8)
    return build_boards((), tmp_path_factory.mktemp("site"), folder).parent


@pytest.fixture
def tab() -> Iterator[Page]:
    with page() as opened:
        yield opened


def pages(site: Path) -> dict[str, Path]:
    return {
        "site": site / "index.html",
        "board": site / "invented" / "index.html",
        "algorithm": site / "invented" / "algorithms" / "bfs.html",
        "method": min((site / "invented" / "methods").glob("*.html")),
    }


def press(tab: Page, key: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        text = "\r" if key == "Enter" and kind == "keyDown" else ""
        tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text)


def clean(tab: Page, address: str) -> None:
    assert tab.complaints() == []
    assert [url for url in tab.requests() if url not in (address, "about:blank")] == []


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", ["site", "board", "algorithm", "method"])
def test_it_loads_without_an_error_or_a_request_at_any_width(
    tab: Page, site: Path, kind: str, width: int, dark: bool, tmp_path: Path
) -> None:
    address = pages(site)[kind].as_uri()
    tab.open(address, width, 900, dark)
    clean(tab, address)
    assert tab.run("document.documentElement.scrollWidth <= innerWidth"), "the page itself must not scroll sideways"
    assert tab.run("document.documentElement.classList.contains('dark')") == dark
    assert tab.run("document.querySelector('h1').textContent")
    tab.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_columns_sort_both_ways_say_so_and_leave_chance_and_oracle_at_the_foot(tab: Page, site: Path) -> None:
    address = pages(site)["board"].as_uri()
    tab.open(address, 1280, 900)
    ranked = tab.run(METHODS)
    assert ranked[0] == "method_0 (memory)"
    head = f"{COLUMNS}.find(one => one.textContent.startsWith('method'))"
    tab.run(f"{head}.querySelector('button').click()")
    assert tab.run(METHODS) == sorted(ranked)
    assert tab.run(f"{head}.getAttribute('aria-sort')") == "ascending"
    tab.run(f"{head}.querySelector('button').click()")
    assert tab.run(METHODS) == sorted(ranked)[::-1]
    assert tab.run(f"{head}.getAttribute('aria-sort')") == "descending"
    assert tab.run("document.getElementById('said').textContent") == "Sorted by method, descending."
    assert tab.run(BOUNDS) == ["oracle", "chance"]
    clean(tab, address)


def test_every_column_can_be_sorted(tab: Page, site: Path) -> None:
    address = pages(site)["board"].as_uri()
    tab.open(address, 1280, 900)
    count = tab.run("document.querySelectorAll('section:first-of-type thead button').length")
    assert count >= 14
    for i in range(count):
        for _ in range(2):
            tab.run(f"document.querySelectorAll('section:first-of-type thead button')[{i}].click()")
            assert len(tab.run(METHODS)) == 7
    clean(tab, address)


def test_filters_hide_rows_and_never_renumber_ranks(tab: Page, site: Path) -> None:
    address = pages(site)["board"].as_uri()
    tab.open(address, 1280, 900)
    ranks = f"{ROWS}.map(row => row.cells[0].textContent)"
    before = dict(zip(tab.run(METHODS), tab.run(ranks), strict=True))
    tab.run(CHOOSE.format("Regime", "hints"))
    assert tab.run(METHODS) == [name for name in before if "hints" in name]
    assert dict(zip(tab.run(METHODS), tab.run(ranks), strict=True)).items() <= before.items()
    tab.run(CHOOSE.format("Regime", ""))
    tab.run(
        "const box = document.getElementById('search'); box.value = 'METHOD_3'; box.dispatchEvent(new Event('input'))"
    )
    assert tab.run(METHODS) == ["method_3 (hints)"]
    assert tab.run("document.querySelectorAll('section:first-of-type .bounds tr').length") == 2, (
        "chance and oracle always stand"
    )
    tab.run("box.value = ''; box.dispatchEvent(new Event('input'))")
    tab.run(CHOOSE.format("Family", "Sorting"))
    assert set(tab.run(ranks)) == {"–"}, "ranks are of all algorithms"
    assert tab.run("document.querySelectorAll('.heatmap thead a').length") == 2
    assert "mean over 2 algorithms of Sorting" in tab.run(
        "document.querySelector('section:first-of-type .what').textContent"
    )
    clean(tab, address)


def test_methods_are_drawn_and_taken_away_by_their_boxes(tab: Page, site: Path) -> None:
    address = pages(site)["board"].as_uri()
    tab.open(address, 1280, 900)
    curves = "[...document.querySelectorAll('.two section:first-child .curve')].length"
    seeds = "document.querySelectorAll('.two section:first-child .curve:first-of-type .seed').length"
    assert (tab.run(curves), tab.run(seeds)) == (6, 3)
    tab.run("document.querySelector('.pick input').click()")
    assert tab.run(curves) == 5
    tab.run("document.querySelectorAll('.pick input')[6].click()")
    assert tab.run(curves) == 6
    clean(tab, address)


def test_seconds_of_two_machines_are_never_in_one_figure(tab: Page, site: Path) -> None:
    address = pages(site)["board"].as_uri()
    tab.open(address, 1280, 900)
    points = "document.querySelectorAll('.two section:last-child a.curve').length"
    assert tab.run(points) == 7
    tab.run(CHOOSE.format("Cost", "1"))
    shown = tab.run("page.rows.filter(row => row.rank && row.machines.join() === '0').length")
    assert 0 < shown < 7
    assert tab.run(points) == shown
    tab.run(CHOOSE.format("Machine", "1"))
    assert tab.run(points) == 7 - shown
    clean(tab, address)


def test_the_metric_switch_changes_an_algorithms_numbers(tab: Page, site: Path) -> None:
    address = pages(site)["algorithm"].as_uri()
    tab.open(address, 1280, 900)
    first = "document.querySelector('section:nth-of-type(2) tbody tr td').textContent"
    chance = "[...document.querySelectorAll('.bounds tr')].map(row => row.cells[1].textContent)"
    before = tab.run(first)
    assert tab.run(chance) == ["1.000", "0.050"]
    assert tab.run("document.querySelectorAll('.outside').length") == 1, "the reported number, hollow"
    tab.run("document.querySelector('input[value=exact_match]').click()")
    assert tab.run(first) != before
    assert tab.run(chance) == ["1.000", "–"]
    assert tab.run("document.querySelectorAll('.outside').length") == 0
    clean(tab, address)


def test_links_lead_from_the_list_to_a_method_and_back(tab: Page, site: Path) -> None:
    for kind, link, ends in (
        ("site", ".card", "invented/index.html"),
        ("board", "tbody th .name a", ".html"),
        ("board", ".heatmap thead a", "algorithms/bfs.html"),
        ("method", "nav a:nth-of-type(2)", "invented/index.html"),
    ):
        tab.open(pages(site)[kind].as_uri(), 1280, 900)
        target = tab.run(f"document.querySelector({link!r}).href")
        assert target.endswith(ends)
        assert Path(target.removeprefix("file://")).is_file()


def test_the_theme_button_and_sorting_work_from_the_keyboard(tab: Page, site: Path) -> None:
    tab.open(pages(site)["board"].as_uri(), 1280, 900)
    tab.run("document.getElementById('theme').focus()")
    press(tab, "Enter", 13)
    assert tab.run("document.documentElement.classList.contains('dark')")
    assert tab.run("document.getElementById('theme').getAttribute('aria-pressed')") == "true"
    before = tab.run(METHODS)
    tab.run(f"{COLUMNS}.find(one => one.textContent === 'method').querySelector('button').focus()")
    press(tab, "Enter", 13)
    press(tab, "Enter", 13)
    assert tab.run(METHODS) == before[::-1]


def test_every_table_has_a_caption_and_every_header_a_scope(tab: Page, site: Path) -> None:
    for kind in ("board", "algorithm", "method"):
        tab.open(pages(site)[kind].as_uri(), 1280, 900)
        assert tab.run("[...document.querySelectorAll('th')].every(one => one.scope)")
        assert tab.run("[...document.querySelectorAll('table:not(.options)')].every(one => one.caption)")
        told = "one.getAttribute('aria-label')"
        svg = f"[...document.querySelectorAll('svg')].every(one => one.getAttribute('aria-hidden') || {told})"
        assert tab.run(svg)
        assert tab.run(f"[...document.querySelectorAll('input, select')].every(one => one.labels.length || {told})")


def test_hostile_names_are_shown_and_not_executed(tab: Page, tmp_path: Path) -> None:
    evil = '"><img src=x onerror="document.title=1"></script><script>document.title=2</script>'
    make_definition(tmp_path / "boards", {evil: ["bfs"]}, [0])
    one = record_of(1, evil, "bfs", 0, 0.8, random.Random(0), regime=evil)
    made = submission_of("team", [one], notes=evil, commands=[evil])
    (tmp_path / "boards" / "invented" / "results" / "team.json").write_text(json.dumps(made))
    site = build_boards((), tmp_path / "site", tmp_path / "boards").parent
    for path in sorted(site.rglob("*.html")):
        tab.open(path.as_uri(), 1280, 900)
        assert tab.run("document.title").endswith("nar-bench"), path
        assert tab.run("document.querySelectorAll('img').length") == 0
    tab.open((site / "invented" / "index.html").as_uri(), 1280, 900)
    assert tab.run(METHODS)[0].startswith(evil)
    assert tab.complaints() == []


def test_a_board_without_methods_loads(tab: Page, tmp_path: Path) -> None:
    make_definition(tmp_path / "boards", {"Graphs": ["bfs"]}, [0])
    site = build_boards((), tmp_path / "site", tmp_path / "boards").parent
    for path in sorted(site.rglob("*.html")):
        tab.open(path.as_uri(), 1280, 900)
        clean(tab, path.as_uri())
        tab.events.clear()
    tab.open((site / "invented" / "index.html").as_uri(), 1280, 900)
    assert tab.run(BOUNDS) == ["oracle", "chance"]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The boards of this repository, by the command that a person types."""
    out = tmp_path_factory.mktemp("shipped") / "site"
    command = [str(Path(sys.executable).parent / "nar-bench"), "leaderboard", "build", "--all", "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize(("width", "dark"), [(375, True), (1280, False)])
@pytest.mark.parametrize("board", [one.definition.name for one in find_boards()])
def test_the_boards_of_this_repository_load_without_an_error_or_a_request(
    tab: Page, shipped: Path, board: str, width: int, dark: bool
) -> None:
    folder = shipped / board
    some = [
        folder / "index.html",
        *sorted(folder.glob("algorithms/*.html"))[:2],
        *sorted(folder.glob("methods/*.html"))[:2],
    ]
    for path in some:
        tab.open(path.as_uri(), width, 900, dark)
        assert tab.complaints() == []
        assert tab.run("document.documentElement.scrollWidth <= innerWidth"), path
        assert tab.run("document.querySelector('main h1') !== null")
    assert {url for url in tab.requests() if not url.startswith("file://")} <= {"about:blank"}
