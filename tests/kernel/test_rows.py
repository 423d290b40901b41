"""A value stored into a row by compiled code is what numpy's assignment stores, and nothing beside it changes."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba.core.errors import TypingError

from nar_bench.rows import store_row


@numba.njit
def stored(column, row, value):  # type: ignore[no-untyped-def]
    store_row(column, row, value)


def check(column: np.ndarray, value: np.ndarray) -> None:
    expected = column.copy()
    expected[1] = value
    stored(column, 1, value)
    np.testing.assert_array_equal(column, expected)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float64])
def test_rows_of_every_length_around_those_of_a_block(dtype: type) -> None:
    for length in [*range(20), 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 300]:
        value = np.arange(1, length + 1).astype(dtype)
        check(np.full((3, length), -7, dtype), value)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (17, 17)])
def test_two_axes_contiguous_or_not_and_of_another_type(shape: tuple[int, int]) -> None:
    value = np.arange(shape[0] * shape[1]).reshape(shape)
    for given in (value, value.astype(np.int16), np.asfortranarray(value), np.repeat(value, 2, axis=1)[:, ::2]):
        check(np.full((3, *shape), -7, np.int16), given)


def test_a_value_of_other_axes_is_refused() -> None:
    column = np.zeros((3, 4))
    for value in (1.0, np.zeros((4, 4))):
        with pytest.raises(TypingError, match="an array of 1 axes of float64 is needed"):
            stored(column, 1, value)
