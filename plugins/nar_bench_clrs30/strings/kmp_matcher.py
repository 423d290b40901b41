"""First match of a needle in a text, by Knuth, Morris and Pratt.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 32.4, KMP-MATCHER
(page 1005) and COMPUTE-PREFIX-FUNCTION (page 1006). CLRS-30 stops at the first match. Where the book counts the
characters matched so far, it points at the last of them; a second mask says that there are none.
"""

from __future__ import annotations

import numpy as np

from nar_bench.plugin.contracts import Algorithm, Inputs
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.trajectory import Array
from nar_bench_clrs30.strings.instances import (
    CHARACTERS,
    TRAINING_NEEDLE,
    derive_chain_positions,
    derive_chain_predecessors,
    first_length,
    first_match,
    refuse_other_strings,
    text_with_needle,
)

SPEC = AlgorithmSpec(
    (
        Feature("string", Stage.INPUT, Location.NODE, Type.MASK),
        Feature("pos", Stage.INPUT, Location.NODE, Type.SCALAR),
        Feature("key", Stage.INPUT, Location.NODE, Type.CATEGORICAL, CHARACTERS),
        Feature("pred", Stage.INPUT, Location.NODE, Type.POINTER),
        Feature("pi", Stage.HINT, Location.NODE, Type.POINTER),
        Feature("is_reset", Stage.HINT, Location.NODE, Type.MASK),
        Feature("k", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("k_reset", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("q", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("q_reset", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("phase", Stage.HINT, Location.GRAPH, Type.MASK),
        Feature("match", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, needle=0, alphabet=4):
    """Draw a needle and a text that holds it (see `text_with_needle`)."""
    return text_with_needle(rng, size, needle, alphabet)


def kmp_matcher(string, key, match):
    """Search; match is the first node of the first match, the first node of the needle where there is none."""
    n = first_length(string)
    m = len(key) - n
    match[0] = n
    # The book's 0, no character, is node n with its mask set; within a step it is node n - 1, so that k + 1 is the
    # next character in any case.
    pi = np.arange(n + m)
    is_reset = np.zeros(n + m, np.int8)
    is_reset[n] = 1  # line 3 of COMPUTE-PREFIX-FUNCTION
    k, k_reset = n, 1  # line 4
    yield pi, is_reset, k, k_reset, min(n + 1, n + m - 1), 1, 0, 0, 0
    for end in range(n + 1, n + m):  # line 5; end is the book's q
        while not k_reset and key[k + 1] != key[end]:  # line 6
            if is_reset[k]:
                k, k_reset = n, 1
            else:
                k = pi[k]  # line 7
            yield pi, is_reset, k, k_reset, end, 1, 0, 0, 0
        if k_reset:
            k, k_reset = n - 1, 0
        if key[k + 1] == key[end]:
            k += 1  # lines 8-9
        if k < n:
            k, k_reset = n, 1
            is_reset[end] = 1
        pi[end] = k  # line 10
        yield pi, is_reset, k, k_reset, end, 1, 0, 0, 0
    q, q_reset = n, 1  # line 4 of KMP-MATCHER
    for i in range(n):  # line 5
        s = max(0, i - m + 1)  # the earliest shift that is still open
        yield pi, is_reset, k, k_reset, q, q_reset, s, i, 1
        while not q_reset and key[q + 1] != key[i]:  # line 6
            if is_reset[q]:
                q, q_reset = n, 1
            else:
                q = pi[q]  # line 7
            yield pi, is_reset, k, k_reset, q, q_reset, s, i, 1
        if q_reset:
            q, q_reset = n - 1, 0
        if key[q + 1] == key[i]:
            q += 1  # lines 8-9
            if q == n + m - 1:  # line 10
                match[0] = s  # line 11
                return
        if q < n:
            q, q_reset = n, 1


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with Python's own find."""
    return {"match": first_match(inputs)}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept the place of the first match alone."""
    return np.array_equal(outputs["match"], first_match(inputs))


KMP_MATCHER = Algorithm(
    name="kmp_matcher",
    version=1,
    source="CLRS 3rd edition, section 32.4, page 1005; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=kmp_matcher,
    verify=verify,
    reference=reference,
    check=refuse_other_strings,
    derive={"pos": derive_chain_positions, "pred": derive_chain_predecessors},
    smallest=3,
    ranges={"alphabet": (2, CHARACTERS)},
    growth=1,
    training={"needle": TRAINING_NEEDLE, "positions": "random"},
)
