"""The listing is the source."""

from __future__ import annotations

import inspect
from typing import Any

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.view.listing import listing


def _documented(x: int) -> Any:
    """Say nothing.

    In three lines.
    """
    text = f"{x} <b>"  # line 3 of NOTHING; which the book has not
    if x:  # a line without a number
        yield (  # lines 4-5
            text,
            """two
            rows""",
        )


def test_pieces_make_up_the_source_without_its_docstring() -> None:
    (function,) = listing([_documented.__code__])
    rows, first = inspect.getsourcelines(_documented)
    shown = ["".join(text for _, text in line.pieces) for line in function.lines]
    assert shown == [row.rstrip("\n") for row in (rows[0], *rows[5:])]
    assert [line.number for line in function.lines] == [first, *range(first + 5, first + len(rows))]
    kinds = {text: kind for line in function.lines for kind, text in line.pieces}
    assert (kinds["def"], kinds["_documented"], kinds["yield"], kinds["int"]) == (
        "keyword",
        "name",
        "keyword",
        "builtin",
    )


def test_the_book_is_named_where_a_comment_names_it() -> None:
    (function,) = listing([_documented.__code__])
    assert [line.book for line in function.lines if line.book] == ["line 3 of NOTHING", "lines 4-5"]
    insertion_sort = registry().load(Kind.ALGORITHM, "insertion_sort")
    (function,) = listing([insertion_sort.step.__code__])
    assert [line.book for line in function.lines if line.book] == ["line 1", "line 5", "line 8"]


def test_what_has_no_source_is_left_out() -> None:
    scope: dict[str, Any] = {}
    exec("def typed():\n    yield 1\n", scope)
    assert listing([scope["typed"].__code__]) == []
