"""What is packed is what a page unpacks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nar_bench.view.columns import TYPES, pack, rounded, unpack


@st.composite
def columns(draw: st.DrawFn) -> dict[str, np.ndarray]:
    made = {}
    for name in draw(st.lists(st.text(max_size=5), unique=True, max_size=4)):
        shape = draw(arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6))
        made[name] = draw(arrays.arrays(draw(st.sampled_from(TYPES)), shape))
    return made


@given(columns())
def test_packing_is_undone_bit_for_bit(made: dict[str, np.ndarray]) -> None:
    back = unpack(pack(made))
    assert list(back) == list(made)
    for name, array in made.items():
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == np.ascontiguousarray(array).tobytes()


def test_rows_that_hardly_change_take_hardly_any_room() -> None:
    rows = np.zeros((500, 4096), np.int8)
    rows[np.arange(500), np.arange(500)] = 1
    rows = np.maximum.accumulate(rows)
    assert len(pack({"grows": rows}).text) < 6_000, "2 MB of which each row differs from the last in one entry"


@given(st.floats(-(2.0**90), 2.0**90, width=32), st.integers(1, 20))
def test_rounding_is_within_half_of_the_last_bit(value: float, bits: int) -> None:
    (short,) = rounded(np.array([value]), bits)
    assert abs(float(short) - value) <= abs(value) * 2.0 ** -(bits + 1) + 1e-38
