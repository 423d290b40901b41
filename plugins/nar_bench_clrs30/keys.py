"""Keys for the algorithms on arrays, and their order; plain Python that numba compiles."""

from __future__ import annotations

import math

import numpy as np

from nar_bench.data.random import integer, uniform, uniforms

KEY_DISTRIBUTIONS = ("uniform", "normal", "exponential", "ascending", "descending", "nearly_sorted", "few_values")
"""Names of the shift axis `keys`: uniform in [0, 1), as in CLRS-30; standard normal; exponential; uniform and sorted up
or down; sorted but for n / 8 random exchanges; one of four values, so that many keys are equal."""


_MOST_COUNTED = 128
"""Keys beyond which to sort takes less time than to compare all pairs, several at a time."""


def ascending(key):
    """Return the order [n] in which `key` [n] ascends, of equal keys the lower index first."""
    n = len(key)
    if n > _MOST_COUNTED:
        return np.argsort(key, kind="mergesort")  # numba's name for a stable sort
    order = np.empty(n, np.int64)
    for i in range(n):
        place = 0
        for j in range(n):
            place += (key[j] < key[i]) | ((key[j] == key[i]) & (j < i))
        order[place] = i
    return order


def draw_keys(rng, n, keys):
    """Draw [n] keys of the distribution with index `keys`."""
    key = uniforms(rng, n)
    if keys == 1:
        for i in range(n):
            key[i] = math.sqrt(-2 * math.log(1 - key[i])) * math.cos(2 * math.pi * uniform(rng))
    elif keys == 2:
        for i in range(n):
            key[i] = -math.log(1 - key[i])
    elif keys == 3 or keys == 5:
        key.sort()
    elif keys == 4:
        key = -np.sort(-key)
    elif keys == 6:
        for i in range(n):
            key[i] = math.floor(4 * key[i]) / 4
    if keys == 5:
        for _ in range(n // 8):
            i, j = integer(rng, n), integer(rng, n)
            key[i], key[j] = key[j], key[i]
    return key
