"""`nar-bench leaderboard` from a shell: list, check, build, submit, add; and how it refuses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from leaderboard.made_board import make_boards, make_definition, record_of

from nar_bench.cli.main import main
from nar_bench.results.record import Record
from nar_bench.results.store import Store


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as a shell does, in this process, where everything is imported already."""

    def here(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["nar-bench", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return here


@pytest.fixture
def store(tmp_path: Path) -> Store:
    make_definition(tmp_path / "boards", {"Graphs": ["bfs"]}, [0, 1])
    made = Store(tmp_path / "run")
    for seed in (0, 1):
        made.write(Record.model_validate(record_of(seed + 1, "mine", "bfs", seed, 0.8, random.Random(seed))))
    return made


def test_boards_are_listed_checked_and_built(run: Run, tmp_path: Path) -> None:
    make_boards(tmp_path / "boards", methods=4)
    boards = ("--boards", str(tmp_path / "boards"))
    listed = run("leaderboard", "list", *boards)
    assert listed.stdout.startswith("invented: invented 1, 5 algorithms, seeds 0, 1, 2, score at n = 64;")
    stale = run("leaderboard", "check", *boards)
    assert (stale.returncode, "README.md: it is not of today" in stale.stderr) == (1, True)
    assert run("leaderboard", "check", "--write", *boards).returncode == 0
    checked = run("leaderboard", "check", *boards)
    assert (checked.returncode, checked.stdout) == (0, "invented: 3 ranked, 1 apart, 0 refused, 2 reported numbers\n")
    built = run("leaderboard", "build", "invented", "-o", str(tmp_path / "site"), *boards)
    assert built.stdout.strip() == str(tmp_path / "site" / "index.html")
    assert (tmp_path / "site" / "invented" / "standings.csv").is_file()


def test_submit_says_why_it_refuses_writes_a_bundle_and_add_puts_it_on_the_board(
    run: Run, store: Store, tmp_path: Path
) -> None:
    boards, out = ("--boards", str(tmp_path / "boards")), tmp_path / "team.zip"
    command = (
        "leaderboard",
        "submit",
        str(store.path),
        "--board",
        "invented",
        "--name",
        "team",
        "-o",
        str(out),
        *boards,
    )
    refused = run(*command)
    assert (refused.returncode, out.exists()) == (1, False)
    assert "refused by the board invented; nothing was written:" in refused.stderr
    assert "2 trials have no predictions" in refused.stderr
    done = run(*command, "--without-predictions")
    assert (done.returncode, out.exists()) == (0, True)
    assert "2 records for invented, state claimed" in done.stdout
    again = run(*command, "--without-predictions")
    assert (again.returncode, "is there already, and is not overwritten" in again.stderr) == (2, True)
    added = run("leaderboard", "add", str(out), *boards)
    assert added.stdout.strip().endswith("results/team.json: claimed")
    assert "| 1 | 1 | mine (hints) · team |" in (tmp_path / "boards" / "invented" / "README.md").read_text()
    other = json.loads((tmp_path / "boards" / "invented" / "results" / "team.json").read_text())
    other["records"][0]["finished"] = "2027-01-01T00:00:00Z"
    (tmp_path / "other.json").write_text(json.dumps(other))
    clash = run("leaderboard", "add", str(tmp_path / "other.json"), *boards)
    assert "is there, with other records. Submit these under another name" in clash.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("build",), "name boards (nar-bench leaderboard list), a results folder, or give --all"),
        (("build", "bfs", "--all"), "name boards (nar-bench leaderboard list), a results folder, or give --all"),
        (("build", "clrs3"), "board 'clrs3' is not known. Did you mean 'clrs30'?"),
        (("build", "./nowhere"), "nowhere is no results folder"),
        (("submit", "nowhere", "--board", "clrs30", "--name", "a"), "nowhere is no results folder"),
        (("submit", "nowhere", "--board", "clrs30", "--name", "../a"), "lower-case letters, digits, dots and dashes"),
        (("verify", "nowhere.zip"), "there is no such bundle"),
        (("add", "nowhere.json"), "cannot be read"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_message(run: Run, arguments: tuple[str, ...], says: str) -> None:
    done = run("leaderboard", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
