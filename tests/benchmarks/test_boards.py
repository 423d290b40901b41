"""Boards of a thousand methods and a hundred thousand records: pages of at most 3 MB, built in under 30 seconds.

.venv/bin/pytest tests/benchmarks/test_boards.py --benchmark-only -s
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from leaderboard.made_board import make_boards

from nar_bench.leaderboard.build import build_boards

METHODS, SEEDS = 1000, tuple(range(10))
ALGORITHMS = {category: [f"{category}_{i}" for i in range(2)] for category in "abcde"}


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_boards(tmp_path_factory.mktemp("boards"), METHODS, ALGORITHMS, SEEDS, per_submission=10)


def test_a_hundred_thousand_records_are_a_site(benchmark, boards: Path, tmp_path: Path) -> None:
    start = time.perf_counter()
    page = benchmark.pedantic(build_boards, args=((), tmp_path / "site", boards), rounds=1)
    seconds = time.perf_counter() - start
    pages = sorted(page.parent.rglob("*.html"), key=lambda path: path.stat().st_size)
    benchmark.extra_info["seconds (aim 30)"] = seconds
    print(f"\n{seconds:.1f} s, {len(pages)} pages, the largest {pages[-1].stat().st_size / 1e6:.2f} MB")
    assert len(pages) == 1 + 1 + 10 + METHODS
    assert pages[-1].stat().st_size < 3_000_000
