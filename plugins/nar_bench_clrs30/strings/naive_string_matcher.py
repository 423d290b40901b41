"""First match of a needle in a text, by trying every shift.

Source: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 3rd edition, section 32.1,
NAIVE-STRING-MATCHER (page 988). CLRS-30 stops at the first match.
"""

from __future__ import annotations

import numpy as np

from nar_bench.errors import InputError
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
        Feature("s", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("i", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("j", Stage.HINT, Location.NODE, Type.MASK_ONE),
        Feature("match", Stage.OUTPUT, Location.NODE, Type.MASK_ONE),
    )
)


def sample(rng, size, needle=0, alphabet=4):
    """Draw a needle and a text that holds it (see `text_with_needle`)."""
    return text_with_needle(rng, size, needle, alphabet)


def naive_string_matcher(string, key, match):
    """Search; match is the first node of the first match, the first node of the needle where there is none."""
    n = first_length(string)
    m = len(key) - n
    match[0] = n
    for s in range(n - m + 1):  # line 3
        yield s, s, n
        j = 0
        while key[s + j] == key[n + j]:  # line 4, one character at a time
            if j == m - 1:
                match[0] = s  # line 5
                return
            j += 1
            yield s, s + j, n + j


def check(inputs: Inputs) -> None:
    """Refuse what are not two strings, and a needle longer than the text, for which there is no shift to try."""
    refuse_other_strings(inputs)
    m = int(np.count_nonzero(inputs["string"]))
    n = len(inputs["string"]) - m
    if m > n:
        raise InputError(
            f"input 'string' gives a text of {n} and a needle of {m} nodes; the needle may not be longer than the text."
        )


def reference(inputs: Inputs) -> dict[str, Array]:
    """Search with Python's own find."""
    return {"match": first_match(inputs)}


def verify(inputs: Inputs, outputs: Inputs) -> bool:
    """Accept the place of the first match alone."""
    return np.array_equal(outputs["match"], first_match(inputs))


NAIVE_STRING_MATCHER = Algorithm(
    name="naive_string_matcher",
    version=1,
    source="CLRS 3rd edition, section 32.1, page 988; hints as in Velickovic et al. 2022 (CLRS-30)",
    spec=SPEC,
    sample=sample,
    step=naive_string_matcher,
    verify=verify,
    reference=reference,
    check=check,
    derive={"pos": derive_chain_positions, "pred": derive_chain_predecessors},
    smallest=3,
    ranges={"alphabet": (2, CHARACTERS)},
    growth=1,
    training={"needle": TRAINING_NEEDLE, "positions": "random"},
)
