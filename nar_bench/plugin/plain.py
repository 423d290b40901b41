"""Tables of options as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return what JSON would give back: tuples become lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table without some keys."""
    return {key: value for key, value in values.items() if key not in keys}


def tuples(values: dict[str, Any]) -> dict[str, Any]:
    """Return a table of shift axes whose lists are tuples."""
    return {axis: tuple(value) if isinstance(value, list) else value for axis, value in values.items()}
