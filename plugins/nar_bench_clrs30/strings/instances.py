"""What algorithms on two strings share: random strings, the nodes' two chains, checks of given strings.

The nodes of the first string (for a matcher the text) come first, then those of the second (the needle); `string` is
0 and 1 on them. `pos` and `pred` start anew at the second. The first part is plain Python that numba compiles; the
second works on the dense inputs of one instance.
"""

from __future__ import annotations

import numpy as np

from nar_bench.data.random import integer, uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array
from nar_bench_clrs30.positions import ordered_positions, ordered_predecessors, refuse_other_predecessors

CHARACTERS = 4
"""The classes of `key`."""

TRAINING_NEEDLE = -8
"""Value of `needle` in the reference's training script, which trains matchers on 20 nodes."""


def two_strings(key, first):
    """Return all inputs of an instance with characters `key`, of which `first` belong to the first string."""
    n = len(key)
    string, pos, pred = np.empty(n, np.int8), np.empty(n), np.empty(n, np.int64)
    for v in range(n):
        start, length = (0, first) if v < first else (first, n - first)
        string[v] = v >= first
        pos[v] = (v - start) / length
        pred[v] = max(v - 1, start)
    return string, pos, key, pred


def random_key(rng, n, alphabet):
    """Draw n characters, uniform among the first `alphabet`."""
    key = np.empty(n, np.int8)
    for i in range(n):
        key[i] = integer(rng, int(alphabet))
    return key


def text_with_needle(rng, size, needle, alphabet):
    """Draw a needle and a text that holds it, `size` characters together.

    As in the reference, the needle is never put in the last place where it would fit.

    Args:
        rng: see `nar_bench.data.random`.
        size: of text and needle together.
        needle: length of the needle; 0 for a fifth of `size`, at least 1; -k for a length uniform in 1..k, or in as
            many lengths as leave a text that is longer than the needle.
        alphabet: number of characters.
    """
    m = _needle_length(rng, size, needle)
    n = size - m
    key = random_key(rng, size, alphabet)
    start = integer(rng, n - m)
    for i in range(m):
        key[start + i] = key[n + i]
    return two_strings(key, n)


def text_with_or_without_needle(rng, size, needle, alphabet, absent):
    """Draw a needle and a text; with probability 1 - `absent` the text is given the needle, at any place where it fits.

    Arguments are those of `text_with_needle`. A text without may still hold the needle by chance.
    """
    m = _needle_length(rng, size, needle)
    n = size - m
    key = random_key(rng, size, alphabet)
    start = integer(rng, n - m + 1)
    if uniform(rng) >= absent:
        for i in range(m):
            key[start + i] = key[n + i]
    return two_strings(key, n)


def _needle_length(rng, size, needle):
    longest = (size - 1) // 2
    if needle != int(needle) or needle > longest:
        raise InputError(
            "shift axis 'needle': a whole number is needed, less than half the size, as the text must be longer."
        )
    if needle == 0:
        return max(1, size // 5)
    if needle < 0:
        return 1 + integer(rng, min(int(-needle), longest))
    return int(needle)


def first_length(string):
    """Return the number of nodes of the first string."""
    first = 0
    for i in range(len(string)):
        first += 1 if string[i] == 0 else 0
    return first


def derive_chain_positions(inputs: Inputs) -> Array:
    """Derive `pos` from `string` for callers who leave it out."""
    first, second = _lengths(inputs)
    return np.concatenate([ordered_positions(first), ordered_positions(second)])


def derive_chain_predecessors(inputs: Inputs) -> Array:
    """Derive `pred` from `string` for callers who leave it out."""
    first, second = _lengths(inputs)
    return np.concatenate([ordered_predecessors(first), first + ordered_predecessors(second)])


def refuse_other_strings(inputs: Inputs) -> None:
    """Raise InputError unless `string`, `key` and `pred` are those of two strings of at least one character each."""
    string = inputs["string"]
    first, second = _lengths(inputs)
    wrong = np.flatnonzero(string != (np.arange(len(string)) >= first))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"input 'string' is {int(string[at])} at [{at}]; it must be 0 on all nodes of the first string and then 1 "
            "on all nodes of the second."
        )
    if not first or not second:
        raise InputError(
            f"input 'string' is {int(string[0])} on all nodes; at least one node must be 0, of the first string, "
            "and one 1, of the second."
        )
    masked = np.flatnonzero((inputs["key"] < 0).any(axis=1))
    if len(masked):
        raise InputError(f"input 'key' is masked at [{int(masked[0])}]; each node must be one of the characters.")
    refuse_other_predecessors(inputs, derive_chain_predecessors(inputs))


def characters(inputs: Inputs) -> tuple[bytes, bytes]:
    """Return both strings."""
    first, _ = _lengths(inputs)
    key = inputs["key"].argmax(axis=1).astype(np.uint8)
    return key[:first].tobytes(), key[first:].tobytes()


def first_match(inputs: Inputs) -> Array:
    """Return [N] one-hot where the needle first begins in the text; at the needle's own head where it never does."""
    text, needle = characters(inputs)
    found = text.find(needle)
    return np.asarray(np.arange(len(text) + len(needle)) == (found if found >= 0 else len(text)), np.float64)


def _lengths(inputs: Inputs) -> tuple[int, int]:
    second = int(np.count_nonzero(inputs["string"]))
    return len(inputs["string"]) - second, second
