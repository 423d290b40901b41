"""Boards of results in a folder, which nobody has defined: what most of its methods have is what is ranked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from nar_bench.leaderboard.board import Board, make_board
from nar_bench.leaderboard.definition import Definition, Metric, TestSet
from nar_bench.leaderboard.entries import Entry, entries_of_lines
from nar_bench.leaderboard.reported import Reported
from nar_bench.results.record import OWN_POINT, Record, SuiteName
from nar_bench.results.summary import summarise


def boards_of(records: Sequence[Record], reported: Sequence[Reported] = ()) -> list[Board]:
    """Return a board for each suite version; of one whose trials all failed there is none.

    A published number stands beside an algorithm if it is of that very one.
    """
    groups: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.suite.name, record.suite.version), []).append(record)
    boards = []
    for (name, version), found in sorted(groups.items()):
        entries = entries_of_lines(summarise(found), found, OWN_POINT)
        if any(entry.tracks for entry in entries):
            ids = {used.id for record in found for used in record.algorithms}
            beside = [one for one in reported if one.name in ids and one.point == OWN_POINT]
            boards.append(make_board(_definition(name, version, entries), entries, beside))
    return boards


def _definition(suite: str, version: int, entries: Sequence[Entry]) -> Definition:
    """Define a board by what there is.

    Every algorithm counts, at the largest size that all its methods have, and the seeds that more than half of all
    pairs of method and algorithm have.
    """
    tracks = [track for entry in entries for track in entry.tracks.values()]
    algorithms = sorted({track.algorithm for track in tracks})
    metric: Metric = "exact_match" if any(track.holds_errors for track in tracks) else "score"
    counts = Counter(seed for track in tracks for seed in track.seeds)
    seeds = [seed for seed, count in sorted(counts.items()) if 2 * count > len(tracks)]
    common = {
        name: set.intersection(*(set(track.sizes(metric)) for track in tracks if track.algorithm == name)) or {1}
        for name in algorithms
    }
    sizes = sorted(set.intersection(*common.values()) or {min(max(one) for one in common.values())})
    trained = {
        name: max(
            (max(r.training.sizes[name]) for t in tracks if t.algorithm == name for r in t.records if r.training),
            default=1,
        )
        for name in algorithms
    }
    return Definition(
        name=re.sub(r"[^a-z0-9._-]+", "-", suite.lower()).strip("-._")[:60] or "run",
        title=f"{suite} {version}",
        summary="Results of a folder, which nobody has submitted: ranked is what most of its methods have.",
        suite=SuiteName(name=suite, version=version),
        metric=metric,
        track="open",
        in_distribution=max(trained.values()),
        sizes=sizes,
        size=max(sizes),
        seeds=seeds or [counts.most_common(1)[0][0]],
        together=any(len(entry.first.algorithms) > 1 for entry in entries),
        categories={"All": algorithms},
        test=TestSet(
            count=1,
            size_of={name: max(has) for name, has in common.items() if max(has) != max(sizes)},
            in_distribution_of={name: size for name, size in trained.items() if size != max(trained.values())},
        ),
    )
