import pytest

from nar_bench.conformance.kit import checks_of


@pytest.mark.parametrize("check", checks_of("prefix_maximum", "mean_mpnn", "squared_distance"), ids=str)
def test_conformance(check):
    check()
