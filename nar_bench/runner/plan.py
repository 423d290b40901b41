"""From a suite to trials: what is there already, what is to run, what cannot be run and why."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nar_bench.data.generate import POSITIONS, shift_axes
from nar_bench.errors import NarBenchError, RecordError, SuiteError, did_you_mean
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.model.support import unsupported_reason
from nar_bench.plugin.contracts import Algorithm, Kind, Processor, SimilarInput
from nar_bench.plugin.registry import Entry, Registry
from nar_bench.results.record import Record, SuiteName, Used
from nar_bench.results.store import Store
from nar_bench.runner.identity import module_hash, trial_id
from nar_bench.runner.options import Fault, build_options
from nar_bench.runner.suite import Grid, SuiteSource, suite_error
from nar_bench.training.config import TrainConfig


@dataclass(frozen=True)
class Trial:
    """One algorithm, processor, regime and seed, with every option; plain data."""

    id: str
    suite: SuiteName
    algorithm: Used
    processor: Used
    similarity: Used | None
    similar_input: Used | None
    regime: str
    seed: int
    config: dict[str, Any]
    """model, processor, similarity, train, train_shift, evaluate, evaluate_shift."""

    @property
    def label(self) -> str:
        """What a person calls it."""
        similarity = f" {self.similarity.name}" if self.similarity else ""
        return f"{self.algorithm.name} / {self.processor.name} / {self.regime}{similarity} / seed {self.seed}"


class State(StrEnum):
    """What a plan says of a trial."""

    TODO = "to do"
    DONE = "done"
    FAILED = "failed before"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Planned:
    """A trial with its state."""

    trial: Trial
    state: State
    reason: str = ""


def plan(source: SuiteSource, registry: Registry, store: Store, only: Iterable[str] = ()) -> list[Planned]:
    """Expand a suite.

    Args:
        only: names of algorithms, processors or regimes; trials that match one of each kind named are kept.

    Returns:
        the trials in the order of the file, each once.

    Raises:
        SuiteError: unknown names or options; every fault is listed.
    """
    expanded = _Expansion(source, registry).trials()
    kept = _select([trial for trial, _ in expanded], list(only), source)
    return [_planned(trial, reason, store) for trial, reason in expanded if trial.id in kept]


def _planned(trial: Trial, reason: str, store: Store) -> Planned:
    if reason:
        return Planned(trial, State.SKIPPED, reason)
    try:
        record: Record | None = store.read(trial.id)
    except RecordError as error:
        return Planned(trial, State.TODO, f"its record is damaged and will be replaced: {error}")
    if record is None:
        return Planned(trial, State.TODO, "from its checkpoint" if store.checkpoint(trial.id).exists() else "")
    if record.state == "failed":
        return Planned(trial, State.FAILED, record.error.message.splitlines()[0] if record.error else "")
    return Planned(trial, State.DONE)


def _select(trials: list[Trial], only: list[str], source: SuiteSource) -> set[str]:
    def names(trial: Trial) -> tuple[str, str, str]:
        return trial.algorithm.name, trial.processor.name, trial.regime

    known = [{names(trial)[kind] for trial in trials} for kind in range(3)]
    for name in only:
        if not any(name in kind for kind in known):
            everything = set().union(*known)
            raise SuiteError(
                f"--only {name}: suite {source.suite.name} has no such name.{did_you_mean(name, everything)}"
            )
    wanted = [{name for name in only if name in kind} for kind in known]
    return {t.id for t in trials if all(not want or got in want for want, got in zip(wanted, names(t), strict=True))}


class _Expansion:
    """One pass over a suite; collects faults and raises them together at the end."""

    def __init__(self, source: SuiteSource, registry: Registry) -> None:
        self._suite, self._file, self._registry = source.suite, source.file, registry
        self._faults: list[Fault] = []
        self._loaded: dict[tuple[Kind, str], tuple[Entry, Any] | None] = {}

    def trials(self) -> list[tuple[Trial, str]]:
        """Return (trial, reason why it cannot be run or "")."""
        for kind, tables in ((Kind.PROCESSOR, self._suite.processor), (Kind.SIMILARITY, self._suite.similarity)):
            for name in tables:
                self._options(kind, name)
        found: dict[str, tuple[Trial, str]] = {}
        for index, grid in enumerate(self._suite.trials):
            for trial, reason in self._grid(grid, f"trials[{index}]"):
                found.setdefault(trial.id, (trial, reason))
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
            if regime not in REGIMES:
                self._faults.append(
                    Fault(f"{place}.regimes[{i}]", f"regime '{regime}' is not known.{did_you_mean(regime, REGIMES)}")
                )
        for i, seed in enumerate(grid.seeds):
            if not 0 <= seed < 2**63:
                self._faults.append(Fault(f"{place}.seeds[{i}]", f"got {seed}; seeds are from 0 to 2^63 - 1"))
        if "memory" in grid.regimes and grid.similarity is None:
            known = [entry.name for entry in self._registry.entries(Kind.SIMILARITY)]
            self._faults.append(Fault(f"{place}.similarity", f"the regime memory needs one of: {', '.join(known)}"))
        similarity = self._load(Kind.SIMILARITY, grid.similarity, f"{place}.similarity") if grid.similarity else None
        model = self._section(NetConfig, "model", grid.model, place)
        train, train_shift = self._with_shift(TrainConfig, "train", grid.train, place)
        evaluate, evaluate_shift = self._with_shift(EvaluateConfig, "evaluate", grid.evaluate, place)
        similar = {
            name: self._load(Kind.SIMILAR_INPUT, given, f"{place}.similar_inputs.{name}")
            for name, given in grid.similar_inputs.items()
        }
        if self._faults:
            return []
        made = []
        combinations = itertools.product(algorithms, processors, grid.regimes, grid.seeds)
        for (algorithm_entry, algorithm), (processor_entry, processor), regime, seed in combinations:
            memory = REGIMES[regime].memory
            found = similar.get(algorithm.name) or self._default_similar(algorithm) if memory else None
            config = {
                "model": dataclasses.asdict(model),
                "processor": dataclasses.asdict(self._options(Kind.PROCESSOR, processor_entry.name)),
                "similarity": dataclasses.asdict(self._options(Kind.SIMILARITY, similarity[0].name))
                if memory and similarity
                else {},
                "train": dataclasses.asdict(train),
                "train_shift": {**algorithm.training, **train_shift.get(algorithm.name, {})},
                "evaluate": dataclasses.asdict(evaluate),
                "evaluate_shift": evaluate_shift.get(algorithm.name, {}),
            }
            reason = self._reason(algorithm, processor, regime, found, train, evaluate)
            used = [
                _used(algorithm_entry, algorithm),
                _used(processor_entry, processor),
                _used(*similarity) if memory and similarity else None,
                _used(*found) if found else None,
            ]
            made.append((self._trial(used, regime, seed, _plain(config)), reason))
        return made

    def _trial(self, used: list[Used | None], regime: str, seed: int, config: dict[str, Any]) -> Trial:
        parts = [None if one is None else [one.id, one.version, one.source_hash] for one in used]
        identity = trial_id({"components": parts, "regime": regime, "seed": seed, "config": _identifying(config)})
        suite = SuiteName(name=self._suite.name, version=self._suite.version)
        assert used[0]
        assert used[1]
        return Trial(identity, suite, used[0], used[1], used[2], used[3], regime, seed, config)

    def _reason(
        self,
        algorithm: Algorithm,
        processor: Processor,
        regime: str,
        similar: Any,
        train: TrainConfig,
        evaluate: EvaluateConfig,
    ) -> str:
        if reason := unsupported_reason(algorithm.spec):
            return reason
        smallest = min(*train.sizes, *evaluate.sizes)
        if smallest < algorithm.smallest:
            return f"size {smallest}: {algorithm.name} needs at least {algorithm.smallest}"
        if REGIMES[regime].memory and not processor.writes_ideas:
            return f"{processor.name} writes no ideas, which the regime {regime} contrasts"
        if REGIMES[regime].memory and similar is None:
            return f"no similar input is registered for {algorithm.name}"
        if similar is not None and algorithm.name not in similar[1].algorithms:
            return f"{similar[1].name} does not hold for {algorithm.name}, only for {', '.join(similar[1].algorithms)}"
        return ""

    def _default_similar(self, algorithm: Algorithm) -> tuple[Entry, SimilarInput] | None:
        for entry in self._registry.entries(Kind.SIMILAR_INPUT):
            found = self._load(Kind.SIMILAR_INPUT, entry.id, "similar_inputs")
            if found and algorithm.name in found[1].algorithms:
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

    def _options(self, kind: Kind, name: str) -> Any:
        tables = self._suite.processor if kind is Kind.PROCESSOR else self._suite.similarity
        place = f"{kind}.{name}"
        found = self._load(kind, name, place)
        return build_options(found[1].config, tables.get(name, {}), place, self._faults) if found else None

    def _section(self, config: type, section: str, override: Mapping[str, Any], place: str) -> Any:
        base = getattr(self._suite, section)
        build_options(config, base, section, self._faults)
        if override:
            build_options(config, override, f"{place}.{section}", self._faults)
        return build_options(config, {**base, **override}, section, []) if not self._faults else config()

    def _with_shift(
        self, config: type, section: str, override: Mapping[str, Any], place: str
    ) -> tuple[Any, dict[str, Any]]:
        base = dict(getattr(self._suite, section))
        shifts = {**base.pop("shift", {}), **override.get("shift", {})}
        for algorithm, values in shifts.items():
            self._check_shift(algorithm, values, f"{section}.shift.{algorithm}")
        whole = {**base, **{key: value for key, value in override.items() if key != "shift"}}
        built = build_options(config, whole, section if not override else f"{place}.{section}", self._faults)
        return built, {algorithm: _tuples(values) for algorithm, values in shifts.items() if isinstance(values, dict)}

    def _check_shift(self, algorithm: str, values: Any, place: str) -> None:
        found = self._load(Kind.ALGORITHM, algorithm, place)
        if found is None:
            return
        if not isinstance(values, dict):
            self._faults.append(Fault(place, f"got {values!r}; a table of shift axes is needed"))
            return
        axes = [*shift_axes(found[1]), "positions"]
        for axis, value in values.items():
            numbers = value if isinstance(value, list) else [value]
            if axis not in axes:
                self._faults.append(
                    Fault(f"{place}.{axis}", f"{algorithm} has no such shift axis.{did_you_mean(axis, axes)}")
                )
            elif axis == "positions":
                if value not in POSITIONS:
                    self._faults.append(Fault(f"{place}.{axis}", f"got {value!r}; allowed: {', '.join(POSITIONS)}"))
            elif not numbers or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
                self._faults.append(Fault(f"{place}.{axis}", f"got {value!r}; a number or a list of numbers is needed"))


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {axis: tuple(value) if isinstance(value, list) else value for axis, value in values.items()}


def _plain(value: Any) -> Any:
    """Return what JSON would give back: tuples become lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _identifying(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out what does not change the result."""
    train = {key: value for key, value in config["train"].items() if key != "checkpoint_every"}
    return {**config, "train": train}


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
    )


def _module_of(component: Any) -> str:
    """Return the module of a component that was registered as an object: that of the function it was made from."""
    maker = next(value for name in ("step", "build", "transform") if (value := getattr(component, name, None)))
    return str(maker.__module__)
