"""`nar-bench align`, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alignment.small import written
from click.testing import CliRunner, Result

from nar_bench.cli.main import cli
from nar_bench.errors import StoreError


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["align", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("align")
    return folder, call(written(folder), "--out", folder / "out", "--set", "search.runs=8")


def test_a_plan_runs_nothing(tmp_path: Path) -> None:
    told = call(written(tmp_path), "--out", tmp_path / "out", "--plan")
    assert told.exit_code == 0
    assert "pairwise_sum / ntk / n = 2, eps 0.5, delta 0.2" in told.output
    assert "9 of 9 estimates to make" in told.output
    assert not (tmp_path / "out").exists()


def test_a_run_tells_what_it_does_and_found(run: tuple[Path, Result]) -> None:
    folder, told = run
    assert told.exit_code == 0, told.output
    assert "[1/9] pairwise_sum / ntk / n = 2" in told.output
    assert "samples needed" in told.output
    assert f"page: nar-bench align report {folder / 'out'}" in told.output


def test_running_again_has_nothing_to_do(run: tuple[Path, Result]) -> None:
    folder, _ = run
    told = call(written(folder), "--out", folder / "out", "--set", "search.runs=8")
    assert "small: 0 of 9 estimates to make" in told.output


def test_the_report_is_a_page_or_json(run: tuple[Path, Result]) -> None:
    folder, _ = run
    told = call("report", folder / "out")
    page = Path(told.output.strip())
    assert page == folder / "out" / "alignment" / "index.html"
    assert "How many examples it takes" in page.read_text(encoding="utf-8")
    numbers = json.loads(call("report", folder / "out", "--json").output)
    assert {row["what"] for row in numbers["rows"]} >= {"pairwise_sum", "squared_difference"}


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Make some first: nar-bench align SUITE"):
        call("report", tmp_path)


def test_help_says_how_it_is_called() -> None:
    told = call("--help")
    assert "nar-bench align SUITE " in told.output
    assert "report" in told.output
    assert "name the suite first" in call("--plan", "corollary1").output
