"""Options as records keep them: JSON, in which a tuple is a list."""

from __future__ import annotations

import dataclasses
from typing import Any


def plain(config: Any) -> dict[str, Any]:
    """Return a frozen dataclass as JSON would give it back."""
    values = dataclasses.asdict(config)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def made_from(config: type, values: dict[str, Any]) -> Any:
    """Make a `config` from what `plain` returned."""
    return config(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
