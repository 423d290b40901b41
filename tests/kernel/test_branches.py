"""What is left out of a function before it is compiled."""

from __future__ import annotations

import ast

import pytest

from nar_bench.branches import taken


def left(source: str, **known: object) -> str:
    return ast.unparse(ast.Module(taken(ast.parse(source).body, known), []))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("event == 1", "a()"),
        ("event != 1", "b()"),
        ("event < two", "a()"),
        ("event", "a()"),
        ("not event", "b()"),
        ("not event == two or x", "a()"),
        ("event == two and x", "b()"),
        ("x and event == two", None),
        ("event == 1 and x", None),
        ("event == two or x", None),
        ("event == 1 and two == 2", "a()"),
        ("event == x", None),
        ("not x", None),
        ("0 < event < two", None),
        ("f(event)", None),
    ],
)
def test_a_branch_is_left_out_where_its_condition_is_known_from_left_to_right(test: str, expected: str | None) -> None:
    source = f"if {test}:\n    a()\nelse:\n    b()"
    assert left(source, event=1, two=2) == (source if expected is None else expected)


def test_a_chain_keeps_the_rest_of_what_is_not_known() -> None:
    chain = "if x:\n    a()\nelif event == 1:\n    b()\nelif event == 2:\n    c()"
    assert left(chain, event=2) == "if x:\n    a()\nelse:\n    c()"
    assert left(chain, event=3) == "if x:\n    a()"


def test_a_block_that_loses_everything_passes() -> None:
    loop = "for i in x:\n    if event == 1:\n        a()\nelse:\n    if event == 1:\n        b()"
    assert left(loop, event=2) == "for i in x:\n    pass"
