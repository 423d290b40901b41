"""Write boards as a static site: every page self-contained, working from a file:// address, with no network.

SITE/index.html                     the board, where it is the only one of a results folder; else the list of boards
SITE/[<board>/]index.html           a board
SITE/[<board>/]methods/<key>.html   a method of a submission
SITE/[<board>/]algorithms/<name>.html
SITE/[<board>/]standings.csv, .json, .tex, scores.csv
SITE/site.json                      the files that a build wrote, so that the next one removes those that it does not

Pages hold no time of their own: equal records give equal bytes. Names of files are made of letters, digits and dashes,
whatever methods are called.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nar_bench.errors import BoardError
from nar_bench.leaderboard.board import Board
from nar_bench.leaderboard.colours import COLOURS, MARKS
from nar_bench.leaderboard.definition import find_boards
from nar_bench.leaderboard.entries import slug
from nar_bench.leaderboard.load import Loaded, load_board, load_run
from nar_bench.leaderboard.markdown import to_markdown
from nar_bench.leaderboard.pages import Page, algorithm_page, board_page, method_page
from nar_bench.leaderboard.tables import downloads
from nar_bench.results.files import write_whole
from nar_bench.results.store import Store

if TYPE_CHECKING:
    from jinja2 import Environment

MANIFEST = "site.json"


def build_boards(names: Sequence[str], out: Path, folder: Path | None = None) -> Path:
    """Write boards by name, or all of them, and return the path of the first page.

    Args:
        folder: of the boards; by default ours.

    Raises:
        BoardError, UnknownName: a board is wrong or not there, or `out` holds something else.
        StoreError: `out` cannot be written.
    """
    with _no_collection():
        loaded = [load_board(one) for one in find_boards(names, folder)]
        return _write(out, _several({one.board.definition.name: one for one in loaded}))


def build_run(store: Store, out: Path) -> Path:
    """Write the boards of a results folder, a page for each suite version, and return the path of the first page.

    Raises:
        StoreError: there are no results, or `out` cannot be written.
        BoardError: `out` holds something else.
    """
    with _no_collection():
        loaded, damaged, failed = load_run(store)
        if len(loaded) == 1:
            files = dict(board_files(loaded[0], alone=True, damaged=damaged, failed=failed))
        else:
            named = {f"{one.board.definition.name}-{one.board.definition.suite.version}": one for one in loaded}
            files = _several(named, damaged, failed)
        notes = [f"- damaged record, left out: {one}" for one in damaged] + [f"- failed trial: {one}" for one in failed]
        text = "\n".join([to_markdown(one.board) for one in loaded] or ["No finished trial yet.\n"])
        files["board.md"] = text + ("\n" + "\n".join(notes) + "\n" if notes else "")
        return _write(out, files)


def board_files(
    loaded: Loaded, *, alone: bool, damaged: Sequence[str] = (), failed: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield every file of a board by its path within it.

    Args:
        alone: whether there is no list of boards above it.
    """
    board, environment = loaded.board, _environment()
    home = None if alone else "../index.html"
    title = board.definition.title
    page = {**board_page(board), "damaged": list(damaged), "failed": list(failed)}
    yield "index.html", _render(environment, "board", title, page, home, "index.html")
    up = None if alone else "../../index.html"
    for name in board.definition.algorithms:
        shown = algorithm_page(board, name)
        yield (
            f"algorithms/{slug(name)}.html",
            _render(environment, "algorithm", f"{name} · {title}", shown, up, "../index.html"),
        )
    for row in board.rows:
        shown = method_page(board, row, loaded.how(row.entry))
        yield (
            f"methods/{row.entry.key}.html",
            _render(environment, "method", f"{row.entry.method} · {title}", shown, up, "../index.html"),
        )
    yield from downloads(board).items()


def embedded(page: Any) -> str:
    """Return data as JSON that can stand inside a script element, whatever text is in it."""
    text = json.dumps(page, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Look for no garbage: millions of numbers are read and kept, and each look would go through all of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # All that was made goes to the oldest generation, unseen; else the next look would go through it after all.
        gc.freeze()
        gc.unfreeze()
        if was:
            gc.enable()


def _several(loaded: Mapping[str, Loaded], damaged: Sequence[str] = (), failed: Sequence[str] = ()) -> dict[str, str]:
    """Return the files of several boards, each in its folder, and the list of them."""
    page: Page = {"boards": [_card(folder, one.board) for folder, one in loaded.items()]}
    page |= {"damaged": list(damaged), "failed": list(failed)}
    files = {"index.html": _render(_environment(), "site", "nar-bench boards", page, None, None)}
    for folder, one in loaded.items():
        files |= {f"{folder}/{name}": text for name, text in board_files(one, alone=False)}
    return files


def _card(folder: str, board: Board) -> Page:
    definition, ranked = board.definition, [row for row in board.rows if row.rank is not None]
    return {
        "folder": folder,
        "title": definition.title,
        "summary": definition.summary,
        "suite": f"{definition.suite.name} {definition.suite.version}",
        "ranked": len(ranked),
        "apart": len(board.rows) - len(ranked),
        "reported": len({(one.model, one.paper) for one in board.reported}),
        "algorithms": len(definition.algorithms),
        "best": [row.entry.method for row in ranked if row.rank and row.rank.low == 1],
    }


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("nar_bench.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(environment: Environment, kind: str, title: str, page: Page, home: str | None, board: str | None) -> str:
    from markupsafe import Markup

    text: str = environment.get_template("page.html.j2").render(
        kind=kind,
        title=title,
        # What could end the element is escaped.
        data=Markup(embedded(page)),  # noqa: S704
        colours=Markup(embedded(COLOURS)),  # noqa: S704
        marks=Markup(embedded(MARKS)),  # noqa: S704
        home=home,
        board=board,
    )
    return text


def _write(out: Path, files: dict[str, str]) -> Path:
    """Write a site, and remove what an earlier build wrote and this one does not."""
    manifest = out / MANIFEST
    if (
        out.is_dir()
        and not manifest.exists()
        and any(one.name not in ("index.html", "board.md") for one in out.iterdir())
    ):
        raise BoardError(
            f"{out}: it holds files that no build of ours wrote (there is no {MANIFEST}). Choose an empty folder."
        )
    before = _earlier(manifest)
    for name, text in files.items():
        write_whole(out / name, text.encode(), durable=False)
    for name in before - files.keys():
        (out / name).unlink(missing_ok=True)
    write_whole(manifest, (json.dumps({"files": sorted(files)}, indent=0) + "\n").encode())
    return out / "index.html"


def _earlier(manifest: Path) -> set[str]:
    """Return the files of an earlier build; a manifest that names files outside its folder is not believed."""
    try:
        names = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    root = manifest.parent.resolve()
    return {
        name
        for name in names
        if isinstance(name, str) and (root / name).resolve().is_relative_to(root) and not (root / name).is_symlink()
    }
