"""The sections of a suite: options for all, and for single algorithms, with the shift points."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nar_bench.data_sets.source import TEST, TRAIN, Reading
from nar_bench.evaluation.config import OWN_OPTIONS as OWN_EVALUATION
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.plain import tuples, without
from nar_bench.plugin.registry import Entry
from nar_bench.runner.components import Components, Found
from nar_bench.runner.shift_points import ShiftPoints, shift_faults
from nar_bench.runner.suite import Grid, Suite
from nar_bench.training.config import OWN_OPTIONS as OWN_TRAINING
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig


@dataclass(frozen=True)
class Section:
    """Options of one section, and by the full id of an algorithm what is for that one alone."""

    common: Any
    shift: dict[str, dict[str, Any]]
    own: dict[str, dict[str, Any]]
    points: dict[str, dict[str, dict[str, Any]]] = dataclasses.field(default_factory=dict)
    """Named shift points of the evaluation."""

    def of(self, entry: Entry) -> Any:
        """Return the options for one algorithm."""
        return dataclasses.replace(self.common, **self.own.get(entry.id, {}))


class Sections:
    """Builds the sections of each grid: the suite's, changed by the grid's own. What is wrong is a fault."""

    def __init__(self, suite: Suite, components: Components, faults: list[Fault]) -> None:
        self._suite, self._components, self._faults = suite, components, faults
        self._points = ShiftPoints(faults)
        self.regimes = {**REGIMES, **{name: self._regime(name, table) for name, table in suite.regime.items()}}

    def model(self, grid: Grid, place: str) -> NetConfig:
        """Build the section `model`."""
        made: NetConfig = self._section(NetConfig, "model", grid.model, place)
        return made

    def train(self, grid: Grid, place: str) -> Section:
        """Build the section `train`."""
        return self._with_own(TrainConfig, "train", grid.train, OWN_TRAINING, place)

    def evaluate(self, grid: Grid, algorithms: list[Found], place: str) -> Section:
        """Build the section `evaluate`, with the shift points of each algorithm."""
        built = self._with_own(EvaluateConfig, "evaluate", grid.evaluate, OWN_EVALUATION, place)
        given = {"evaluate": self._suite.evaluate, f"{place}.evaluate": grid.evaluate}
        return dataclasses.replace(built, points=self._points.of(given, algorithms))

    def report_unused(self) -> None:
        """Add a fault for each shift point that no algorithm of any grid could be measured at."""
        self._points.report_unused()

    def contrast(self, grid: Grid, place: str) -> ContrastConfig:
        """Build the section; algorithms that it relates must exist, and have the names that they call themselves."""
        section = f"{place}.contrast" if grid.contrast else "contrast"
        values = {**self._suite.contrast, **grid.contrast}
        contrast: ContrastConfig = build_options(ContrastConfig, values, section, self._faults)
        where = f"{place}.contrast.related" if "related" in grid.contrast else "contrast.related"
        groups = []
        for i, group in enumerate(contrast.related):
            found = [self._components.load(Kind.ALGORITHM, name, f"{where}[{i}][{j}]") for j, name in enumerate(group)]
            groups.append(tuple(one[1].name for one in found if one))
        return dataclasses.replace(contrast, related=tuple(groups))

    def _regime(self, name: str, table: Mapping[str, Any]) -> Regime:
        """Make a regime of the suite's own."""
        place, known = f"regime.{name}", dict(REGIMES)
        values = {key: value for key, value in table.items() if key != "base"}
        base = table.get("base")
        if name in known:
            self._faults.append(Fault(place, "this regime is built in; give yours another name"))
        if "name" in values:
            self._faults.append(Fault(f"{place}.name", "the table's own name is the regime's"))
            del values["name"]
        if base not in known:
            problem = "this key is missing; give" if base is None else f"got {base!r}; it must be"
            self._faults.append(Fault(f"{place}.base", f"{problem} one of: {', '.join(known)}"))
            base = "hints"
        made: Regime = build_options(
            Regime, values, place, self._faults, base=dataclasses.replace(known[str(base)], name=name)
        )
        return made

    def _section(self, config: type, section: str, override: Mapping[str, Any], place: str) -> Any:
        base = getattr(self._suite, section)
        build_options(config, base, section, self._faults)
        if override:
            build_options(config, override, f"{place}.{section}", self._faults)
        return build_options(config, {**base, **override}, section, []) if not self._faults else config()

    def _with_own(
        self, config: type, section: str, override: Mapping[str, Any], own_options: tuple[str, ...], place: str
    ) -> Section:
        """Build a section that may have tables `shift` and `algorithm`, each with one table by algorithm."""
        base = getattr(self._suite, section)
        tables = ("shift", "algorithm", *(["points"] if config is EvaluateConfig else []))
        whole = without({**base, **override}, *tables)
        built = build_options(config, whole, section if not override else f"{place}.{section}", self._faults)
        shift, own = (self._by_algorithm(section, key, base, override, place) for key in ("shift", "algorithm"))
        for name, (found, values) in shift.items():
            self._faults += shift_faults(found[1], values, f"{section}.shift.{name}")
        for name, (_, values) in own.items():
            self._check_own(config, values, own_options, f"{section}.algorithm.{name}")
        return Section(built, *({found[0].id: tuples(v) for found, v in one.values()} for one in (shift, own)))

    def _by_algorithm(
        self, section: str, key: str, base: Mapping[str, Any], override: Mapping[str, Any], place: str
    ) -> dict[str, tuple[Found, dict[str, Any]]]:
        """Return the tables of `key` by the names that the suite gives the algorithms; those of a grid come first."""
        tables: dict[str, Any] = {}
        for given, where in ((base.get(key, {}), section), (override.get(key, {}), f"{place}.{section}")):
            if isinstance(given, dict):
                tables |= given
            else:
                self._faults.append(Fault(f"{where}.{key}", f"got {given!r}; tables named after algorithms are needed"))
        found = {}
        for name, values in tables.items():
            algorithm = self._components.load(Kind.ALGORITHM, name, f"{section}.{key}.{name}")
            if not isinstance(values, dict):
                self._faults.append(Fault(f"{section}.{key}.{name}", f"got {values!r}; a table is needed"))
            elif algorithm:
                found[name] = algorithm, values
        return found

    def _check_own(self, config: type, values: dict[str, Any], own_options: tuple[str, ...], place: str) -> None:
        for key in values:
            if key not in own_options:
                problem = f"this key cannot be set for one algorithm; these can: {', '.join(own_options)}"
                self._faults.append(Fault(f"{place}.{key}", problem))
        build_options(config, {key: values[key] for key in values if key in own_options}, place, self._faults)


def own_config(
    entry: Entry, algorithm: Algorithm, train: Section, evaluate: Section, reading: Reading | None
) -> dict[str, Any]:
    """Return what the configuration of a trial holds for one of its algorithms.

    Args:
        reading: how its samples are read, from a data set that has all that is asked for; None where they are drawn.
    """
    base = algorithm.training if train.common.distribution == "training" else {}
    shifts = {
        "train_shift": {**base, **train.shift.get(entry.id, {})},
        "evaluate_shift": evaluate.shift.get(entry.id, {}),
    }
    if reading is not None:
        tested = evaluate.of(entry).sizes[0]
        shifts = {
            "train_shift": reading.shift(TRAIN, max(train.of(entry).sizes)),
            "evaluate_shift": reading.shift(f"{TEST}{tested}", tested),
        }
    return {
        "train": train.own.get(entry.id, {}),
        "train_shift": shifts["train_shift"],
        "evaluate": evaluate.own.get(entry.id, {}),
        "evaluate_shift": shifts["evaluate_shift"],
        **({"evaluate_points": evaluate.points[entry.id]} if evaluate.points.get(entry.id) else {}),
        **({"data": {"config": reading.config, "content": reading.source.content(reading.config)}} if reading else {}),
    }
