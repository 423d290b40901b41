"""The page in a real browser: no error, no request, and what a person points at answers. Needs Debian's chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from leaderboard.chromium import Page, find, page

from nar_bench.ideas.network import networks_of
from nar_bench.ideas.page import write_page
from nar_bench.ideas.selection import select
from nar_bench.ideas.study import Choice, Study, study
from nar_bench.plugin.registry import registry
from nar_bench.results.store import Store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find() is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def made(small_run: Store) -> Study:
    records = [one for one in small_run.records()[0] if one.processor.name == "memory_mpnn"]
    together = sorted(records, key=lambda one: one.regime == "hints")
    assert select(small_run, registry())[0] == together[:1]
    return study([networks_of(one, small_run, registry()) for one in together], Choice(3, 20, 6))


@pytest.fixture(scope="module")
def address(made: Study, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_page(made, tmp_path_factory.mktemp("page") / "ideas.html").as_uri()


@pytest.fixture
def tab() -> Iterator[Page]:
    with page() as opened:
        yield opened


def press(tab: Page, *keys: str) -> None:
    for key in keys:
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)


def change(tab: Page, element: str, value: object) -> None:
    tab.run(
        f"(e => {{ e.value = {value!r}; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')) }})"
        f"(document.getElementById('{element}'))"
    )


def marks(tab: Page) -> int:
    return int(tab.run("document.querySelectorAll('#plane circle.idea').length"))


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_loads_without_an_error_or_a_request_at_any_width(
    tab: Page, address: str, made: Study, width: int, dark: bool, tmp_path: Path
) -> None:
    tab.open(address, width, 900, dark)
    assert tab.complaints() == []
    assert [url for url in tab.requests() if url not in (address, "about:blank")] == []
    assert tab.run("document.documentElement.scrollWidth <= innerWidth"), "the page itself must not scroll sideways"
    assert tab.run("document.documentElement.classList.contains('dark')") == dark
    assert marks(tab) == sum(len(run.points) for run in made.panels[0].runs)
    assert tab.run("document.querySelectorAll('#matrix rect.cell').length") == len(made.panels[0].matrix.rows) ** 2
    pair = made.panels[0].pairs[0]
    assert tab.run("document.querySelectorAll('#steps rect.cell').length") == len(pair.rows) * len(pair.columns)
    tab.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_marks_are_numbered_by_their_step(tab: Page, address: str, made: Study) -> None:
    tab.open(address, 1280, 900)
    numbers = tab.run("[...document.querySelectorAll('#plane text.step-number')].map(e => Number(e.textContent))")
    assert sorted(numbers) == sorted(step for run in made.panels[0].runs for step in run.steps)
    fills = "new Set([...document.querySelectorAll('#plane circle.idea')].map(e => getComputedStyle(e).fill))"
    assert tab.run(f"{fills}.size") > 1, "the steps have colours of their own, and no other style takes them"


def test_the_slider_and_the_filter_leave_what_was_asked_for(tab: Page, address: str, made: Study) -> None:
    tab.open(address, 1280, 900)
    change(tab, "until", "1")
    assert marks(tab) == len(made.panels[0].runs)
    change(tab, "only", "bfs 2")
    assert marks(tab) == 2
    assert tab.run("document.getElementById('until-said').textContent").startswith("step 1 of ")
    tab.run("document.querySelector('input[value=pair]').click()")
    assert marks(tab) == 2
    assert tab.complaints() == []


def test_arrow_keys_walk_along_the_steps_and_say_where_they_are(tab: Page, address: str, made: Study) -> None:
    tab.open(address, 1280, 900)
    tab.run("document.getElementById('plane').focus()")
    said = "document.getElementById('plane-tip').textContent"
    press(tab, "ArrowRight")
    first = made.panels[0].runs[0]
    assert tab.run(said) == f"{first.algorithm}, input 1: step 1 of {first.of}"
    press(tab, "ArrowRight")
    assert tab.run(said) == f"{first.algorithm}, input 1: step {min(2, first.of)} of {first.of}"
    press(tab, "ArrowDown")
    assert "input 2" in tab.run(said)
    press(tab, "Escape")
    assert tab.run("document.getElementById('plane-tip').hidden")


def test_a_cell_that_is_pointed_at_tells_its_number(tab: Page, address: str, made: Study) -> None:
    tab.open(address, 1280, 900)
    tab.run("document.getElementById('matrix').scrollIntoView({block: 'center', behavior: 'instant'})")
    place = tab.run(
        "(b => [b.x + b.width / 2, b.y + b.height / 2])"
        "(document.querySelectorAll('#matrix rect.cell')[1].getBoundingClientRect())"
    )
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    row, column = made.panels[0].matrix.rows[:2]
    assert tab.run("document.getElementById('matrix-tip').textContent").startswith(
        f"{row.algorithm}, input {row.input} and {column.algorithm}, input {column.input} (its similar input): s = "
    )


def test_another_network_shows_its_own_ideas(tab: Page, address: str, made: Study) -> None:
    tab.open(address, 1280, 900)
    change(tab, "trial", "1")
    assert marks(tab) == sum(len(run.points) for run in made.panels[1].runs)
    assert tab.run("[...document.querySelectorAll('[data-trial]')].map(e => e.hidden)") == [True, False]
    assert tab.complaints() == []


def test_the_theme_button_changes_the_page(tab: Page, address: str) -> None:
    tab.open(address, 1280, 900)
    tab.run("document.getElementById('theme').click()")
    assert tab.run("document.documentElement.classList.contains('dark')")
    assert tab.run("document.getElementById('theme').textContent") == "Light"


@pytest.mark.parametrize("width", [375, 1280])
def test_what_is_asked_is_told_in_two_lines_at_most(tab: Page, address: str, width: int) -> None:
    tab.open(address, width, 900)
    lines = (
        "[...document.querySelectorAll('td.asked')].map(cell => { const text = document.createRange();"
        " text.selectNodeContents(cell); const small = cell.querySelector('small'); "
        " if (small) text.setEndBefore(small);"
        " return new Set([...text.getClientRects()].map(box => Math.round(box.top))).size })"
    )
    found = tab.run(lines)
    assert 2 in found
    assert set(found) <= {1, 2}


def test_a_wide_screen_shows_every_column_of_the_probes(tab: Page, address: str) -> None:
    tab.open(address, 1280, 900)
    assert tab.run("(box => box.scrollWidth <= box.clientWidth)(document.querySelector('.probed').parentElement)")
