"""Pages in a real browser: no error, no request, and all that a person does answers. Needs Debian's chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chosen import ALGORITHMS
from leaderboard.chromium import Page, find, page
from view.test_page import picture

from nar_bench.plugin.contracts import Drawing, Kind
from nar_bench.plugin.registry import registry
from nar_bench.results.store import Store
from nar_bench.view.instance import draw
from nar_bench.view.page import write_page
from nar_bench.view.picture import Picture, picture_of
from nar_bench.view.prediction import learned

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find() is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with page() as opened:
        yield opened


def opened(tab: Page, made: Picture, folder: Path, width: int = 1280, dark: bool = False, at: str = "") -> None:
    """Open a page and wait until it has unpacked its data."""
    tab.events.clear()
    tab.open(write_page(made, folder / "page.html").as_uri() + at, width, 900, dark)
    wait(tab, "typeof ready !== 'undefined' && ready")


def wait(tab: Page, condition: str) -> None:
    until = time.monotonic() + 20
    while not tab.run(condition):
        assert time.monotonic() < until, f"{condition} never became true; {tab.complaints()}"
        time.sleep(0.02)


def press(tab: Page, *keys: str) -> None:
    for key in keys:
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)


def quiet(tab: Page) -> None:
    assert tab.complaints() == []
    asked = [url for url in tab.requests() if not url.startswith(("file:", "about:"))]
    assert asked == []


def step(tab: Page) -> Any:
    return tab.run("position")


@pytest.fixture(scope="module")
def watched_picture(watched: Store) -> Picture:
    record = next(one for one in watched.records()[0] if len(one.algorithms) == 2)
    network = learned(record, watched, registry(), "insertion_sort")
    seen = network.draw(7, 0)
    return picture_of(seen, "sorting", None, [("size", "7")], network.predict(seen), record.method)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_is_stepped_through_and_played(browser: Page, name: str, tmp_path: Path) -> None:
    made = picture(name, 6)
    opened(browser, made, tmp_path)
    press(browser, *["ArrowRight"] * min(made.steps, 12))
    assert step(browser) == min(made.steps, 12)
    press(browser, "End")
    assert (step(browser), browser.run("find('at').textContent")) == (made.steps, "Output")
    press(browser, "Home", "ArrowRight", "ArrowLeft")
    assert step(browser) == 0
    browser.run("find('speed').value = 30; play.click()")
    wait(browser, f"position >= {min(2, made.steps)}")
    browser.run("stop(); document.querySelector('#inputs').open = true")
    wait(browser, "document.querySelector('#inputs table tr') !== null")
    assert browser.run("document.querySelectorAll('.pictures .node').length") == made.nodes
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    quiet(browser)


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_any_width_and_light(
    browser: Page, watched_picture: Picture, width: int, dark: bool, tmp_path: Path
) -> None:
    opened(browser, watched_picture, tmp_path, width, dark)
    press(browser, "ArrowRight", "ArrowRight")
    assert browser.run("document.documentElement.scrollWidth <= innerWidth"), "the page itself must not scroll sideways"
    assert browser.run("document.documentElement.classList.contains('dark')") == dark
    assert browser.run("document.querySelectorAll('#ideas canvas, #strip canvas').length") == 2
    browser.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000
    quiet(browser)


def test_values_on_the_page_are_those_of_the_run(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("insertion_sort", 5), tmp_path, at="#step=3")
    rows = "[...document.querySelectorAll('#nodes tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    assert browser.run(rows)[0] == ["pred_h", "1", "·", "3", "0", "2"], "as nar-bench show prints it"
    marked = "[...document.querySelectorAll('#nodes tbody tr')[0].cells].map(c => c.classList.contains('new'))"
    assert browser.run(marked) == [False, False, False, True, True, True]
    assert browser.run("find('told').textContent").startswith("pred_h: 2 → 3, 3 → 0, 4 → 2")


def test_bars_stand_in_the_order_of_the_step(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("insertion_sort", 9), tmp_path)
    keys = "[...truth(byName.get('key'), 0)]"
    for p in (0, 4, 8):
        browser.run(f"go({p})")
        time.sleep(0.4)
        lefts = browser.run("[...document.querySelectorAll('.bar')].map(b => b.getBoundingClientRect().left)")
        values = browser.run(keys)
        shown = [value for _, value in sorted(zip(lefts, values, strict=True))]
        assert shown[: p + 1] == sorted(values[: p + 1])
        assert shown[p + 1 :] == values[p + 1 :]


def test_the_line_that_ends_a_step_is_marked_and_the_book_named(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("insertion_sort", 6), tmp_path, at="#step=2")
    assert browser.run("document.querySelector('.listing li.end code').textContent").strip() == (
        "yield pred, successor, node"
    )
    assert browser.run("find('book').textContent") == "in the book: line 1; line 5; line 8"
    quiet(browser)


def test_errors_are_marked_and_gone_through(browser: Page, watched_picture: Picture, tmp_path: Path) -> None:
    opened(browser, watched_picture, tmp_path)
    on_nodes = [f for f in watched_picture.features if f.location == "node" and f.errors]
    wrong_at = [p for p in range(watched_picture.steps) if any(f.errors[p] for f in on_nodes if f.stage == "hint")] + [
        watched_picture.steps
    ] * any(f.errors[0] for f in on_nodes if f.stage == "output")
    assert wrong_at, "a network of three training steps is wrong somewhere"
    assert browser.run("position") == 0
    seen = []
    for _ in wrong_at:
        press(browser, "e")
        seen.append(step(browser))
    assert seen == wrong_at
    press(browser, "e")
    assert step(browser) == wrong_at[0], "after the last comes the first"
    pointer = next(f for f in on_nodes if f.name == "pred_h")
    for p in range(1, watched_picture.steps):
        browser.run(f"go({p})")
        row = "[...document.querySelectorAll('#nodes tbody tr')].find(r => r.cells[0].textContent === 'pred_h')"
        assert browser.run(f"{row}.querySelectorAll('td.bad').length") == pointer.errors[p]
    assert browser.run("document.querySelectorAll('figure[data-side=said] .arrow.bad').length") > 0
    assert browser.run("document.querySelectorAll('figure[data-side=truth] .bad').length") == 0
    quiet(browser)


def test_it_plays_to_the_end_and_stops_and_a_voice_is_left_in_peace(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("insertion_sort", 6), tmp_path)
    browser.run("find('speed').value = 30")
    press(browser, " ")
    assert browser.run("told.getAttribute('aria-live')") == "off"
    assert browser.run("play.getAttribute('aria-label')") == "Pause (space)"
    wait(browser, "position === T && !timer")
    assert browser.run("told.getAttribute('aria-live')") == "polite"
    press(browser, "ArrowLeft")
    assert browser.run("find('at').textContent") == "Step 5 of 5"
    assert browser.run("location.hash") == "#step=5", "so that a step can be linked to"


def test_keys_are_left_to_what_has_the_focus(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("bfs", 6), tmp_path)
    browser.run("find('speed').focus()")
    press(browser, "ArrowRight")
    assert step(browser) == 0
    browser.run("find('forth').focus()")
    press(browser, "ArrowRight")
    assert step(browser) == 1
    browser.run("slider.value = 0; slider.dispatchEvent(new Event('input'))")
    assert step(browser) == 0


def test_what_is_drawn_can_be_chosen(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("dfs", 8), tmp_path, at="#step=12")
    arrows = "document.querySelectorAll('.live g.arrow').length"
    before = browser.run(arrows)
    browser.run("document.querySelector('[data-drawn=s_prev]').click()")
    more = browser.run(arrows)
    assert more > before
    browser.run("document.querySelector('[data-drawn=pi_h]').click()")
    assert browser.run(arrows) == more - before


def test_the_theme_button_changes_the_page(browser: Page, tmp_path: Path) -> None:
    opened(browser, picture("lcs_length", 8), tmp_path)
    browser.run("find('theme').click()")
    assert browser.run("document.documentElement.classList.contains('dark')")
    assert browser.run("find('theme').textContent") == "Light"
    quiet(browser)


def test_damaged_data_are_told_of(browser: Page, tmp_path: Path) -> None:
    file = write_page(picture("bfs", 6), tmp_path / "page.html")
    text = file.read_text()
    start = text.index('id="packed">') + len('id="packed">')
    file.write_text(text[: start + 40] + "AAAAAAAA" + text[start + 48 :])
    browser.events.clear()
    browser.open(file.as_uri(), 1280, 900)
    wait(browser, "typeof ready !== 'undefined' && !find('cannot').hidden")
    assert "The data of this page cannot be read" in browser.run("find('cannot').textContent")


def test_words_and_names_of_a_plugin_cannot_become_markup(browser: Page, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    entry = registry().find(Kind.ALGORITHM, "kmp_matcher")
    drawing = Drawing(words={"key": (evil,) * 4, "phase": (evil, evil), "is_reset": (evil, evil)})
    made = picture_of(draw(entry.load(), 8, 0, {}), evil, drawing, [(evil, evil)], notes=[evil])
    opened(browser, made, tmp_path, at="#step=4")
    browser.run("find('inputs').open = true")
    press(browser, "ArrowRight", "End")
    browser.run("document.querySelector('.node').dispatchEvent(new PointerEvent('pointermove', {bubbles: true}))")
    assert "onerror" in browser.run("find('tip').textContent")
    assert browser.run("document.images.length") == 0
    quiet(browser)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bubble_sort", "mst_kruskal_v2", "optimal_bst", "strongly_connected_components"])
def test_a_step_of_a_large_run_is_drawn_in_less_than_a_quarter_of_a_second(
    browser: Page, name: str, tmp_path: Path
) -> None:
    opened(browser, picture(name, 64), tmp_path)
    took = browser.run(
        "(() => { const start = performance.now(); for (let i = 1; i < 21; i++) go(i); "
        "document.body.offsetHeight; return (performance.now() - start) / 20; })()"
    )
    assert took < 250, f"{took} ms"
    quiet(browser)
