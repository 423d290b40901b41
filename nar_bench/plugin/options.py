"""Tables of a suite to frozen dataclasses; every fault is collected with its place, none is raised."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

from nar_bench.errors import did_you_mean


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a suite."""

    place: str
    """Keys from the top of the file, such as train.steps or trials[0].algorithms[1]."""
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def build_options(config: type, values: Mapping[str, Any], place: str, faults: list[Fault], *, base: Any = None) -> Any:
    """Make `config(**values)`; append every fault to `faults`, and leave the default where a value is wrong.

    Args:
        config: a frozen dataclass whose fields all have defaults; a method `faults` may name values out of range.
        values: as TOML gives them; lists become tuples.
        base: a `config` that gives the defaults; then its fields need none.
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    types = typing.get_type_hints(config)
    fields = [field.name for field in dataclasses.fields(config)]
    good: dict[str, Any] = {}
    for key, value in values.items():
        if key not in fields:
            faults.append(Fault(f"{place}.{key}", f"this key is not known.{did_you_mean(key, fields)}"))
            continue
        try:
            adapter = TypeAdapter(types[key], config=ConfigDict(strict=True, arbitrary_types_allowed=True))
            good[key] = adapter.validate_python(_tuples(value))
        except ValidationError as error:
            for one in error.errors():
                inner = "".join(f"[{part}]" for part in one["loc"] if isinstance(part, int))
                faults.append(Fault(f"{place}.{key}{inner}", f"got {one['input']!r}; {one['msg'].lower()}"))
    built = config(**good) if base is None else dataclasses.replace(base, **good)
    for name, problem in built.faults() if hasattr(built, "faults") else ():
        faults.append(Fault(f"{place}.{name}", problem))
    return built


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
