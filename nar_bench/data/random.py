"""Counter-based random numbers: draw k of sample i depends on (seed, i, k) alone, on any machine.

The generator is the output function of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom
number generators", fig. 16) applied to key + counter * GOLDEN. It works on unsigned 64-bit integers; floats are
made from the top 53 bits and are therefore exact. numpy's own generators promise equal streams only within one
version (NEP 19), which would tie a data set to a numpy version.

The functions in lower case are plain Python that numba compiles, and take `rng`, a uint64 array [key, counter].
`Stream` draws the same numbers, many at once, for code that runs in numpy.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rng = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11), np.uint64(32)
_LOW_32 = np.uint64(0xFFFFFFFF)
_TWO_32 = np.uint64(1 << 32)
_ONE = np.uint64(1)
_2_TO_MINUS_53 = 1.0 / (1 << 53)


def mix(x: Any) -> Any:
    """Scramble a uint64, or an array of them, one to one."""
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


def sample_key(seed: Any, index: Any) -> Any:
    """Return the key of sample `index` under `seed`, both uint64."""
    return mix(mix(seed + GOLDEN) ^ (index * GOLDEN))


def bits(rng: Rng) -> Any:
    """Draw 64 random bits."""
    rng[1] += _ONE
    return mix(rng[0] + rng[1] * GOLDEN)


def uniform(rng: Rng) -> float:
    """Draw a float64 in [0, 1), a multiple of 2^-53."""
    return _unit(bits(rng))


def uniforms(rng: Rng, count: int) -> NDArray[np.float64]:
    """Draw the next `count` numbers of `uniform`, in a fifth of the time."""
    state, drawn = reserve(rng, count), np.empty(count)
    for k in range(count):
        state += GOLDEN
        drawn[k] = uniform_of(state)
    return drawn


def reserve(rng: Rng, count: int) -> Any:
    """Pass over the next `count` draws; returns the state before the first, from which each is GOLDEN further.

    A loop that adds to the state itself needs no memory for what it draws, and draws several numbers at a time.
    """
    state = rng[0] + rng[1] * GOLDEN
    rng[1] += np.uint64(count)
    return state


def uniform_of(state: Any) -> float:
    """Return the number that `uniform` draws at a state (see `reserve`)."""
    return _unit(mix(state))


def _unit(word: Any) -> float:
    return float(np.int64(word >> _S11)) * _2_TO_MINUS_53  # a signed number is converted in one instruction


def integer(rng: Rng, high: int) -> int:
    """Draw a whole number in [0, high), exactly uniform; 1 <= high < 2^32.

    Source: Lemire 2019, "Fast random integer generation in an interval", algorithm 5, with 32-bit words.
    """
    bound = np.uint64(high)
    product = (bits(rng) >> _S32) * bound
    if product & _LOW_32 < bound:
        least = (_TWO_32 - bound) % bound
        while product & _LOW_32 < least:
            product = (bits(rng) >> _S32) * bound
    return np.int64(product >> _S32)  # type: ignore[return-value]  # numba's int() would keep it unsigned


def choice(rng: Rng, values: NDArray[np.float64]) -> float:
    """Draw one of `values`; a single value costs no draw."""
    return float(values[0] if len(values) == 1 else values[integer(rng, len(values))])


def permutation(rng: Rng, n: int) -> NDArray[np.int64]:
    """Draw a uniform permutation of 0..n-1 (Fisher and Yates; Knuth volume 2, algorithm P)."""
    order = np.arange(n)
    for i in range(n - 1, 0, -1):
        j = integer(rng, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def derive_seed(*names: int | str) -> int:
    """Return a seed in [0, 2^63) that depends on every one of `names` and their order.

    Use one name per axis along which randomness may vary: derive_seed(3, "train", "bfs").
    """
    text = "\x1f".join(f"{type(name).__name__}:{name}" for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


class Stream:
    """Draws in bulk for numpy code, from the same generator as the functions above.

    Args:
        seed: in [0, 2^63).
        index: the sample that the draws are for, in [0, 2^63).
    """

    def __init__(self, seed: int, index: int = 0) -> None:
        with np.errstate(over="ignore"):
            self._key = sample_key(np.uint64(seed), np.uint64(index))
        self._counter = 0

    def bits(self, *shape: int) -> NDArray[np.uint64]:
        """Draw uint64 words of the given shape."""
        size = int(np.prod(shape, dtype=np.int64))
        counters = np.arange(self._counter + 1, self._counter + size + 1, dtype=np.uint64)
        self._counter += size
        words: NDArray[np.uint64] = mix(self._key + counters * GOLDEN).reshape(shape)
        return words

    def uniform(self, *shape: int) -> NDArray[np.float64]:
        """Draw float64 in [0, 1) of the given shape."""
        return (self.bits(*shape) >> _S11).astype(np.float64) * _2_TO_MINUS_53

    def permutation(self, n: int) -> NDArray[np.int64]:
        """Draw a permutation of 0..n-1 by sorting random words (equal words have odds of n^2 / 2^64)."""
        return np.argsort(self.bits(n), kind="stable")
