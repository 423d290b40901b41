"""Longest common subsequence of two strings.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 15.4, LCS-LENGTH
(page 394). CLRS-30 fills the table in rounds, every cell from the table of the round before, until no length changes.
A pair of characters, one of each string, is an edge.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.strings.instances import (
    CHARACTERS,
    characters,
    derive_chain_positions,
    derive_chain_predecessors,
    first_length,
    random_key,
    refuse_other_strings,
    two_strings,
)

BOTH, UP, LEFT = 0, 1, 2
"""The arrows of the book's table b: to the cell without either character, without that of x, without that of y."""

ARROWS = 4
"""The classes of `b`: the three arrows, and one for "left blank" that no cell of the table ever has."""

SPEC = AlgorithmSpec(
    (
        Feature("string", Stage.INPUT, Location.NODE, Type.MASK),
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("key", Stage.INPUT, Location.NODE, Type.CATEGORICAL, CHARACTERS),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("b_h", Stage.HINT, Location.EDGE, Type.CATEGORICAL, ARROWS),
        Feature("c", Stage.HINT, Location.EDGE, Type.SCALAR),
        Feature("b", Stage.OUTPUT, Location.EDGE, Type.CATEGORICAL, ARROWS),
    )
)


def sample(rng, size, alphabet=4):
    """Draw two strings, `size` characters together; the first is the longer one where they cannot be equal."""
    return two_strings(random_key(rng, size, alphabet), size - size // 2)


def lcs_length(string, key, b):
    """Fill b[i, j], x's character i and y's character j: the arrow towards the rest of a longest subsequence."""
    n = len(key)
    m = first_length(string)
    x, y, c = key[:m], key[m:], np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            b[i, j] = BOTH if i < m <= j else MASKED
    lengths, arrows = c[:m, m:], b[:m, m:]  # the pairs of a character of x and one of y
    # The book's table c, with its border of zeros, of whole numbers, which are compared several at a time.
    table = np.zeros((len(x) + 1, len(y) + 1), np.int32)
    # Row and column 0 see nothing but the border, and are final at once.
    for i in range(len(x)):
        same = x[i] == y[0]
        table[i + 1, 1] = 1 if same else table[i, 1]
        arrows[i, 0] = BOTH if same else UP
    for j in range(len(y)):
        same, left = x[0] == y[j], table[1, j]
        table[1, j + 1] = 1 if same else left
        arrows[0, j] = BOTH if same else (LEFT if left else UP)
    changed = True
    while changed:
        for i in range(len(x)):
            for j in range(len(y)):
                lengths[i, j] = table[i + 1, j + 1]
        yield b, c
        changed = False
        before = table.copy()
        for i in range(len(x)):  # line 8
            for j in range(len(y)):  # line 9; without branches, which at random take longer than to do all for each j
                same, up, left = x[i] == y[j], before[i, j + 1], before[i + 1, j]
                arrows[i, j] = BOTH if same else (UP if up >= left else LEFT)  # line 13
                length = before[i, j] + 1 if same else max(up, left)  # line 10
                table[i + 1, j + 1] = length
                changed |= length != before[i + 1, j + 1]


def _lengths(inputs: Inputs) -> Array:
    """Return [len(x) + 1, len(y) + 1] the book's table c, with its border of zeros."""
    x, y = characters(inputs)
    c = np.zeros((len(x) + 1, len(y) + 1), np.int64)
    for i, one in enumerate(x):
        for j, other in enumerate(y):
            c[i + 1, j + 1] = c[i, j] + 1 if one == other else max(c[i, j + 1], c[i + 1, j])
    return c


def reference(inputs: Inputs) -> dict[str, Array]:
    """Fill the table once, row by row."""
    x, y = characters(inputs)
    c = _lengths(inputs)
    n = len(x) + len(y)
    b = np.zeros((n, n, ARROWS))
    b[..., -1] = MASKED
    for i in range(len(x)):
        for j in range(len(y)):
            arrow = BOTH if x[i] == y[j] else UP if c[i, j + 1] >= c[i + 1, j] else LEFT
            b[i, len(x) + j] = np.eye(ARROWS)[arrow]
    return {"b": b}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept every table whose arrows all lead along a longest common subsequence; masked entries do not count."""
    x, y = (np.frombuffer(text, np.uint8) for text in characters(inputs))
    c = _lengths(inputs)
    b = outputs["b"][: len(x), len(x) :]
    allowed = np.zeros((len(x), len(y), ARROWS), bool)
    allowed[..., BOTH] = x[:, None] == y[None, :]  # the last characters, when equal, are worth one in any case
    allowed[..., UP] = c[1:, 1:] == c[:-1, 1:]
    allowed[..., LEFT] = c[1:, 1:] == c[1:, :-1]
    one_hot = ((b == 0) | (b == 1)).all() and (b.sum(axis=-1) == 1).all()
    return bool(one_hot and allowed[b == 1].all())


LCS_LENGTH = Algorithm(
    name="lcs_length",
    version=1,
    source="CLRS 3rd edition, section 15.4, page 394; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=lcs_length,
    verify=verify,
    reference=reference,
    check=refuse_other_strings,
    derive={"pos": derive_chain_positions, "pred": derive_chain_predecessors},
    smallest=2,
    ranges={"alphabet": (2, CHARACTERS)},
    loose_ends={"b_h": "the reference stops when c is stable, and may still change b in that last sweep"},
    growth=1,
    training={"positions": "random"},
)
