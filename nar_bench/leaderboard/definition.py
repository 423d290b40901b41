"""A board as data: leaderboards/<board>/board.toml says what is ranked, on what, and what counts as complete.

name = "clrs30"                       # the folder's name
title = "CLRS-30"
summary = "..."
suite = { name = "clrs30", version = 1 }   # records of this version alone
metric = "score"                      # what is ranked: a share, of which more is better
track = "strict"                      # refuses records that saw sizes above in_distribution; or "open"
in_distribution = 16
pooling = "algorithms"                # the ranked mean counts algorithms equally, or "categories"
sizes = [16, 64]                      # every complete method has them
size = 64                             # at which it is ranked
seeds = [0, 1, 2]                     # every complete method has these on every algorithm; others do not count
together = false                      # whether methods learn all algorithms with one processor
reported = ["clrs30"]                 # whose reported.csv is shown beside

[categories]                          # every algorithm of the board, in one category
Sorting = ["bubble_sort", "heapsort"]

[test]                                # of the test instances, which are the same for everybody
seed = 0
count = 32
count_of = { heapsort = 64 }          # of one algorithm
size_of = { lcs_length = 32 }         # where one algorithm is ranked at another size
in_distribution_of = { kmp_matcher = 20 }
shift_of = { bfs = { p = 0.9 } }      # where an algorithm is not tested on its own distribution
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nar_bench.errors import BoardError, UnknownName
from nar_bench.results.record import OWN_POINT, SuiteName
from nar_bench.statistics.solve_rate import SOLVED

BOARD, RESULTS, REPORTED, README = "board.toml", "results", "reported.csv", "README.md"
"""What a board's folder holds."""

Metric = Literal["score", "exact_match", "validity", "chance_corrected"]

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
"""What a board and a submission may be called; a name is a file's, so it holds no separator."""

_PLACES = (Path(__file__).parents[2] / "leaderboards", Path(__file__).parent / "boards")
"""Where the boards' data lie: in a checkout, and in an installed package."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TestSet(_Part):
    """The test instances and where they are ranked."""

    __test__ = False

    seed: int = Field(default=0, ge=0)
    count: int = Field(ge=1)
    count_of: dict[str, int] = {}
    size_of: dict[str, int] = {}
    in_distribution_of: dict[str, int] = {}
    shift_of: dict[str, dict[str, Any]] = {}


class Definition(_Part):
    """One board."""

    name: str = Field(pattern=NAME)
    title: str = Field(min_length=1)
    summary: str = ""
    suite: SuiteName
    metric: Metric = "score"
    track: Literal["open", "strict"] = "strict"
    in_distribution: int = Field(ge=1)
    pooling: Literal["algorithms", "categories"] = "algorithms"
    point: str = OWN_POINT
    sizes: list[int] = Field(min_length=1)
    size: int = Field(ge=1)
    seeds: list[int] = Field(min_length=1)
    solved_from: float = Field(default=SOLVED, gt=0, le=1)
    together: bool = False
    reported: list[str] = []
    categories: dict[str, list[str]] = Field(min_length=1)
    test: TestSet

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> Self:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        algorithms = self.algorithms
        if twice := sorted({one for one in algorithms if algorithms.count(one) > 1}):
            yield f"categories: {twice[0]} stands in more than one place; every algorithm has one category"
        if len(set(self.seeds)) != len(self.seeds):
            yield f"seeds: got {self.seeds}; each seed once"
        if self.size not in self.sizes:
            yield f"size: got {self.size}; it must be one of sizes, {self.sizes}"
        for table in ("count_of", "size_of", "in_distribution_of", "shift_of"):
            if unknown := sorted(set(getattr(self.test, table)) - set(algorithms)):
                yield f"test.{table}: {unknown[0]} is in no category of this board"

    @property
    def algorithms(self) -> list[str]:
        """Every algorithm, by category."""
        return [name for names in self.categories.values() for name in names]

    def category(self, algorithm: str) -> str:
        """Return the category of an algorithm of this board."""
        return next(category for category, names in self.categories.items() if algorithm in names)

    def size_for(self, algorithm: str) -> int:
        """Return the size at which an algorithm is ranked."""
        return self.test.size_of.get(algorithm, self.size)

    def sizes_for(self, algorithm: str) -> list[int]:
        """Return the sizes that a complete method has: none is larger than where the algorithm is ranked."""
        return [size for size in self.sizes if size <= self.size_for(algorithm)]

    def count_for(self, algorithm: str) -> int:
        """Return the number of test instances of an algorithm."""
        return self.test.count_of.get(algorithm, self.test.count)

    def bound_for(self, algorithm: str) -> int:
        """Return the largest size of an algorithm that is in distribution."""
        return self.test.in_distribution_of.get(algorithm, self.in_distribution)

    def weights(self) -> dict[str, float]:
        """Return the weight of each algorithm in the mean that is ranked."""
        if self.pooling == "algorithms":
            return dict.fromkeys(self.algorithms, 1 / len(self.algorithms))
        return {name: 1 / len(self.categories) / len(names) for names in self.categories.values() for name in names}


@dataclass(frozen=True)
class BoardFolder:
    """A board with where it lies."""

    definition: Definition
    path: Path

    @property
    def submissions(self) -> list[Path]:
        """Its submission files, by name."""
        return sorted((self.path / RESULTS).glob("*.json"))


def read_definition(file: Path) -> Definition:
    """Read a board.

    Raises:
        BoardError: it is no TOML, or a key is missing, wrong or unknown; every fault is listed.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        definition = Definition.model_validate(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BoardError(f"{file}: cannot be read: {error}.") from None
    except ValidationError as error:
        faults = "".join(f"\n  {'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors())
        raise BoardError(f"{file}: {error.error_count()} fault{'s' * (error.error_count() > 1)}.{faults}") from None
    if definition.name != file.parent.name:
        raise BoardError(
            f"{file}: name is '{definition.name}', but its folder is '{file.parent.name}'; make them equal."
        )
    return definition


def boards_folder(asked: Path | None = None) -> Path:
    """Return the folder of all boards: the one asked for, else the checkout's, else the installed package's.

    Raises:
        BoardError: there is none.
    """
    for place in (asked,) if asked is not None else _PLACES:
        if place.is_dir():
            return place
    raise BoardError(f"{asked or _PLACES[0]}: there is no such folder of boards; name one with --boards.")


def find_boards(names: Iterable[str] = (), folder: Path | None = None) -> list[BoardFolder]:
    """Return boards by name, or all of them.

    Raises:
        BoardError: a board is wrong, or there is none.
        UnknownName: no board has that name.
    """
    root = boards_folder(folder)
    known = {file.parent.name: file for file in sorted(root.glob(f"*/{BOARD}"))}
    wanted = list(names) or list(known)
    if not wanted:
        raise BoardError(f"{root}: there is no board in it (a folder with a {BOARD}).")
    for name in wanted:
        if name not in known:
            raise UnknownName("board", name, known, str(root))
    return [BoardFolder(read_definition(known[name]), known[name].parent) for name in wanted]
