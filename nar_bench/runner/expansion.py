"""From a suite to trials: every combination with every option, and why one cannot be run."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nar_bench.data.generate import POSITIONS, shift_axes
from nar_bench.data_sets.options import SourceOptions
from nar_bench.data_sets.source import TEST, TRAIN, Reading, Source
from nar_bench.errors import NarBenchError, did_you_mean
from nar_bench.evaluation.config import OWN_OPTIONS as OWN_EVALUATION
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.hub.source import open_source
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.support import processor_reason
from nar_bench.plugin.contracts import Algorithm, Invariant, Kind, Level, Processor, SimilarInput
from nar_bench.plugin.registry import Entry, Registry
from nar_bench.results.differences import Named, told_apart
from nar_bench.results.record import OWN_POINT, SuiteName, Used, name_of
from nar_bench.runner.identity import module_hash, trial_ids
from nar_bench.runner.options import Fault, build_options
from nar_bench.runner.protocol import OPEN, STRICT, Bounds, sizes_of, strict_faults
from nar_bench.runner.suite import Grid, SuiteSource, suite_error
from nar_bench.training.config import OWN_OPTIONS as OWN_TRAINING
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.hint_distance import compared

SECTIONS = ("regime", "model", "processor", "similarity", "contrast", "train", "evaluate", "algorithms")
"""Of the configuration of a trial, in the order in which records show them."""


@dataclass(frozen=True)
class Trial:
    """One processor, regime and seed, and one algorithm or several that share it, with every option; plain data."""

    id: str
    suite: SuiteName
    algorithms: tuple[Used, ...]
    processor: Used
    similarity: Used | None
    similar_inputs: tuple[Used, ...]
    """One for each algorithm where similar inputs are made, else none."""
    regime: str
    seed: int
    config: dict[str, Any]
    """One table for each of `SECTIONS`, shared by trials that differ in the seed alone; algorithms holds for each by
    name what is its own: options of train and evaluate, train_shift, evaluate_shift, and evaluate_points if any."""
    bounds: Bounds = OPEN
    """Of the suite; no part of the identity, since they only refuse."""
    differs: str = ""
    """What tells it from trials of its suite that would be called the same (see `told_apart`); "" if it is the only."""

    @property
    def name(self) -> str:
        """What a person calls the algorithms."""
        return name_of(self.algorithms)

    @property
    def how(self) -> str:
        """Regime and similarity, with what differs."""
        similarity = f" ({self.similarity.name})" if self.similarity else ""
        return f"{self.regime}{similarity}{f' [{self.differs}]' if self.differs else ''}"

    @property
    def label(self) -> str:
        """What a person calls it."""
        return f"{self.name} / {self.processor.name} / {self.how} / seed {self.seed}"


def expand(source: SuiteSource, registry: Registry) -> list[tuple[Trial, str]]:
    """Return the trials of a suite in the order of the file, each once, with the reason why it cannot be run or "".

    Raises:
        SuiteError: unknown names or options; every fault is listed.
    """
    found = _Expansion(source, registry).trials()
    # Trials that differ in the seed share their configuration, and are told from others by the same.
    cells = {id(trial.config): trial for trial, _ in found}
    told = told_apart([Named((t.processor.id, t.regime, _id(t.similarity)), t.name, t) for t in cells.values()])
    differs = {cell: text for cell, text in zip(cells, told, strict=True) if text}
    if not differs:
        return found
    return [(dataclasses.replace(trial, differs=differs.get(id(trial.config), "")), why) for trial, why in found]


def _id(used: Used | None) -> str:
    return used.id if used else ""


@dataclass(frozen=True)
class _Parts:
    """The components of a trial."""

    algorithms: list[Used]
    processor: Used
    similarity: Used | None
    similar_inputs: list[Used]

    def identity(self) -> list[Any]:
        """Return what of them changes a result."""

        def one(used: Used | None) -> list[Any] | None:
            if used is None:
                return None
            return [used.id, used.version, used.source_hash, *([one(used.around)] if used.around else [])]

        several = [[one(used) for used in group] for group in (self.algorithms, self.similar_inputs)]
        return [*several, one(self.processor), one(self.similarity)]


def definition_of(trial: Trial) -> dict[str, Any]:
    """Return all that changes the result of a trial; `trial_id` of it is its identity."""
    parts = _Parts(list(trial.algorithms), trial.processor, trial.similarity, list(trial.similar_inputs))
    return {**_definition(parts, trial.regime, trial.config), "seed": trial.seed}


def _definition(parts: _Parts, regime: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"components": parts.identity(), "regime": regime, "config": _identifying(config)}


@dataclass(frozen=True)
class _Section:
    """Options of one section, and by the full id of an algorithm what is for that one alone."""

    common: Any
    shift: dict[str, dict[str, Any]]
    own: dict[str, dict[str, Any]]
    points: dict[str, dict[str, dict[str, Any]]] = dataclasses.field(default_factory=dict)
    """Named shift points of the evaluation."""

    def of(self, entry: Entry) -> Any:
        """Return the options for one algorithm."""
        return dataclasses.replace(self.common, **self.own.get(entry.id, {}))


class _Expansion:
    """One pass over a suite; collects faults and raises them together at the end."""

    def __init__(self, source: SuiteSource, registry: Registry) -> None:
        self._suite, self._file, self._registry = source.suite, source.file, registry
        self._name = SuiteName(name=source.suite.name, version=source.suite.version)
        self._uses: dict[tuple[Kind, str], Used] = {}
        self._bounds = Bounds(source.suite.track, source.suite.in_distribution)
        self._unused_points: dict[str, Fault] = {}
        self._used_points: set[str] = set()
        self._faults: list[Fault] = []
        self._loaded: dict[tuple[Kind, str], tuple[Entry, Any] | None] = {}
        self._tables: dict[Kind, dict[str, tuple[tuple[Entry, Any], dict[str, Any]]]] = {}
        self._reading = self._source()
        self._regimes = {**REGIMES, **{name: self._regime(name, table) for name, table in self._suite.regime.items()}}

    def trials(self) -> list[tuple[Trial, str]]:
        """Return (trial, reason why it cannot be run or "")."""
        for kind, tables in ((Kind.PROCESSOR, self._suite.processor), (Kind.SIMILARITY, self._suite.similarity)):
            self._tables[kind] = self._by_id(kind, tables, str(kind))
            for (entry, component), table in self._tables[kind].values():
                build_options(component.config, table, f"{kind}.{entry.name}", self._faults)
        found: dict[str, tuple[Trial, str]] = {}
        for index, grid in enumerate(self._suite.trials):
            for trial, reason in self._grid(grid, f"trials[{index}]"):
                found.setdefault(trial.id, (trial, reason))
        self._faults += [fault for place, fault in self._unused_points.items() if place not in self._used_points]
        if self._bounds.track == STRICT and self._bounds.in_distribution is None:
            problem = "this key is missing; the strict track needs the largest size that training and selection may see"
            self._faults.append(Fault("in_distribution", problem))
        if self._faults:
            raise suite_error(self._file, list(dict.fromkeys(self._faults)))
        return list(found.values())

    def _grid(self, grid: Grid, place: str) -> list[tuple[Trial, str]]:
        def lookup(kind: Kind, names: list[str], key: str) -> list[tuple[Entry, Any]]:
            found = [self._load(kind, name, f"{place}.{key}[{i}]") for i, name in enumerate(names)]
            return [one for one in found if one]

        algorithms = lookup(Kind.ALGORITHM, grid.algorithms, "algorithms")
        processors = lookup(Kind.PROCESSOR, grid.processors, "processors")
        for i, regime in enumerate(grid.regimes):
            if regime not in self._regimes:
                self._faults.append(
                    Fault(
                        f"{place}.regimes[{i}]",
                        f"regime '{regime}' is not known.{did_you_mean(regime, self._regimes)}",
                    )
                )
        for i, seed in enumerate(grid.seeds):
            if not 0 <= seed < 2**63:
                self._faults.append(Fault(f"{place}.seeds[{i}]", f"got {seed}; seeds are from 0 to 2^63 - 1"))
        if grid.together:
            self._check_apart(algorithms, place)
        with_memory = [name for name in grid.regimes if name in self._regimes and self._regimes[name].memory]
        if with_memory and not grid.similarity_options:
            known = [entry.name for entry in self._registry.entries(Kind.SIMILARITY)]
            problem = f"the regime {with_memory[0]} needs one of: {', '.join(known)}"
            self._faults.append(Fault(f"{place}.similarity", problem))
        similarity, own = None, {}
        for name, table in grid.similarity_options.items():  # one or none
            if similarity := self._load(Kind.SIMILARITY, name, f"{place}.similarity"):
                own = {similarity[0].id: (similarity, table)}
        similarity_options = self._options([similarity] if similarity else [], own, f"{place}.similarity")
        own = self._by_id(Kind.PROCESSOR, grid.processor, f"{place}.processor")
        processor_options = self._options(processors, own, f"{place}.processor")
        problem = f"the grid has no such processor; it has: {', '.join(grid.processors)}"
        unused = [entry for (entry, _), _ in own.values() if entry.id not in processor_options]
        self._faults += [Fault(f"{place}.processor.{entry.name}", problem) for entry in unused]
        model = self._section(NetConfig, "model", grid.model, place)
        contrast = self._contrast(grid, place)
        train = self._with_own(TrainConfig, "train", grid.train, OWN_TRAINING, place)
        evaluate = self._with_own(EvaluateConfig, "evaluate", grid.evaluate, OWN_EVALUATION, place)
        evaluate = dataclasses.replace(evaluate, points=self._points(grid.evaluate, algorithms, place))
        self._check_track(algorithms, train, f"{place}.train" if grid.train else "train")
        if similarity and similarity[1].level is Level.TRAJECTORY and train.common.step_weights != "uniform":
            problem = (
                f"got {train.common.step_weights!r}; {similarity[0].name} scores whole trajectories, without weights"
            )
            self._faults.append(Fault(f"{place}.train.step_weights", problem))
        similar = {
            name: self._load(Kind.SIMILAR_INPUT, given, f"{place}.similar_inputs.{name}")
            for name, given in grid.similar_inputs.items()
        }
        if self._faults:
            return []
        made = []
        groups = [algorithms] if grid.together else [[one] for one in algorithms]
        sections = {  # what no cell of the grid changes
            "model": _plain(dataclasses.asdict(model)),
            "train": _plain(dataclasses.asdict(train.common)),
            "evaluate": _plain(dataclasses.asdict(evaluate.common)),
        }
        for group, (processor_entry, processor), regime in itertools.product(groups, processors, grid.regimes):
            memory, nodes = self._regimes[regime].memory, self._regimes[regime].contrast_nodes
            options = processor_options[processor_entry.id]
            makes_similar = self._regimes[regime].augment or nodes or (memory and contrast.makes_similar_inputs)
            found = [similar.get(one.name) or self._default_similar(one) if makes_similar else None for _, one in group]
            readings = [self._read_by(one) for _, one in group]
            own_sections = {
                "regime": _without(dataclasses.asdict(self._regimes[regime]), "name"),
                "processor": dataclasses.asdict(options),
                "similarity": dataclasses.asdict(similarity_options[similarity[0].id]) if memory and similarity else {},
                "contrast": dataclasses.asdict(contrast) if memory else {},
                "algorithms": {one.name: self._own_config(entry, one, train, evaluate) for entry, one in group},
            }
            reasons = [
                processor_reason(processor, options, one.spec, self._regimes[regime], model)
                or self._reason(one, processor, regime, train.of(entry), evaluate.of(entry))
                or _data_reason(reading, train.of(entry), evaluate.of(entry))
                or (_similar_reason(one, alike, contrast if memory else None, nodes) if makes_similar else "")
                or (_contrast_reason(one, contrast) if memory else "")
                for (entry, one), alike, reading in zip(group, found, readings, strict=True)
            ]
            named = [
                f"{one.name}: {why}" if len(group) > 1 else why
                for (_, one), why in zip(group, reasons, strict=True)
                if why
            ]
            if memory and (why := _across_reason([one.name for _, one in group], contrast, train.common)):
                named.append(why)
            parts = _Parts(
                [self._used(*one) for one in group],
                self._used(processor_entry, processor),
                self._used(*similarity) if memory and similarity else None,
                [self._used(*alike) for alike in found if alike],
            )
            whole = {**sections, **_plain(own_sections)}
            config = {key: whole[key] for key in SECTIONS}
            if self._data.source:
                config["data"] = {"source": self._data.source, "streaming": self._data.streaming}
            made += [(trial, "; ".join(named)) for trial in self._trials(parts, regime, grid.seeds, config)]
        return made

    def _trials(self, parts: _Parts, regime: str, seeds: list[int], config: dict[str, Any]) -> list[Trial]:
        """Make the trials of a cell, which differ in nothing but the seed; they share all else."""
        definition = _definition(parts, regime, config)
        several = tuple(parts.algorithms), parts.processor, parts.similarity, tuple(parts.similar_inputs)
        ids = trial_ids(definition, seeds)
        of_both = zip(ids, seeds, strict=True)
        return [Trial(id_, self._name, *several, regime, seed, config, self._bounds) for id_, seed in of_both]

    def _used(self, entry: Entry, component: Any) -> Used:
        if (entry.kind, entry.id) not in self._uses:
            self._uses[entry.kind, entry.id] = _used(entry, component)
        return self._uses[entry.kind, entry.id]

    def _own_config(self, entry: Entry, algorithm: Algorithm, train: _Section, evaluate: _Section) -> dict[str, Any]:
        base = algorithm.training if train.common.distribution == "training" else {}
        reading = self._read_by(algorithm)
        if reading is not None and not _data_reason(reading, train.of(entry), evaluate.of(entry)):
            return {
                "train": train.own.get(entry.id, {}),
                "train_shift": reading.shift(TRAIN, max(train.of(entry).sizes)),
                "evaluate": evaluate.own.get(entry.id, {}),
                "evaluate_shift": reading.shift(f"{TEST}{evaluate.of(entry).sizes[0]}", evaluate.of(entry).sizes[0]),
                **({"evaluate_points": evaluate.points[entry.id]} if evaluate.points.get(entry.id) else {}),
                "data": {"config": reading.config, "content": reading.source.content(reading.config)},
            }
        return {
            "train": train.own.get(entry.id, {}),
            "train_shift": {**base, **train.shift.get(entry.id, {})},
            "evaluate": evaluate.own.get(entry.id, {}),
            "evaluate_shift": evaluate.shift.get(entry.id, {}),
            **({"evaluate_points": evaluate.points[entry.id]} if evaluate.points.get(entry.id) else {}),
        }

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

    def _source(self) -> Source | None:
        """Open the data set that the suite reads, if any."""
        self._data: SourceOptions = build_options(SourceOptions, self._suite.data, "data", self._faults)
        if not self._data.source:
            if self._suite.data:
                problem = "this key is missing; give a folder or hub:OWNER/NAME@REVISION"
                self._faults.append(Fault("data.source", problem))
            return None
        for section, table in (("train", self._suite.train), ("evaluate", self._suite.evaluate)):
            if table.get("shift"):
                problem = "samples of data.source are as they are; remove this table, or data.source"
                self._faults.append(Fault(f"{section}.shift", problem))
        try:
            return open_source(self._data.source)
        except NarBenchError as error:
            self._faults.append(Fault("data.source", str(error)))
            return None

    def _read_by(self, algorithm: Algorithm) -> Reading | None:
        """Return how the samples of an algorithm are read, or None where they are drawn."""
        if self._reading is None:
            return None
        config = self._data.configs.get(algorithm.name, algorithm.name)
        return Reading(self._reading, config, self._data.streaming)

    def _check_apart(self, algorithms: list[tuple[Entry, Any]], place: str) -> None:
        names = [algorithm.name for _, algorithm in algorithms]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._faults.append(Fault(f"{place}.algorithms", f"{name} comes twice; together each may come once"))

    def _reason(
        self,
        algorithm: Algorithm,
        processor: Processor,
        regime: str,
        train: TrainConfig,
        evaluate: EvaluateConfig,
    ) -> str:
        smallest = min(*train.sizes, *evaluate.sizes, train.validates_at)
        if smallest < algorithm.smallest:
            return f"size {smallest}: {algorithm.name} needs at least {algorithm.smallest}"
        if self._regimes[regime].memory and not processor.writes_ideas:
            return f"{processor.name} writes no ideas, which the regime {regime} contrasts"
        return ""

    def _default_similar(self, algorithm: Algorithm) -> tuple[Entry, SimilarInput] | None:
        for entry in self._registry.entries(Kind.SIMILAR_INPUT):
            found = self._load(Kind.SIMILAR_INPUT, entry.id, "similar_inputs")
            if found and algorithm.name in found[1].algorithms and found[1].nodes is None:
                return found
        return None

    def _load(self, kind: Kind, name: str, place: str) -> tuple[Entry, Any] | None:
        if (kind, name) not in self._loaded:
            try:
                entry = self._registry.find(kind, name)
                self._loaded[kind, name] = entry, entry.load()
            except NarBenchError as error:
                self._faults.append(Fault(place, str(error)))
                self._loaded[kind, name] = None
        elif self._loaded[kind, name] is None:
            self._faults.append(Fault(place, f"{kind} '{name}' cannot be used, see above"))
        return self._loaded[kind, name]

    def _by_id(
        self, kind: Kind, tables: Mapping[str, dict[str, Any]], place: str
    ) -> dict[str, tuple[tuple[Entry, Any], dict[str, Any]]]:
        """Return tables that a suite keeps under names, by the full ids of what they name."""
        found = {name: self._load(kind, name, f"{place}.{name}") for name in tables}
        return {one[0].id: (one, tables[name]) for name, one in found.items() if one}

    def _options(
        self,
        components: list[tuple[Entry, Any]],
        own: Mapping[str, tuple[tuple[Entry, Any], dict[str, Any]]],
        place: str,
    ) -> dict[str, Any]:
        """Build by full id the options of components of one kind; those of a grid come before those of the suite."""
        options = {}
        for entry, component in components:
            tables = [of[entry.id][1] if entry.id in of else {} for of in (self._tables[entry.kind], own)]
            # Faults of the suite's table have been told with its place; the whole is built where there are none.
            values = {**tables[0], **tables[1]} if not self._faults else tables[1]
            options[entry.id] = build_options(component.config, values, f"{place}.{entry.name}", self._faults)
        return options

    def _section(self, config: type, section: str, override: Mapping[str, Any], place: str) -> Any:
        base = getattr(self._suite, section)
        build_options(config, base, section, self._faults)
        if override:
            build_options(config, override, f"{place}.{section}", self._faults)
        return build_options(config, {**base, **override}, section, []) if not self._faults else config()

    def _contrast(self, grid: Grid, place: str) -> ContrastConfig:
        """Build the section; algorithms that it relates must exist, and have the names that they call themselves."""
        section = f"{place}.contrast" if grid.contrast else "contrast"
        values = {**self._suite.contrast, **grid.contrast}
        contrast: ContrastConfig = build_options(ContrastConfig, values, section, self._faults)
        where = f"{place}.contrast.related" if "related" in grid.contrast else "contrast.related"
        groups = []
        for i, group in enumerate(contrast.related):
            found = [self._load(Kind.ALGORITHM, name, f"{where}[{i}][{j}]") for j, name in enumerate(group)]
            groups.append(tuple(one[1].name for one in found if one))
        return dataclasses.replace(contrast, related=tuple(groups))

    def _with_own(
        self, config: type, section: str, override: Mapping[str, Any], own_options: tuple[str, ...], place: str
    ) -> _Section:
        """Build a section that may have tables `shift` and `algorithm`, each with one table by algorithm."""
        base = getattr(self._suite, section)
        tables = ("shift", "algorithm", *(["points"] if config is EvaluateConfig else []))
        whole = _without({**base, **override}, *tables)
        built = build_options(config, whole, section if not override else f"{place}.{section}", self._faults)
        shift, own = (self._by_algorithm(section, key, base, override, place) for key in ("shift", "algorithm"))
        for name, (found, values) in shift.items():
            self._check_shift(found[1], values, f"{section}.shift.{name}")
        for name, (_, values) in own.items():
            self._check_own(config, values, own_options, f"{section}.algorithm.{name}")
        return _Section(built, *({found[0].id: _tuples(v) for found, v in one.values()} for one in (shift, own)))

    def _points(
        self, override: Mapping[str, Any], algorithms: list[tuple[Entry, Any]], place: str
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """Return by full id the named shift points of each algorithm: those of which it has all axes."""
        points: dict[str, dict[str, dict[str, Any]]] = {}
        for tables, section in ((self._suite.evaluate, "evaluate"), (override, f"{place}.evaluate")):
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
                    self._add_point(points, name, values, algorithms, where)
        return points

    def _add_point(
        self,
        points: dict[str, dict[str, dict[str, Any]]],
        name: str,
        values: dict[str, Any],
        algorithms: list[tuple[Entry, Any]],
        where: str,
    ) -> None:
        axes: set[str] = set()
        for entry, algorithm in algorithms:
            has = {*shift_axes(algorithm), "positions"}
            axes |= has
            if values.keys() <= has:
                self._used_points.add(where)
                self._check_shift(algorithm, values, where)
                points.setdefault(entry.id, {})[name] = _tuples(values)
        told = ", ".join(f"'{axis}'" for axis in values)
        hint = "".join(did_you_mean(axis, axes) for axis in values if axis not in axes)
        self._unused_points[where] = Fault(where, f"no algorithm has all of its shift axes, {told}.{hint}")

    def _check_track(self, algorithms: list[tuple[Entry, Any]], train: _Section, place: str) -> None:
        if self._bounds.track != STRICT or self._bounds.in_distribution is None or self._faults:
            return
        for entry, algorithm in algorithms:
            own, sizes = train.own.get(entry.id, {}), sizes_of(train.of(entry))
            for option, problem in strict_faults(algorithm.name, sizes, self._bounds.in_distribution):
                section = f"train.algorithm.{algorithm.name}" if option in own else place
                self._faults.append(Fault(f"{section}.{option}", problem))

    def _by_algorithm(
        self, section: str, key: str, base: Mapping[str, Any], override: Mapping[str, Any], place: str
    ) -> dict[str, tuple[tuple[Entry, Any], dict[str, Any]]]:
        """Return the tables of `key` by the names that the suite gives the algorithms; those of a grid come first."""
        tables: dict[str, Any] = {}
        for given, where in ((base.get(key, {}), section), (override.get(key, {}), f"{place}.{section}")):
            if isinstance(given, dict):
                tables |= given
            else:
                self._faults.append(Fault(f"{where}.{key}", f"got {given!r}; tables named after algorithms are needed"))
        found = {}
        for name, values in tables.items():
            algorithm = self._load(Kind.ALGORITHM, name, f"{section}.{key}.{name}")
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

    def _check_shift(self, algorithm: Algorithm, values: dict[str, Any], place: str) -> None:
        axes = [*shift_axes(algorithm), "positions"]
        for axis, value in values.items():
            numbers = value if isinstance(value, list) else [value]
            if axis not in axes:
                self._faults.append(
                    Fault(f"{place}.{axis}", f"{algorithm.name} has no such shift axis.{did_you_mean(axis, axes)}")
                )
            elif axis == "positions":
                if value not in POSITIONS:
                    self._faults.append(Fault(f"{place}.{axis}", f"got {value!r}; allowed: {', '.join(POSITIONS)}"))
            elif words := algorithm.words.get(axis):
                if not numbers or not all(one in words for one in numbers):
                    problem = f"got {value!r}; one or several are needed of: {', '.join(words)}"
                    self._faults.append(Fault(f"{place}.{axis}", problem))
            elif not numbers or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
                self._faults.append(Fault(f"{place}.{axis}", f"got {value!r}; a number or a list of numbers is needed"))


def _data_reason(reading: Reading | None, train: TrainConfig, evaluate: EvaluateConfig) -> str:
    """Return why the data set has not what is asked for, or ""."""
    if reading is None:
        return ""
    if reading.streaming and train.count:
        return f"data.streaming reads every sample, and train.count is {train.count}; leave it out, or do not stream"
    validation = (train.validates_at, train.validation_count) if train.select == "best" else None
    test = dict.fromkeys(evaluate.sizes, evaluate.count)
    return reading.lacks(dict.fromkeys(train.sizes, train.count), validation, test)


def _similar_reason(
    algorithm: Algorithm, similar: tuple[Entry, SimilarInput] | None, contrast: ContrastConfig | None, nodes: bool
) -> str:
    """Return why no similar inputs can be made, or none whose ideas or `nodes` can be contrasted, or ""."""
    if similar is None:
        return f"no similar input is registered for {algorithm.name}"
    if algorithm.name not in similar[1].algorithms:
        return f"{similar[1].name} does not hold for {algorithm.name}, only for {', '.join(similar[1].algorithms)}"
    grows = f"the inputs of {similar[1].name} have more nodes than those that they are similar to"
    if nodes and similar[1].invariant is Invariant.OUTPUT:
        # What is kept of hints is kept node by node, so node i is node i; of an answer alone nothing says so.
        return f"{similar[1].name} keeps the output alone; to contrast nodes step by step takes one that keeps hints"
    if nodes and similar[1].nodes is not None:
        return f"{grows}, and nodes are contrasted with as many"
    if contrast and similar[1].nodes is not None:
        if contrast.mines_positives or contrast.mines_negatives:
            return f"{grows}, and close trajectories are found among hints on as many nodes"
        if contrast.across:
            return f"{grows}, which contrast.across does not take"
    return ""


def _contrast_reason(algorithm: Algorithm, contrast: ContrastConfig) -> str:
    mines = contrast.mines_positives or contrast.mines_negatives
    if mines and not compared(algorithm.spec.hints):
        return f"{algorithm.name} has no hints, by which close trajectories are found"
    return ""


def _across_reason(names: list[str], contrast: ContrastConfig, train: TrainConfig) -> str:
    """Return why the ideas of these algorithms cannot be contrasted across them, or ""."""
    if not contrast.across:
        return ""
    if len(names) < 2:
        return "contrast.across is true, which takes several algorithms in one trial (together = true)"
    if train.update != "average":
        return (
            "contrast.across is true, so one loss is of the ideas of all algorithms and there is one update for all; "
            f"train.update must be 'average', got '{train.update}', by which one algorithm's update comes before "
            "another's ideas are there"
        )
    if "related_algorithm" in contrast.positives and not contrast.relates(names):
        return f"no two of {', '.join(names)} are in one group of contrast.related"
    return ""


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {axis: tuple(value) if isinstance(value, list) else value for axis, value in values.items()}


def _plain(value: Any) -> Any:
    """Return what JSON would give back: tuples become lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _identifying(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out what does not change the result."""
    idle = {"checkpoint_every", "distribution"}  # the distribution is in train_shift
    if config["train"]["select"] == "last":
        idle |= {"validate_every", "validation_size", "validation_count"}
    if len(config["algorithms"]) == 1:
        idle.add("update")
    if not config["train"]["accelerate"]:
        idle.add("accelerate")  # so that trials from before there was this option keep their identity
    # The same, and for the same reason.
    idle |= {name for name in ("step_weights", "projection") if config["train"][name] == getattr(TrainConfig, name)}
    if not config["regime"]["contrast_nodes"]:
        idle |= {"node_contrastive_weight", "node_temperature"}
    algorithms = {name: {**own, "train": _without(own["train"], *idle)} for name, own in config["algorithms"].items()}
    kept = {**config, "train": _without(config["train"], *idle), "algorithms": algorithms}
    # Options of their default are left out, so that trials from before there were these keep their identity.
    unused = [name for name in ("augment", "contrast_nodes") if not config["regime"][name]]
    kept["regime"] = _without(config["regime"], *unused)
    if "data" in config:
        # What is read is told by its content, wherever it lies; the order in which it is read counts too.
        kept["data"] = _without(config["data"], "source")
    if not config["contrast"]:
        return _without(kept, "contrast")
    contrast, usual = (
        _identifying_contrast(one, config["algorithms"])
        for one in (config["contrast"], _plain(dataclasses.asdict(ContrastConfig())))
    )
    return _without(kept, "contrast") if contrast == usual else {**kept, "contrast": contrast}


def _identifying_contrast(contrast: dict[str, Any], algorithms: Collection[str]) -> dict[str, Any]:
    """Leave out what the choice of pairs does not ask for, and algorithms that are not in the trial."""
    mines, relates = (kind in contrast["positives"] for kind in ("close_trajectory", "related_algorithm"))
    groups = [sorted(set(group) & set(algorithms)) for group in contrast["related"]]
    related = sorted(group for group in groups if len(group) > 1)
    idle = {"related"} if mines else {"related", "close_within", "close_count"}
    kept = {**_without(contrast, *idle), "positives": sorted(contrast["positives"])}
    return {**kept, "related": related} if relates else kept


def _without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}


def _used(entry: Entry, component: Any) -> Used:
    module = (
        entry.target.partition(":")[0] if isinstance(entry.target, str) else sys.modules[_module_of(component)].__name__
    )
    return Used(
        name=entry.name,
        id=entry.id,
        version=component.version,
        distribution=entry.source.distribution,
        distribution_version=entry.source.version,
        source_hash=module_hash(module),
        around=_used(entry.around, entry.around.load()) if entry.around else None,
    )


def _module_of(component: Any) -> str:
    """Return the module of a component that was registered as an object: that of the function it was made from."""
    maker = next(value for name in ("step", "build", "transform") if (value := getattr(component, name, None)))
    return str(maker.__module__)
