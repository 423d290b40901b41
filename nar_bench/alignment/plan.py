"""From a suite to estimates: every combination with every option, what is there already, what cannot be run and why."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nar_bench.alignment.algorithm_plan import AlgorithmCells
from nar_bench.alignment.bounds import theorem_1_complexity
from nar_bench.alignment.judge import JudgeConfig
from nar_bench.alignment.options import plain
from nar_bench.alignment.problem import Problem, problem_faults
from nar_bench.alignment.record import Question
from nar_bench.alignment.store import AlignmentStore
from nar_bench.alignment.suite import Named, SuiteSource, name_and_options
from nar_bench.alignment.threshold import SearchConfig
from nar_bench.errors import NarBenchError, RecordError
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.learnability import Decomposition, Learner, Target
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import Entry, Registry
from nar_bench.plugin.tables import Table, suite_error
from nar_bench.results.identity import trial_id, used_of
from nar_bench.results.record import SuiteName


class State(StrEnum):
    """What a plan says of an estimate."""

    TODO = "to do"
    DONE = "done"
    FAILED = "failed before"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Estimate:
    """One question with its identity; plain data."""

    id: str
    suite: SuiteName
    question: Question
    modules: dict[str, str]
    complexity: float | None

    @property
    def label(self) -> str:
        """What a person calls it."""
        asked = self.question
        how = f" / {asked.regime}" if asked.regime else ""
        similar = f" ({asked.similarity.name})" if asked.similarity else ""
        eps = "" if asked.eps is None else f", eps {asked.eps:g}"
        return f"{asked.what.name} / {asked.learner.name}{how}{similar} / n = {asked.size}{eps}, delta {asked.delta:g}"


@dataclass(frozen=True)
class Planned:
    """An estimate with its state."""

    estimate: Estimate
    state: State
    reason: str = ""


def plan(source: SuiteSource, registry: Registry, store: AlignmentStore) -> list[Planned]:
    """Expand a suite; the estimates are in the order of the file, each once.

    Raises:
        SuiteError: unknown names or options, or values out of range; every fault is listed.
    """
    started = store.started()
    planned = []
    for estimate, reason in _Expansion(source, registry).estimates():
        if reason:
            planned.append(Planned(estimate, State.SKIPPED, reason))
            continue
        try:
            record = store.read(estimate.id)
        except RecordError as error:
            planned.append(Planned(estimate, State.TODO, f"its record is damaged and will be replaced: {error}"))
            continue
        if record is None:
            again = "from the runs that are there" if estimate.id in started else ""
            planned.append(Planned(estimate, State.TODO, again))
        elif record.state == "failed":
            planned.append(Planned(estimate, State.FAILED, record.error.message if record.error else ""))
        else:
            planned.append(Planned(estimate, State.DONE))
    return planned


@dataclass(frozen=True)
class _Asked:
    """What the cells of a grid share."""

    eps: float
    delta: float
    unit: str
    search: SearchConfig
    judge: JudgeConfig


class _Expansion:
    """One pass over a suite; collects faults and raises them together at the end."""

    def __init__(self, source: SuiteSource, registry: Registry) -> None:
        self._suite, self._file, self._registry = source.suite, source.file, registry
        self._name = SuiteName(name=source.suite.name, version=source.suite.version)
        self._faults: list[Fault] = []

    def estimates(self) -> list[tuple[Estimate, str]]:
        """Return (estimate, reason why it cannot be run or "")."""
        made: list[tuple[Estimate, str]] = []
        suite = self._suite
        if not (suite.estimates or suite.modules or suite.algorithms):
            problem = "at least one table of [[estimates]], [[modules]] or [[algorithms]] is needed"
            self._faults.append(Fault("the file", problem))
        for i, grid in enumerate(suite.estimates):
            place = f"estimates[{i}]"
            learners = self._named(Kind.LEARNER, grid.learners, f"{place}.learners", suite.learner)
            targets = self._named(Kind.TARGET, grid.targets, f"{place}.targets", suite.target)
            for asked, target, size, learner in itertools.product(
                self._asked(grid, place), targets, grid.sizes, learners
            ):
                made += self._function(target, size, learner, asked, {}, place)
        for i, grid_ in enumerate(suite.modules):
            place = f"modules[{i}]"
            targets = self._named(Kind.TARGET, grid_.targets, f"{place}.targets", suite.target)
            for asked, target, size in itertools.product(self._asked(grid_, place), targets, grid_.sizes):
                made += self._claims(target, size, asked, place)
        cells = AlgorithmCells(suite, self._registry, self._faults)
        for i, grids in enumerate(suite.algorithms):
            for question, reason in cells.questions(grids, f"algorithms[{i}]"):
                made.append((self._estimate(question, {}, None), reason))
        if self._faults:
            raise suite_error(self._file, list(dict.fromkeys(self._faults)))
        found: dict[str, tuple[Estimate, str]] = {}
        for one, reason in made:
            # A network whose alignment is claimed may stand in another grid too, without its modules.
            if one.id not in found or one.modules:
                found[one.id] = one, reason
        return list(found.values())

    def _asked(self, grid: Any, place: str) -> list[_Asked]:
        search = self._section(SearchConfig, self._suite.search, grid.search, "search", place)
        judge = self._section(JudgeConfig, self._suite.judge, grid.judge, "judge", place)
        return [_Asked(eps, delta, grid.unit, search, judge) for eps, delta in itertools.product(grid.eps, grid.delta)]

    def _section(self, config: type, common: Table, own: Table, name: str, place: str) -> Any:
        build_options(config, common, name, self._faults)
        return build_options(config, {**common, **own}, f"{place}.{name}" if own else name, self._faults)

    def _named(
        self, kind: Kind, several: Sequence[Named], place: str, common: dict[str, Table]
    ) -> list[tuple[Entry, Any, Any]]:
        """Return (entry, component, options) of each name, on top of the suite's own options for it."""
        found = []
        for i, named in enumerate(several):
            name, options = name_and_options(named)
            if not name:
                problem = f"got {named!r}; a name is needed, or one table of options under it"
                self._faults.append(Fault(f"{place}[{i}]", problem))
            elif loaded := self._load(kind, name, f"{place}[{i}]"):
                entry, component = loaded
                values = {**common.get(name, {}), **options}
                found.append((entry, component, build_options(component.config, values, f"{place}[{i}]", self._faults)))
        return found

    def _load(self, kind: Kind, name: str, place: str) -> tuple[Entry, Any] | None:
        try:
            entry = self._registry.find(kind, name)
            return entry, entry.load()
        except NarBenchError as error:
            self._faults.append(Fault(place, str(error)))
            return None

    def _function(
        self,
        target: tuple[Entry, Target, Any],
        size: int,
        learner: tuple[Entry, Learner, Any],
        asked: _Asked,
        modules: dict[str, str],
        place: str,
    ) -> list[tuple[Estimate, str]]:
        (entry, what, options), (by_entry, by, by_options) = target, learner
        problems = problem_faults(what, options, size, asked.eps, asked.delta, asked.unit)
        self._faults += [Fault(place, f"target {what.name}: {key} {why}") for key, why in problems]
        if self._faults:
            return []
        problem = Problem(what, options, size, asked.eps, asked.delta, asked.unit)
        question = Question(
            kind="function",
            what=used_of(entry, what),
            learner=used_of(by_entry, by),
            size=size,
            eps=asked.eps,
            unit=asked.unit,
            absolute_eps=problem.absolute_eps,
            delta=asked.delta,
            config={
                "target": plain(options),
                "learner": plain(by_options),
                "search": plain(asked.search),
                "judge": plain(asked.judge),
            },
        )
        complexity = theorem_1_complexity(what.terms(options, size)) if what.terms else None
        return [(self._estimate(question, modules, complexity), by.unsupported(what))]

    def _claims(
        self, target: tuple[Entry, Target, Any], size: int, asked: _Asked, place: str
    ) -> list[tuple[Estimate, str]]:
        """Return for each alignment that a target declares its modules and then its network."""
        if not target[1].decompositions:
            self._faults.append(Fault(place, f"target {target[1].name} declares no alignment"))
        made: list[tuple[Estimate, str]] = []
        for claim in target[1].decompositions.values():
            modules: dict[str, str] = {}
            for role, named in claim.modules.items():
                found = self._module(named, claim, asked, place)
                made += found
                modules.update((role, one.id) for one, _ in found)
            network = self._named(
                Kind.LEARNER, [{claim.network: dict(claim.options)}], f"{place}.learner", self._suite.learner
            )
            for one in network:
                made += self._function(target, size, one, asked, modules, place)
        return made

    def _module(self, named: str, claim: Decomposition, asked: _Asked, place: str) -> list[tuple[Estimate, str]]:
        targets = self._named(Kind.TARGET, [named], place, self._suite.target)
        learners = self._named(Kind.LEARNER, [claim.learner], place, self._suite.learner)
        return [
            found
            for target, learner in itertools.product(targets, learners)
            for found in self._function(target, target[1].only or target[1].smallest, learner, asked, {}, place)
        ]

    def _estimate(self, question: Question, modules: dict[str, str], complexity: float | None) -> Estimate:
        asked = question.model_dump()
        for part in ("what", "learner", "similarity", "similar_input"):
            if asked[part]:  # a release that leaves a component as it was leaves its estimates as they were
                asked[part] = {k: v for k, v in asked[part].items() if not k.startswith("distribution")}
        return Estimate(trial_id({"alignment": 1, **asked}), self._name, question, modules, complexity)
