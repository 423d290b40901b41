"""What two methods do not share besides what makes them two methods."""

from __future__ import annotations

from collections.abc import Sequence

from nar_bench.results.differences import flat
from nar_bench.results.record import Record
from nar_bench.statistics.methods import Method


def what_differs(a: Method, b: Method, names: tuple[str, str], algorithms: Sequence[str]) -> list[str]:
    """Name the settings that two methods do not share on some algorithms, but for those that make them methods."""
    found: dict[str, list[str]] = {}
    for algorithm in algorithms:
        mine, theirs = (_settings(one.lines[algorithm].records[0], algorithm) for one in (a, b))
        for key in sorted(mine.keys() | theirs.keys()):
            left, right = mine.get(key, "not set"), theirs.get(key, "not set")
            if left != right:
                text = f"{key} is {left} for {names[0]} and {right} for {names[1]}"
                found.setdefault(text, []).append(algorithm)
    return [f"{text} ({_where(on, len(algorithms))})" for text, on in found.items()]


def _settings(record: Record, algorithm: str) -> dict[str, object]:
    used = next(one for one in record.algorithms if one.name == algorithm)
    own = record.config.get("algorithms", {}).get(algorithm, {})
    sections = {key: record.config.get(key, {}) for key in ("model", "train", "evaluate")}
    rest = {"suite": f"{record.suite.name} {record.suite.version}", "algorithm": f"{used.id} {used.version}"}
    source = {"source of the algorithm": used.source_hash, "algorithms together": len(record.algorithms)}
    return {".".join(path): value for path, value in flat({**sections, "own": own, **rest, **source})}


def _where(on: Sequence[str], of: int) -> str:
    return "on all algorithms" if len(on) == of else f"on {', '.join(on)}"
