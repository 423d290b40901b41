"""Keys for the algorithms on arrays; plain Python that numba compiles."""

from __future__ import annotations

import math

import numpy as np

from nar_bench.data.random import integer, uniform, uniforms

KEY_DISTRIBUTIONS = ("uniform", "normal", "exponential", "ascending", "descending", "nearly_sorted", "few_values")
"""Names of the shift axis `keys`: uniform in [0, 1), as in CLRS-30; standard normal; exponential; uniform and sorted up
or down; sorted but for n / 8 random exchanges; one of four values, so that many keys are equal."""


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
