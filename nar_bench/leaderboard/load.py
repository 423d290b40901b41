"""Boards from files: definitions, submissions and published numbers read, what breaks a rule left out and named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nar_bench.errors import BoardError
from nar_bench.leaderboard.board import Board, make_board
from nar_bench.leaderboard.definition import REPORTED, BoardFolder, boards_folder
from nar_bench.leaderboard.derived import boards_of
from nar_bench.leaderboard.entries import Entry, entries_of
from nar_bench.leaderboard.provenance import how
from nar_bench.leaderboard.reported import Reported, read_reported, shipped_reported
from nar_bench.leaderboard.rules import refusals
from nar_bench.leaderboard.submission import Submission, read_submission
from nar_bench.results.store import Store


@dataclass(frozen=True)
class Loaded:
    """A board with the submissions behind its entries, by name."""

    board: Board
    submissions: Mapping[str, Submission] = field(default_factory=dict)

    def how(self, entry: Entry) -> list[str]:
        """Return how an entry came about."""
        return how(entry, self.submissions.get(entry.submission))


def load_board(folder: BoardFolder) -> Loaded:
    """Read a board with its submissions; one that is damaged or breaks a rule is left out, with the reason.

    Raises:
        BoardError: the published numbers beside it are damaged.
    """
    definition = folder.definition
    taken: dict[str, Submission] = {}
    refused: list[str] = []
    for file in folder.submissions:
        try:
            one = read_submission(file)
            if one.name != file.stem:
                raise BoardError(f"{file}: its name is '{one.name}'; the file says '{file.stem}'.")
        except BoardError as error:
            refused.append(str(error))
            continue
        if wrong := refusals(definition, one):
            refused += [f"{one.name}: {sentence}" for sentence in wrong]
        else:
            taken[one.name] = one
    reported = [
        number
        for name in definition.reported
        for number in shipped_reported([name], folder.path.parent)
        if number.kind != "algorithm" or number.algorithm in definition.algorithms
    ]
    entries = entries_of(taken.values(), definition.point)
    return Loaded(make_board(definition, entries, reported, refused), taken)


def load_run(store: Store) -> tuple[list[Loaded], list[str], list[str]]:
    """Return the boards of a results folder, its damaged records and its failed trials, a sentence for each.

    Published numbers of every board stand beside ours.

    Raises:
        StoreError: there is no results folder.
    """
    records, problems = store.records()
    boards = boards_of(records, _all_reported())
    failed = [
        f"{one.name}, {one.method}, seed {one.seed}: {one.error.message}"
        for one in records
        if one.state == "failed" and one.error
    ]
    return [Loaded(board) for board in boards], [str(one) for one in problems], failed


def _all_reported() -> list[Reported]:
    return [one for file in sorted(boards_folder().glob(f"*/{REPORTED}")) for one in read_reported(file)]
