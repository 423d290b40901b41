"""What compares several keys at a time finds what a plain search finds."""

from __future__ import annotations

import numpy as np
import pytest
from nar_bench_clrs30.graphs.queue import extract_min
from nar_bench_clrs30.keys import ascending


@pytest.mark.parametrize("seed", range(5))
def test_extract_min_with_equal_and_negative_keys(seed: int) -> None:
    draw = np.random.default_rng(seed)
    for _ in range(50):
        key = draw.choice([-2.5, -1.0, -1e-300, 0.0, 1e-300, 0.25, 3.0], 9)
        in_queue = (draw.random(9) < 0.4).astype(np.int8)
        waiting = np.flatnonzero(in_queue)
        expected = min(waiting, key=lambda v: (key[v], v), default=-1)
        assert extract_min(key.view(np.int64), in_queue) == expected


@pytest.mark.parametrize("count", [0, 1, 2, 17, 128, 129, 200])
def test_ascending_is_a_stable_order(count: int) -> None:
    key = np.random.default_rng(count).integers(0, 20, count) / 4
    np.testing.assert_array_equal(ascending(key), np.argsort(key, kind="stable"))
