"""Values of shift axes: whether an algorithm takes them, and the named points at which it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nar_bench.data.generate import POSITIONS, shift_axes
from nar_bench.errors import did_you_mean
from nar_bench.plugin.contracts import Algorithm
from nar_bench.plugin.options import Fault
from nar_bench.plugin.plain import tuples
from nar_bench.results.record import OWN_POINT
from nar_bench.runner.components import Found

Points = dict[str, dict[str, dict[str, Any]]]
"""By the full id of an algorithm its points: by name the values of axes."""


class ShiftPoints:
    """Hands each algorithm the named points of which it has all axes; a point that none can take is a fault."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._unused: dict[str, Fault] = {}
        self._used: set[str] = set()

    def of(self, sections: Mapping[str, Mapping[str, Any]], algorithms: list[Found]) -> Points:
        """Return the points of each algorithm.

        Args:
            sections: by where it stands a section `evaluate`; later ones come before earlier ones.
        """
        points: Points = {}
        for section, tables in sections.items():
            given = tables.get("points", {})
            if not isinstance(given, dict):
                self._faults.append(Fault(f"{section}.points", f"got {given!r}; tables named after points are needed"))
                continue
            for name, values in given.items():
                where = f"{section}.points.{name}"
                if name == OWN_POINT:
                    self._faults.append(Fault(where, "this is the name of the suite's own; take another"))
                elif not isinstance(values, dict) or not values:
                    self._faults.append(Fault(where, f"got {values!r}; a table of shift axes is needed"))
                else:
                    self._add(points, name, values, algorithms, where)
        return points

    def report_unused(self) -> None:
        """Add the faults of points that no algorithm took."""
        self._faults += [fault for place, fault in self._unused.items() if place not in self._used]

    def _add(
        self,
        points: Points,
        name: str,
        values: dict[str, Any],
        algorithms: list[Found],
        where: str,
    ) -> None:
        axes: set[str] = set()
        for entry, algorithm in algorithms:
            has = {*shift_axes(algorithm), "positions"}
            axes |= has
            if values.keys() <= has:
                self._used.add(where)
                self._faults += shift_faults(algorithm, values, where)
                points.setdefault(entry.id, {})[name] = tuples(values)
        told = ", ".join(f"'{axis}'" for axis in values)
        hint = "".join(did_you_mean(axis, axes) for axis in values if axis not in axes)
        self._unused[where] = Fault(where, f"no algorithm has all of its shift axes, {told}.{hint}")


def shift_faults(algorithm: Algorithm, values: dict[str, Any], place: str) -> list[Fault]:
    """Return what is wrong with values of shift axes for one algorithm."""
    faults = []
    axes = [*shift_axes(algorithm), "positions"]
    for axis, value in values.items():
        numbers = value if isinstance(value, list) else [value]
        if axis not in axes:
            faults.append(
                Fault(f"{place}.{axis}", f"{algorithm.name} has no such shift axis.{did_you_mean(axis, axes)}")
            )
        elif axis == "positions":
            if value not in POSITIONS:
                faults.append(Fault(f"{place}.{axis}", f"got {value!r}; allowed: {', '.join(POSITIONS)}"))
        elif words := algorithm.words.get(axis):
            if not numbers or not all(one in words for one in numbers):
                problem = f"got {value!r}; one or several are needed of: {', '.join(words)}"
                faults.append(Fault(f"{place}.{axis}", problem))
        elif not numbers or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
            faults.append(Fault(f"{place}.{axis}", f"got {value!r}; a number or a list of numbers is needed"))
    return faults
