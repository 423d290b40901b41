"""The methods of a results folder, and how a person names one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nar_bench.errors import StatisticsError, UnknownName
from nar_bench.results.store import Store
from nar_bench.results.summary import Line, summarise


@dataclass(frozen=True)
class Method:
    """Everything that one method has done in a folder.

    Attributes:
        name: as tables print it, "mpnn (hints)"; with the suite in front where the folder has several.
        lines: by algorithm.
        failures: (algorithm, seed) -> message.
        damaged: one message for each record of the folder that could not be read, whoever's it was.
    """

    name: str
    lines: Mapping[str, Line]
    failures: Mapping[tuple[str, int], str] = field(default_factory=dict)
    damaged: Sequence[str] = ()


def methods_in(folder: Path) -> list[Method]:
    """Return every method with a finished trial in a results folder.

    Raises:
        StoreError: there is no results folder.
        StatisticsError: a seed was run twice with the same settings.
    """
    records, problems = Store(folder).records()
    groups: dict[tuple[str, int, str], dict[str, Line]] = {}
    for line in summarise(records):
        if twice := sorted({seed for seed in line.seeds if line.seeds.count(seed) > 1}):
            trials = ", ".join(record.trial for record in line.records if record.seed == twice[0])
            raise StatisticsError(
                f"{folder}: {line.algorithm}, {line.method} has seed {twice[0]} more than once (trials {trials}). "
                "Move all but one of these records elsewhere."
            )
        groups.setdefault((line.suite, line.suite_version, line.method), {})[line.algorithm] = line
    several = len({key[:2] for key in groups}) > 1
    failures = {
        (record.suite.name, record.suite.version, record.method, algorithm.name, record.seed): record.error.message
        for record in records
        if record.state == "failed" and record.error
        for algorithm in record.algorithms
    }
    return [
        Method(
            f"{suite} {version}: {method}" if several else method,
            lines,
            {
                key[3:]: message
                for key, message in failures.items()
                if key[:2] == (suite, version) and (method == key[2] or method.startswith(f"{key[2]} ["))
            },
            tuple(str(problem) for problem in problems),
        )
        for (suite, version, method), lines in groups.items()
    ]


def find_method(name: str, folder: Path) -> Method:
    """Return the method of a folder that a person means.

    Args:
        name: as tables print it, or its first parts with slashes between: "memory_mpnn/memory/cosine" or "memory_mpnn",
            where that fits one method alone.

    Raises:
        StoreError: there is no results folder.
        UnknownName: no method has that name.
        StatisticsError: several fit.
    """
    methods = methods_in(folder)
    for method in methods:
        if method.name == name:
            return method
    wanted = name.split("/")
    found = [method for method in methods if _parts(method.name)[: len(wanted)] == wanted]
    if not found:
        raise UnknownName("method", name, [method.name for method in methods], str(folder))
    if len(found) > 1:
        raise StatisticsError(f"{folder}: '{name}' fits several methods; give one whole: {_listed(found)}.")
    return found[0]


def only_method(folder: Path) -> Method:
    """Return the one method of a folder.

    Raises:
        StoreError: there is no results folder.
        StatisticsError: it has none, or several.
    """
    methods = methods_in(folder)
    if len(methods) != 1:
        has = f"several methods: {_listed(methods)}; name one and give the folder after it" if methods else "none"
        raise StatisticsError(f"{folder} stands for its one method, but has {has}.")
    return methods[0]


def _parts(name: str) -> list[str]:
    """Split "mpnn (hints, cosine) [hidden=16]" into processor, regime and so on."""
    return [part for part in re.split(r" \(|, |\) ?", name.rpartition(": ")[2]) if part]


def _listed(methods: Sequence[Method]) -> str:
    return ", ".join(f"'{method.name}'" for method in methods)
