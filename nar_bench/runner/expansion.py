"""From a suite to trials: every combination with every option, and why one cannot be run."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from nar_bench.errors import did_you_mean
from nar_bench.model.support import processor_reason
from nar_bench.plugin.contracts import Kind, Level
from nar_bench.plugin.options import Fault
from nar_bench.plugin.plain import plain, without
from nar_bench.plugin.registry import Registry
from nar_bench.plugin.tables import suite_error
from nar_bench.results.differences import Named, told_apart
from nar_bench.results.identity import trial_ids
from nar_bench.results.record import SuiteName, Used
from nar_bench.runner.components import Components, Found
from nar_bench.runner.definition import SECTIONS, Parts, Trial, definition_of_parts
from nar_bench.runner.protocol import STRICT, Bounds, sizes_of, strict_faults
from nar_bench.runner.reading import Readings
from nar_bench.runner.reasons import across_reason, contrast_reason, data_reason, similar_reason, trial_reason
from nar_bench.runner.sections import Section, Sections, own_config
from nar_bench.runner.suite import Grid, SuiteSource


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


class _Expansion:
    """One pass over a suite; collects faults and raises them together at the end."""

    def __init__(self, source: SuiteSource, registry: Registry) -> None:
        self._suite, self._file = source.suite, source.file
        self._name = SuiteName(name=source.suite.name, version=source.suite.version)
        self._bounds = Bounds(source.suite.track, source.suite.in_distribution)
        self._faults: list[Fault] = []
        self._components = Components(registry, self._faults)
        self._sections = Sections(source.suite, self._components, self._faults)
        self._readings = Readings(source.suite, self._faults)

    def trials(self) -> list[tuple[Trial, str]]:
        """Return (trial, reason why it cannot be run or "")."""
        self._components.read_tables(self._suite)
        found: dict[str, tuple[Trial, str]] = {}
        for index, grid in enumerate(self._suite.trials):
            for trial, reason in self._grid(grid, f"trials[{index}]"):
                found.setdefault(trial.id, (trial, reason))
        self._sections.report_unused()
        if self._bounds.track == STRICT and self._bounds.in_distribution is None:
            problem = "this key is missing; the strict track needs the largest size that training and selection may see"
            self._faults.append(Fault("in_distribution", problem))
        if self._faults:
            raise suite_error(self._file, list(dict.fromkeys(self._faults)))
        return list(found.values())

    def _grid(self, grid: Grid, place: str) -> list[tuple[Trial, str]]:
        components, regimes = self._components, self._sections.regimes
        algorithms = components.load_all(Kind.ALGORITHM, grid.algorithms, f"{place}.algorithms")
        processors = components.load_all(Kind.PROCESSOR, grid.processors, f"{place}.processors")
        for i, regime in enumerate(grid.regimes):
            if regime not in regimes:
                self._faults.append(
                    Fault(
                        f"{place}.regimes[{i}]",
                        f"regime '{regime}' is not known.{did_you_mean(regime, regimes)}",
                    )
                )
        for i, seed in enumerate(grid.seeds):
            if not 0 <= seed < 2**63:
                self._faults.append(Fault(f"{place}.seeds[{i}]", f"got {seed}; seeds are from 0 to 2^63 - 1"))
        if grid.together:
            self._check_apart(algorithms, place)
        with_memory = [name for name in grid.regimes if name in regimes and regimes[name].memory]
        if with_memory and not grid.similarity_options:
            problem = f"the regime {with_memory[0]} needs one of: {components.names(Kind.SIMILARITY)}"
            self._faults.append(Fault(f"{place}.similarity", problem))
        similarity, own = None, {}
        for name, table in grid.similarity_options.items():  # one or none
            if similarity := components.load(Kind.SIMILARITY, name, f"{place}.similarity"):
                own = {similarity[0].id: (similarity, table)}
        similarity_options = components.options([similarity] if similarity else [], own, f"{place}.similarity")
        own = components.by_id(Kind.PROCESSOR, grid.processor, f"{place}.processor")
        processor_options = components.options(processors, own, f"{place}.processor")
        problem = f"the grid has no such processor; it has: {', '.join(grid.processors)}"
        unused = [entry for (entry, _), _ in own.values() if entry.id not in processor_options]
        self._faults += [Fault(f"{place}.processor.{entry.name}", problem) for entry in unused]
        model = self._sections.model(grid, place)
        contrast = self._sections.contrast(grid, place)
        train = self._sections.train(grid, place)
        evaluate = self._sections.evaluate(grid, algorithms, place)
        self._check_track(algorithms, train, f"{place}.train" if grid.train else "train")
        if similarity and similarity[1].level is Level.TRAJECTORY and train.common.step_weights != "uniform":
            problem = (
                f"got {train.common.step_weights!r}; {similarity[0].name} scores whole trajectories, without weights"
            )
            self._faults.append(Fault(f"{place}.train.step_weights", problem))
        similar = {
            name: components.load(Kind.SIMILAR_INPUT, given, f"{place}.similar_inputs.{name}")
            for name, given in grid.similar_inputs.items()
        }
        if self._faults:
            return []
        made = []
        groups = [algorithms] if grid.together else [[one] for one in algorithms]
        sections = {  # what no cell of the grid changes
            "model": plain(dataclasses.asdict(model)),
            "train": plain(dataclasses.asdict(train.common)),
            "evaluate": plain(dataclasses.asdict(evaluate.common)),
        }
        for group, (processor_entry, processor), regime in itertools.product(groups, processors, grid.regimes):
            memory, nodes = regimes[regime].memory, regimes[regime].contrast_nodes
            options = processor_options[processor_entry.id]
            makes_similar = regimes[regime].augment or nodes or (memory and contrast.makes_similar_inputs)
            found = [
                similar.get(one.name) or components.default_similar(one) if makes_similar else None for _, one in group
            ]
            readings = [self._readings.of(one) for _, one in group]
            lacking = [
                data_reason(reading, train.of(entry), evaluate.of(entry))
                for (entry, _), reading in zip(group, readings, strict=True)
            ]
            own_sections = {
                "regime": without(dataclasses.asdict(regimes[regime]), "name"),
                "processor": dataclasses.asdict(options),
                "similarity": dataclasses.asdict(similarity_options[similarity[0].id]) if memory and similarity else {},
                "contrast": dataclasses.asdict(contrast) if memory else {},
                "algorithms": {
                    one.name: own_config(entry, one, train, evaluate, None if lacks else reading)
                    for (entry, one), reading, lacks in zip(group, readings, lacking, strict=True)
                },
            }
            reasons = [
                processor_reason(processor, options, one.spec, regimes[regime], model)
                or trial_reason(one, processor, regimes[regime], train.of(entry), evaluate.of(entry))
                or lacks
                or (similar_reason(one, alike, contrast if memory else None, nodes) if makes_similar else "")
                or (contrast_reason(one, contrast) if memory else "")
                for (entry, one), alike, lacks in zip(group, found, lacking, strict=True)
            ]
            named = [
                f"{one.name}: {why}" if len(group) > 1 else why
                for (_, one), why in zip(group, reasons, strict=True)
                if why
            ]
            if memory and (why := across_reason([one.name for _, one in group], contrast, train.common)):
                named.append(why)
            parts = Parts(
                [components.used(*one) for one in group],
                components.used(processor_entry, processor),
                components.used(*similarity) if memory and similarity else None,
                [components.used(*alike) for alike in found if alike],
            )
            whole = {**sections, **plain(own_sections)}
            config = {**{key: whole[key] for key in SECTIONS}, **self._readings.section()}
            made += [(trial, "; ".join(named)) for trial in self._trials(parts, regime, grid.seeds, config)]
        return made

    def _trials(self, parts: Parts, regime: str, seeds: list[int], config: dict[str, Any]) -> list[Trial]:
        """Make the trials of a cell, which differ in nothing but the seed; they share all else."""
        definition = definition_of_parts(parts, regime, config)
        several = tuple(parts.algorithms), parts.processor, parts.similarity, tuple(parts.similar_inputs)
        ids = trial_ids(definition, seeds)
        of_both = zip(ids, seeds, strict=True)
        return [Trial(id_, self._name, *several, regime, seed, config, self._bounds) for id_, seed in of_both]

    def _check_apart(self, algorithms: list[Found], place: str) -> None:
        names = [algorithm.name for _, algorithm in algorithms]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._faults.append(Fault(f"{place}.algorithms", f"{name} comes twice; together each may come once"))

    def _check_track(self, algorithms: list[Found], train: Section, place: str) -> None:
        if self._bounds.track != STRICT or self._bounds.in_distribution is None or self._faults:
            return
        for entry, algorithm in algorithms:
            own, sizes = train.own.get(entry.id, {}), sizes_of(train.of(entry))
            for option, problem in strict_faults(algorithm.name, sizes, self._bounds.in_distribution):
                section = f"train.algorithm.{algorithm.name}" if option in own else place
                self._faults.append(Fault(f"{section}.{option}", problem))
