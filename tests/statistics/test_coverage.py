"""How often nominal 95 % intervals hold the truth, and how often equal methods are told apart.

    NAR_BENCH_WRITE_DOCS=1 pytest tests/statistics/test_coverage.py -m slow -s

writes the tables of docs/reference/statistics.md.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from simulations import ONE_METHOD, TWO_METHODS, bootstrapped, by_algorithm, coverage, pooled

from nar_bench.statistics.estimate import mean_over_seeds
from nar_bench.statistics.mean_difference import on_algorithms_like_these, on_these_algorithms, with_shared_seeds
from nar_bench.statistics.solve_rate import wilson

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "statistics.md"
SEEDS = (2, 3, 5, 10)
ALGORITHMS = (1, 3, 10)
REPEATS = 2000
"""Simulated studies to a cell of the tables; a coverage of 0.95 is then known to 0.005 (one standard error)."""
HELD = 0.93
"""What must hold the truth in the settings where we say that an interval may be trusted."""
TRUSTED = ("normal", "in [0, 1], mean 0.90, deviation 0.05", "in [0, 1], mean 0.95, deviation 0.02")
TRUSTED_PAIRS = (
    "normal",
    "normal, algorithms unequally noisy",
    "in [0, 1] near 1, equal methods",
    "in [0, 1], means 0.98 and 0.90",
    "one seed in ten collapses",
)


def of_one(setting: str, seeds: int, repeats: int) -> float:
    draw, truth = ONE_METHOD[setting]
    return coverage(lambda rng: mean_over_seeds(draw(rng, seeds), bounds=(0, 1)), truth, repeats)


def of_two(setting: str, estimate: object, algorithms: int, seeds: int, repeats: int) -> float:
    draw, truth = TWO_METHODS[setting]
    return coverage(lambda rng: estimate(by_algorithm(draw(rng, algorithms, seeds))), truth, repeats)


@pytest.mark.parametrize("seeds", [3, 10])
@pytest.mark.parametrize("setting", TRUSTED)
def test_the_t_interval_of_a_mean_holds_where_it_may_be_trusted(setting: str, seeds: int) -> None:
    assert of_one(setting, seeds, 1000) >= HELD


def test_it_fails_where_seeds_collapse_and_the_docs_say_so() -> None:
    assert of_one("one seed in five collapses", 5, 500) < 0.8


@pytest.mark.parametrize(("algorithms", "seeds"), [(1, 3), (5, 2), (5, 5)])
@pytest.mark.parametrize("setting", TRUSTED_PAIRS)
def test_a_difference_holds_and_equal_methods_are_seldom_told_apart(setting: str, algorithms: int, seeds: int) -> None:
    """With a truth of 0, an interval that does not hold it is a false alarm; so these are at most 6 % or so."""
    assert of_two(setting, on_these_algorithms, algorithms, seeds, 500) >= HELD


def test_planted_differences_are_found() -> None:
    rng = np.random.default_rng(0)
    draw = TWO_METHODS["in [0, 1], means 0.98 and 0.90"][0]
    found = [on_these_algorithms(by_algorithm(draw(rng, 5, 3))).value > 0 for _ in range(200)]
    shown = [on_these_algorithms(by_algorithm(draw(rng, 5, 5))).differs_from_zero for _ in range(200)]
    assert np.mean(found) >= 0.99
    assert np.mean(shown) >= 0.9


@pytest.mark.slow
@pytest.mark.timeout(0)  # half a million studies: minutes on an idle core, an hour on a busy one
def test_all_tables() -> None:
    one = {s: [of_one(s, k, REPEATS) for k in SEEDS] for s in ONE_METHOD}
    pairs = {
        (name, s): [of_two(s, estimate, m, k, REPEATS) for m in ALGORITHMS if m >= least for k in SEEDS]
        for name, estimate, least in ESTIMATES
        for s in (UNUSED_ON if name.startswith("not used") else TWO_METHODS)
    }
    rates = {p: [of_rate(p, k) for k in SEEDS] for p in (0.5, 0.8, 0.9, 0.95, 0.99)}
    text = tables(one, pairs, rates)
    print(text)
    if os.environ.get("NAR_BENCH_WRITE_DOCS") == "1":
        head, mark, _ = PAGE.read_text().partition("<!-- simulated -->\n")
        PAGE.write_text(head + mark + text)
    assert all(value >= HELD for s in TRUSTED for value in one[s])
    trusted = [value for s in TRUSTED_PAIRS for value in pairs["these algorithms", s]]
    assert min(trusted) >= HELD
    assert np.mean(trusted) >= 0.945
    assert all(value >= HELD for value in pairs["like these", "algorithms are a sample, the truth is of all"])
    assert all(value >= HELD for value in pairs["seed means", "a tenth of the variance shared by algorithms"])


ESTIMATES = (
    ("these algorithms", on_these_algorithms, 1),
    ("seed means", with_shared_seeds, 2),
    ("like these", on_algorithms_like_these, 2),
    ("not used: one variance for all algorithms", pooled, 1),
    ("not used: percentile bootstrap over seeds", bootstrapped, 1),
)
"""(name, estimate, fewest algorithms)"""
UNUSED_ON = ("normal", "normal, algorithms unequally noisy")


def of_rate(share: float, seeds: int) -> float:
    """Return the coverage of Wilson's interval, exactly."""
    held = [k for k in range(seeds + 1) if wilson(k, seeds).low <= share <= wilson(k, seeds).high]
    return float(stats.binom.pmf(held, seeds, share).sum())


def tables(one: dict, pairs: dict, rates: dict) -> str:
    def cells(values: list[float]) -> str:
        return " | ".join(f"**{value:.3f}**" if value < HELD else f"{value:.3f}" for value in values)

    header = " | ".join(f"{k} seeds" for k in SEEDS)
    lines = ["### Mean of one method (`mean_over_seeds`)", "", f"| scores | {header} |", "|---" * 5 + "|"]
    lines += [f"| {s} | {cells(values)} |" for s, values in one.items()]
    for name, _, least in ESTIMATES:
        lines += ["", f"### Mean difference: {name}", "", f"| scores | algorithms | {header} |", "|---" * 6 + "|"]
        shown = [m for m in ALGORITHMS if m >= least]
        for setting, values in ((s, pairs[name, s]) for s in TWO_METHODS if (name, s) in pairs):
            for i, m in enumerate(shown):
                lines.append(f"| {setting} | {m} | {cells(values[i * len(SEEDS) : (i + 1) * len(SEEDS)])} |")
    lines += ["", "### Solve rate (exact, not simulated)", "", f"| true rate | {header} |", "|---" * 5 + "|"]
    lines += [f"| {p} | {cells(values)} |" for p, values in rates.items()]
    return "\n".join(lines) + "\n"
