"""The smallest difference that seeds resolve, beside the test itself."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from made_records import record
from simulations import by_algorithm

from nar_bench.statistics.mean_difference import on_these_algorithms
from nar_bench.statistics.resolution import smallest_difference
from nar_bench.statistics.spread import ASSUMED, spread_of


@pytest.mark.parametrize(("seeds", "algorithms"), [(3, 1), (5, 1), (10, 1), (5, 8), (3, 30)])
def test_the_test_finds_it_in_four_of_five_tries(seeds: int, algorithms: int) -> None:
    rng = np.random.default_rng(0)
    least = smallest_difference(0.05, seeds, algorithms)
    found = 0
    for _ in range(1000):
        a, b = 0.05 * rng.standard_normal((2, algorithms, seeds))
        found += on_these_algorithms(by_algorithm(least + a - b)).differs_from_zero
    # Of many algorithms the test does not assume equal deviations, which costs a little.
    assert 0.74 <= found / 1000 <= 0.84


def test_it_is_proportional_to_the_deviation_and_falls_with_seeds() -> None:
    assert smallest_difference(0.2, 5) == pytest.approx(2 * smallest_difference(0.1, 5))
    assert smallest_difference(0.1, 3) > smallest_difference(0.1, 5) > smallest_difference(0.1, 5, 4)


def test_the_spread_is_measured_where_two_seeds_are_recorded() -> None:
    at = [0.5, 0.7, 0.6]
    made = [record(i, seed=i, values={16: (0.9, 0, 0), 64: (score, 0, 0)}) for i, score in enumerate(at)]
    one = spread_of([*made, record(9, "dfs")])
    assert one.deviation == pytest.approx(np.std(at, ddof=1))
    assert one.source == "measured on 1 line of the results folder with two seeds or more"


def test_it_is_assumed_where_nothing_varies() -> None:
    assert spread_of([record(1)]).deviation == ASSUMED
    assert "assumed (CLRS-30" in spread_of([record(1), record(2, seed=1)]).source


def test_what_is_assumed_is_what_was_published() -> None:
    file = Path(__file__).parents[2] / "leaderboards" / "clrs30" / "reported.csv"
    rows = [
        row
        for row in csv.DictReader(file.read_text().splitlines())
        if (row["kind"], row["model"], row["paper"]) == ("algorithm", "Triplet-GMPNN", "Ibarz et al. 2022")
    ]
    deviations = [float(row["spread"]) / 100 * 10**0.5 for row in rows]
    assert len(rows) == 30
    assert np.sqrt(np.mean(np.square(deviations))) == pytest.approx(ASSUMED, abs=5e-4)
