"""Options by key, as texts "KEY=VALUE" of a command line or as a mapping of Python values."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from nar_bench.errors import NarBenchError
from nar_bench.plugin.plain import plain

Assignments = Mapping[str, Any] | Iterable[str]
"""{"train.steps": 100} or ["train.steps=100"]."""


def assigned(given: Assignments, flag: str, example: str, error: type[NarBenchError]) -> dict[str, Any]:
    """Return values by key; a text's value is TOML, or a string where it is none.

    Args:
        flag: of the command line, for the message.
        example: likewise, such as "train.steps=100".
        error: what to raise.

    Raises:
        error: a text without a key or without a value.
    """
    if isinstance(given, Mapping):
        return {key: plain(value) for key, value in given.items()}
    values: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise error(f"{flag} {text}: KEY=VALUE is needed, for example {flag} {example}.")
        try:
            values[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            values[key.strip()] = value  # a bare word is a string
    return values
