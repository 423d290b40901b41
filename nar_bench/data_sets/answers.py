"""Read what a language model says and score it against the answer of a row of text.

Free text is taken: words around the answer, commas or blanks between numbers, a code block, the steps before a bar.
What is compared is the last thing in it that has the form of the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MARK = re.compile(r"[\[\]()]|" + _NUMBER.pattern)


@dataclass(frozen=True)
class AnswerScore:
    """How right an answer is.

    Attributes:
        parsed: whether something of the answer's form was found.
        exact: whether every number is right.
        share: of the answer's numbers that are right, place by place; 0 where there are more or fewer.
    """

    parsed: bool
    exact: bool
    share: float


def score_answer(answer: str, said: str) -> AnswerScore:
    """Score what a model says.

    Args:
        answer: the column `answer` of a row.
        said: what the model says, in any form.

    Numbers are right where they are equal, however they are printed: 0.50 is 0.5.
    """
    wanted = _shapes(_last_part(answer))
    found = _shapes(_last_part(said))
    needed = len(wanted)
    # The answer's outputs, one after another, are looked for at the end of what is said.
    for start in range(len(found) - needed, -1, -1):
        given = found[start : start + needed]
        if all(mine[0] == theirs[0] for mine, theirs in zip(wanted, given, strict=True)):
            mine, theirs = ([n for _, numbers in part for n in numbers] for part in (wanted, given))
            if len(mine) != len(theirs):
                return AnswerScore(True, False, 0.0)
            right = [abs(a - b) <= 1e-9 * max(1.0, abs(a)) for a, b in zip(mine, theirs, strict=True)]
            return AnswerScore(True, all(right), sum(right) / len(right) if right else 1.0)
    return AnswerScore(False, False, 0.0)


def _last_part(text: str) -> str:
    """Return what comes after the steps."""
    return text.rpartition("|")[2]


def _shapes(text: str) -> list[tuple[str, list[float]]]:
    """Return the things in a text: ("number", [x]), or ("list", all numbers in it) for each outermost bracket."""
    found: list[tuple[str, list[float]]] = []
    depth = 0
    for mark in _MARK.findall(text):
        if mark == "[":
            if depth == 0:
                found.append(("list", []))
            depth += 1
        elif mark == "]":
            depth = max(0, depth - 1)
        elif mark in "()":
            continue
        elif depth:
            found[-1][1].append(float(mark))
        else:
            found.append(("number", [float(mark)]))
    return found
