"""The tutorial's code runs as it stands."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from nar_bench.cli.main import cli

PAGE = (Path(__file__).parents[2] / "docs" / "tutorials" / "alignment.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_python_prints_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python")
    exec(code, {})
    state, value, low, high = capsys.readouterr().out.split()
    assert state == "measured"
    assert int(low) < float(value) <= int(high)


@pytest.mark.slow
def test_every_command_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (suite,) = blocks("toml")
    Path("mine.toml").write_text(suite)
    commands = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(commands) == 8
    said = {}
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "nar-bench"
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
        said[command] = done.output
    assert Path("runs/small/alignment/index.html").is_file()
    assert "not known: fewer than three sizes" in Path("runs/small/alignment/index.html").read_text()
    numbers = json.loads(said["nar-bench align report runs/mine --json"])
    assert [one["network"]["what"] for one in numbers["alignments"]] == ["bellman_ford_step"]
    assert {row["by"] for row in numbers["rows"]} >= {"ntk", "sklearn"}
