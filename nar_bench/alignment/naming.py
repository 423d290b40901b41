"""What people call what is learned and what learns, where several differ in options alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nar_bench.alignment.record import Question


class Called(NamedTuple):
    """Names of the two sides of a question."""

    what: str
    by: str


def called(questions: Sequence[Question]) -> list[Called]:
    """Name each question; options stand in brackets where another question on the same component has others."""
    whats = [(one.what.name, one.config.get("target", {})) for one in questions]
    bys = [(one.learner.name, one.config["learner"]) for one in questions]
    regimes = [f" / {one.regime}" if one.regime else "" for one in questions]
    return [Called(what, by + regime) for what, by, regime in zip(_told(whats), _told(bys), regimes, strict=True)]


def _told(named: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    values: dict[str, dict[str, set[str]]] = {}
    for name, options in named:
        for key, value in options.items():
            values.setdefault(name, {}).setdefault(key, set()).add(repr(value))
    told = []
    for name, options in named:
        differing = [f"{key}={_short(options[key])}" for key in options if len(values[name][key]) > 1]
        told.append(f"{name} [{', '.join(differing)}]" if differing else name)
    return told


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
