"""Holm's adjustment, beside his rule as he words it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nar_bench.statistics.holm import holm


def test_an_example_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8), st.floats(0.001, 0.999))
def test_adjusted_p_values_reject_what_the_rule_rejects(p_values: list[float], level: float) -> None:
    """Reject from the least on, while the i-th of n is at most level / (n - i)."""
    rejected = set()
    for i, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        if p_values[index] * (len(p_values) - i) > level:
            break
        rejected.add(index)
    assert {index for index, p in enumerate(holm(p_values)) if p <= level} == rejected
