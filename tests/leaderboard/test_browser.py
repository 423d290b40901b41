"""The page in a real browser: no error, no request, and what a person clicks works. Needs Debian's chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from leaderboard.chromium import Page, find, page
from leaderboard.test_board import RECORDS

from nar_bench.leaderboard.build import build_board
from nar_bench.results.store import Store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find() is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = Store(tmp_path_factory.mktemp("results"))
    for one in RECORDS:
        store.write(one)
    return build_board(store, store.board).as_uri()


@pytest.fixture
def tab() -> Iterator[Page]:
    with page() as opened:
        yield opened


def shown(tab: Page, selector: str) -> list[str]:
    """Return the text of every visible element."""
    return tab.run(
        f"[...document.querySelectorAll({selector!r})].filter(e => e.checkVisibility()).map(e => e.textContent.trim())"
    )


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_loads_without_an_error_or_a_request_at_any_width(
    tab: Page, address: str, width: int, dark: bool, tmp_path: Path
) -> None:
    tab.open(address, width, 900, dark)
    assert tab.complaints() == []
    assert [url for url in tab.requests() if url not in (address, "about:blank")] == []
    assert tab.run("document.documentElement.scrollWidth <= innerWidth"), "the page itself must not scroll sideways"
    assert tab.run("document.documentElement.classList.contains('dark')") == dark
    tab.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_the_metric_switch_changes_every_number(tab: Page, address: str) -> None:
    tab.open(address, 1280, 900)
    first = "section:first-of-type tbody:first-of-type tr:first-child td:nth-child(2) span"
    assert [text[:5] for text in shown(tab, first)] == ["0.950"]
    assert len(shown(tab, ".what")) == 1
    tab.run("document.querySelector('input[value=exact_match]').click()")
    assert [text[:5] for text in shown(tab, first)] == ["0.750"]
    tab.run("document.querySelector('input[value=validity]').click()")
    assert [text[:5] for text in shown(tab, first)] == ["0.800"]
    assert tab.complaints() == []


def test_filters_hide_what_was_not_asked_for(tab: Page, address: str) -> None:
    tab.open(address, 1280, 900)
    assert len(shown(tab, "section.panel")) == 2
    tab.run("algorithm.value = 'bfs'; algorithm.dispatchEvent(new Event('change'))")
    assert len(shown(tab, "section.panel")) == 1
    assert len(shown(tab, "tbody:first-of-type tr[data-method]")) == 2
    tab.run("method.value = 'other (hints)'; method.dispatchEvent(new Event('change'))")
    assert [row.split()[0] for row in shown(tab, "tbody tr[data-method]")] == ["other"]
    assert len(shown(tab, "tr[data-method], .bounds tr")) == 3, "chance and oracle always stand"
    assert tab.run("[...document.querySelectorAll('g.curve')].filter(e => e.getBoundingClientRect().width).length") == 1
    tab.run("for (const e of [algorithm, method]) { e.value = ''; e.dispatchEvent(new Event('change')) }")
    assert len(shown(tab, "section.panel")) == 2


def test_columns_sort_both_ways_and_say_so(tab: Page, address: str) -> None:
    tab.open(address, 1280, 900)
    table = "document.querySelector('section table')"
    rows = f"[...{table}.tBodies[0].rows].map(r => r.dataset.method)"
    head = f"{table}.tHead.rows[0].cells"
    tab.run(f"{head}[2].querySelector('button').click()")
    assert tab.run(rows) == ["mpnn (hints)", "other (hints)"]
    assert tab.run(f"{head}[2].getAttribute('aria-sort')") == "descending"
    tab.run(f"{head}[2].querySelector('button').click()")
    assert tab.run(rows) == ["other (hints)", "mpnn (hints)"]
    assert tab.run(f"{head}[2].getAttribute('aria-sort')") == "ascending"
    tab.run(f"{head}[0].querySelector('button').click()")
    assert tab.run(rows) == ["mpnn (hints)", "other (hints)"]
    assert tab.run(f"{head}[0].getAttribute('aria-sort')") == "ascending"
    assert tab.run(f"{head}[2].getAttribute('aria-sort')") is None
    assert tab.run(f"{table}.tBodies[1].rows.length") == 2, "chance and oracle stay at the foot"


def test_the_theme_button_works_from_the_keyboard(tab: Page, address: str) -> None:
    tab.open(address, 1280, 900)
    tab.run("document.getElementById('theme').focus()")
    for kind in ("keyDown", "keyUp"):
        tab.call(
            "Input.dispatchKeyEvent",
            type=kind,
            key="Enter",
            code="Enter",
            windowsVirtualKeyCode=13,
            text="\r" if kind == "keyDown" else "",
        )
    assert tab.run("document.documentElement.classList.contains('dark')")
    assert tab.run("document.getElementById('theme').getAttribute('aria-pressed')") == "true"
