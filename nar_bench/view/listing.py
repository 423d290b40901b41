"""The source that a run went through, in small coloured pieces, with the book's lines where comments name them."""

from __future__ import annotations

import builtins
import inspect
import io
import keyword
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType

_BOOK = re.compile(r"^[^;:]*\blines?\s+\d+[^;:]*")
"""Of a comment, what says which line of the book it is; what follows is the author's remark."""
_KINDS = {tokenize.COMMENT: "comment", tokenize.NUMBER: "number", tokenize.STRING: "string"}

Piece = tuple[str, str]
"""Its kind ("keyword", "comment", "number", "string", "name" of what is defined, or "") and its text."""


@dataclass(frozen=True)
class Line:
    """One line of source.

    Attributes:
        file, number: where it stands.
        book: the lines of the book that its comment names, in the comment's words, or "".
    """

    file: str
    number: int
    pieces: tuple[Piece, ...]
    book: str


@dataclass(frozen=True)
class Function:
    """One function, without decorators and docstring."""

    name: str
    module: str
    lines: tuple[Line, ...]


def listing(codes: Sequence[CodeType]) -> list[Function]:
    """Return the functions whose source is there, in their order."""
    found = []
    for code in codes:
        try:
            text, first = inspect.getsourcelines(code)
            lines = _lines("".join(text), code.co_filename, first)
        except (OSError, tokenize.TokenError, IndentationError):
            continue  # typed in, or its file has changed since
        found.append(Function(code.co_name, code.co_filename.rpartition("/")[2], tuple(lines)))
    return found


def _lines(text: str, file: str, first: int) -> list[Line]:
    indent = len(text) - len(text.lstrip())
    rows = [row[indent:] for row in text.splitlines()]
    tokens = list(tokenize.generate_tokens(io.StringIO("\n".join(rows) + "\n").readline))
    left_out = _left_out(tokens)
    pieces: list[list[Piece]] = [[] for _ in rows]
    ends = [0] * len(rows)
    defined = ""
    for token in tokens:
        kind = _KINDS.get(token.type, "")
        if token.type == tokenize.NAME:
            kind = "name" if defined in ("def", "class") else _name(token.string)
            defined = token.string
        (row, start), (last, end) = token.start, token.end
        for at in range(row, last + 1):
            if at > len(rows):
                break
            here = start if at == row else 0
            until = end if at == last else len(rows[at - 1])
            if here > ends[at - 1]:
                pieces[at - 1].append(("", rows[at - 1][ends[at - 1] : here]))
            if until > here:
                pieces[at - 1].append((kind, rows[at - 1][here:until]))
            ends[at - 1] = max(ends[at - 1], until)
    comments = [next((text.lstrip("# ") for kind, text in row if kind == "comment"), "") for row in pieces]
    named = [_BOOK.match(comment) for comment in comments]
    return [
        Line(file, first + at, tuple(row), book[0].strip() if book else "")
        for at, (row, book) in enumerate(zip(pieces, named, strict=True))
        if at + 1 not in left_out
    ]


def _left_out(tokens: Sequence[tokenize.TokenInfo]) -> set[int]:
    """Return the rows, from 1, of a function's decorators and docstring."""
    begins = next(token.start[0] for token in tokens if token.string == "def")
    after = next(i for i, token in enumerate(tokens) if token.type == tokenize.INDENT)
    first = tokens[after + 1]
    inside = range(first.start[0], first.end[0] + 1) if first.type == tokenize.STRING else range(0)
    return {*range(1, begins), *inside}


def _name(text: str) -> str:
    if keyword.iskeyword(text):
        return "keyword"
    return "builtin" if hasattr(builtins, text) else ""
