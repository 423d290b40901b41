"""TOML files of suites: found by name, read with overrides, and every fault told with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nar_bench.errors import SuiteError, did_you_mean
from nar_bench.plugin.assignments import Assignments, assigned
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.options import Fault
from nar_bench.plugin.registry import Registry

Table = dict[str, Any]
Place = tuple[str | int, ...]
"""Keys and indices from the top of the file."""


def find_suite_file(name: str | Path, kind: Kind, registry: Registry) -> Path:
    """Return the file of a suite given by name or by path.

    Raises:
        UnknownName, PluginError: no such name.
        SuiteError: no such file.
    """
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if not path.is_file():
            raise SuiteError(f"suite {path}: there is no such file.")
        return path
    return registry.find(kind, str(name)).file()


def read_table(file: Path, overrides: Assignments = ()) -> Table:
    """Read a suite file.

    Args:
        overrides: {"train.steps": 10}, "train.steps=10" and the like.

    Raises:
        SuiteError: it cannot be read or is no TOML.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"suite {file}: cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"suite {file}: no valid TOML: {error}.") from None
    for key, value in assigned(overrides, "--set", "train.steps=100", SuiteError).items():
        _apply(content, key, value)
    return content


def suite_error(file: Path, faults: Sequence[Fault]) -> SuiteError:
    """Return one error that lists every fault."""
    count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
    return SuiteError(f"suite {file}: {count}; nothing was run.\n" + "\n".join(f"  {fault}" for fault in faults))


def fault_of(error: dict[str, Any], known: Callable[[Place], Iterable[str]]) -> Fault:
    """Say in our words what pydantic found.

    Args:
        error: one of `ValidationError.errors()`.
        known: the keys that are allowed beside the one at a place.
    """
    place = ""
    for part in error["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f"{'.' if place else ''}{part}"
    if error["type"] == "extra_forbidden":
        return Fault(place, f"this key is not known.{did_you_mean(str(error['loc'][-1]), known(error['loc']))}")
    if error["type"] == "missing":
        return Fault(place, "this key is missing")
    return Fault(place, f"got {error['input']!r}; {error['msg'][0].lower()}{error['msg'][1:]}")


def _apply(content: Table, key: str, value: Any) -> None:
    *tables, last = key.split(".")
    at = content
    for table in tables:
        at = at.setdefault(table, {})
        if not isinstance(at, dict):
            raise SuiteError(f"--set {key}={value}: '{table}' is not a table that can hold a key.")
    at[last] = value
