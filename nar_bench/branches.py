"""Leave out branches whose condition is known before a function is compiled.

A loop over a generator has its body at each of the generator's yields (see `nar_bench.inline`), where most of a chain
of `if event == OPEN: ... elif event == TREE: ...` is never taken. numba would compile all of it, each time.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

Known = Mapping[str, Any]
"""Variable -> its value."""

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def taken(body: list[ast.stmt], known: Known) -> list[ast.stmt]:
    """Return the statements of `body` that can be reached; blocks in it, of any depth, are changed in place.

    Args:
        known: variables that the body reads and never sets.
    """
    made: list[ast.stmt] = []
    for statement in body:
        decided = _decided(statement.test, known) if isinstance(statement, ast.If) else None
        if decided is not None:
            assert isinstance(statement, ast.If)
            made += taken(statement.body if decided else statement.orelse, known)
            continue
        for block in ("body", "orelse", "finalbody"):
            if getattr(statement, block, None):
                rest = taken(getattr(statement, block), known)
                setattr(statement, block, rest or ([ast.Pass()] if block == "body" else []))
        made.append(statement)
    return made


def _decided(test: ast.expr, known: Known) -> bool | None:
    """Return what a condition comes to, or None where that depends on more than is known."""
    if isinstance(test, ast.BoolOp):
        ends = isinstance(test.op, ast.Or)  # the value at which no further operand counts
        for operand in test.values:
            decided = _decided(operand, known)
            if decided is None or decided is ends:
                return decided
        return not ends
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        decided = _decided(test.operand, known)
        return None if decided is None else not decided
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _COMPARISONS:
        sides = (test.left, test.comparators[0])
        if all(is_known(side, known) for side in sides):
            return bool(_COMPARISONS[type(test.ops[0])](*(value_of(side, known) for side in sides)))
    return bool(value_of(test, known)) if is_known(test, known) else None


def is_known(expression: ast.expr, known: Known) -> bool:
    """Say whether an expression is a constant or a variable of known value."""
    return isinstance(expression, ast.Constant) or (isinstance(expression, ast.Name) and expression.id in known)


def value_of(expression: ast.expr, known: Known) -> Any:
    """Return the value of an expression that `is_known`."""
    assert isinstance(expression, ast.Constant | ast.Name)
    return expression.value if isinstance(expression, ast.Constant) else known[expression.id]
