"""The Python API takes what the command line takes, by the same names and with the same defaults."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import click
import pytest
from runner.results_of import results_of
from runner.test_suite import GOOD

import nar_bench
from nar_bench.cli.main import COMMANDS
from nar_bench.errors import ExecutorError, QueryError, SuiteError, UnknownName
from nar_bench.plugin.registry import registry

ONE = GOOD.replace('["bfs", "insertion_sort"]', '["bfs"]').replace('["hints", "memory"]', '["hints"]')
FUNCTIONS = {
    "plan": nar_bench.plan,
    "run": nar_bench.run,
    "status": nar_bench.status,
    "results": nar_bench.load_results,
    "compare": nar_bench.compare,
    "rank": nar_bench.rank,
}
CALLED_OTHERWISE = {"overrides": "set", "plugin_files": "plugins"}
ON_PAPER = {"as_json", "form", "parquet", "schema", "help"}
"""Options that say in which form a command prints what the function returns."""
OF_FUNCTIONS = {"progress"}


def taken_by_command(name: str) -> dict[str, Any]:
    """Return by parameter its default, in the API's words."""
    command: click.Command = importlib.import_module(COMMANDS[name][0]).command
    found = {}
    for parameter in command.params:
        if parameter.name not in ON_PAPER:
            default = parameter.to_info_dict()["default"]
            if parameter.multiple or parameter.nargs == -1 or parameter.name == "only":
                default = ()
            elif isinstance(parameter, click.Option) and parameter.is_flag:
                default = bool(default)
            found[CALLED_OTHERWISE.get(str(parameter.name), str(parameter.name))] = default
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_takes_what_its_command_takes(name: str) -> None:
    command, function = taken_by_command(name), inspect.signature(FUNCTIONS[name]).parameters
    assert set(command) == set(function) - OF_FUNCTIONS
    for parameter in function.values():
        optional = parameter.default is not inspect.Parameter.empty
        if parameter.name in command and optional:
            assert parameter.default == command[parameter.name], parameter.name
        documented = inspect.getdoc(FUNCTIONS[name]) or ""
        assert parameter.name in documented, f"{name} says nothing of {parameter.name}"


def test_every_command_that_has_a_function_is_compared() -> None:
    """A new function of the API is a command's, or one of those that are compared with none."""
    others = {"algorithm", "align", "generate", "load_data", "sample_complexity"}
    assert {function.__name__ for function in FUNCTIONS.values()} == set(nar_bench.__all__) - others


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(ONE)
    return file


def test_a_suite_is_planned_run_watched_and_read(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    chosen = {"set": {"train.steps": 2, "evaluate.sizes": (4, 5)}, "only": ["mpnn", "memory_mpnn"]}
    made = nar_bench.plan(suite, out, **chosen)
    assert made.counts == {"to do": 4}
    assert made.estimate.known == 0
    assert "smallest difference in score that 2 seeds" in made.resolution
    as_texts = nar_bench.plan(suite, out, set=["train.steps=2", "evaluate.sizes=[4, 5]"])
    assert [one.trial.id for one in as_texts.trials] == [one.trial.id for one in made.trials]
    assert not out.exists(), "planning leaves nothing"

    assert nar_bench.run(suite, out, **chosen, threads=1, predictions=True) == out
    shown = capsys.readouterr().out.splitlines()
    assert "[4/4] bfs / memory_mpnn / hints / seed 1: begins" in shown
    assert nar_bench.plan(suite, out, **chosen).counts == {"done": 4}
    assert len(list((out / "predictions").iterdir())) == 4
    found = nar_bench.status(out)
    assert (found.done, found.failed, found.running, found.waiting) == (4, [], [], 0)

    rows = nar_bench.load_results(out, metrics=["score"], sizes=[5], only=["mpnn"]).to_pylist()
    assert sorted((row["processor"], row["size"], row["seed"]) for row in rows) == [("mpnn", 5, 0), ("mpnn", 5, 1)]
    asked = nar_bench.load_results(out, sql="select count(*) as n from records").to_pylist()
    assert asked == [{"n": 4}]
    with pytest.raises(QueryError, match="sql says which rows it wants by itself"):
        nar_bench.load_results(out, sql="select 1", sizes=[4])
    verdict = nar_bench.compare("mpnn", "memory_mpnn", out)
    assert (verdict.a, verdict.b) == ("mpnn (hints)", "memory_mpnn (hints)")
    (standing,) = nar_bench.rank(out)
    assert {line.method for line in standing.lines} == {"mpnn (hints)", "memory_mpnn (hints)"}


def test_nothing_is_printed_where_nobody_wants_to_see_it(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nar_bench.run(suite, tmp_path / "out", only=["mpnn"], set={"train.steps": 1}, progress=False)
    assert capsys.readouterr() == ("", "")


def test_wrong_arguments_are_said_before_anything_runs(suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for wrong, says in (
        ({"workers": 0}, "workers = 0: at least 1 is needed"),
        ({"time_limit": 0.0}, "time_limit = 0.0: more than 0 is needed"),
        ({"retries": -1}, "retries = -1: at least 0 is needed"),
        ({"threads": 0}, "threads = 0: at least 1 is needed"),
        ({"executor": "local", "options": {"cpus": 2}}, "executor local.cpus: this key is not known"),
    ):
        with pytest.raises(ExecutorError, match=says):
            nar_bench.run(suite, out, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="retry 'all' is not known. Known: failed"):
        nar_bench.run(suite, out, retry="all")  # type: ignore[arg-type]
    with pytest.raises(SuiteError, match="train.steps: got 'many'"):
        nar_bench.plan(suite, out, set={"train.steps": "many"})
    with pytest.raises(SuiteError, match="name.x"):
        nar_bench.plan(suite, out, set={"name.x": 3})
    assert not out.exists()


def test_a_plugin_that_is_a_file_may_be_given_again(suite: Path, tmp_path: Path) -> None:
    file = tmp_path / "empty_plugin.py"
    file.write_text("from nar_bench.plugin import hookimpl\n@hookimpl\ndef register_suites(register): pass\n")
    rows = len(registry().rows)
    for _ in range(2):
        nar_bench.plan(suite, tmp_path / "out", plugins=[file])
    assert len(registry().rows) == rows + 1
    registry().rows.pop()


@pytest.mark.slow
def test_workers_make_the_same_records(suite: Path, tmp_path: Path) -> None:
    nar_bench.run(suite, tmp_path / "alone", threads=1, progress=False)
    nar_bench.run(suite, tmp_path / "two", executor="local", workers=2, time_limit=300.0, progress=False)
    assert results_of(tmp_path / "two") == results_of(tmp_path / "alone")
