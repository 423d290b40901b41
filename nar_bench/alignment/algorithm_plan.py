"""Questions about whole algorithms: how many examples until a processor's answers are valid."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from nar_bench.alignment.judge import JudgeConfig
from nar_bench.alignment.options import plain
from nar_bench.alignment.record import Question
from nar_bench.alignment.suite import Algorithms, Suite, name_and_options
from nar_bench.alignment.threshold import SearchConfig
from nar_bench.errors import NarBenchError, did_you_mean
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.support import processor_reason
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import Entry, Registry
from nar_bench.results.identity import used_of
from nar_bench.training.config import TrainConfig

JUDGE = {"first": 125, "most": 1000}
"""Test instances of an algorithm, unless a suite says otherwise: one costs a thousand times what a vector does."""


class AlgorithmCells:
    """Makes the questions of [[algorithms]] tables; what is wrong is appended to `faults`."""

    def __init__(self, suite: Suite, registry: Registry, faults: list[Fault]) -> None:
        self._suite, self._registry, self._faults = suite, registry, faults

    def questions(self, grid: Algorithms, place: str) -> Iterator[tuple[Question, str]]:
        """Yield (question, reason why it cannot be run or "")."""
        suite, before = self._suite, len(self._faults)
        train = self._section(TrainConfig, {"sizes": [16], **suite.train}, grid.train, "train", place)
        model = self._section(NetConfig, suite.model, grid.model, "model", place)
        search = self._section(SearchConfig, suite.search, grid.search, "search", place)
        judge = self._section(JudgeConfig, {**JUDGE, **suite.judge}, grid.judge, "judge", place)
        if len(train.sizes) != 1:
            problem = f"got {list(train.sizes)}; one size is needed, of which there are M examples"
            self._faults.append(Fault(f"{place}.train.sizes", problem))
        if train.count:
            self._faults.append(
                Fault(f"{place}.train.count", "leave it out; how many examples it takes is what is asked")
            )
        for value in grid.delta:
            if not 0 < value < 1:
                self._faults.append(Fault(f"{place}.delta", f"got {value!r}; it must be above 0 and below 1"))
        for given in grid.regimes:
            if given not in REGIMES:
                problem = f"regime '{given}' is not known.{did_you_mean(given, REGIMES)}"
                self._faults.append(Fault(f"{place}.regimes", problem))
        algorithms = [self._load(Kind.ALGORITHM, name, f"{place}.algorithms") for name in grid.algorithms]
        processors = []
        for named in grid.processors:
            name, own = name_and_options(named)
            if loaded := self._load(Kind.PROCESSOR, name, f"{place}.processors"):
                values = {**suite.processor.get(name, {}), **own}
                options = build_options(loaded[1].config, values, f"{place}.processors", self._faults)
                processors.append((*loaded, options))
        similarity = self._load(Kind.SIMILARITY, grid.similarity, f"{place}.similarity") if grid.similarity else None
        if "memory" in grid.regimes and similarity is None:
            self._faults.append(Fault(f"{place}.similarity", "the regime memory needs one"))
        if len(self._faults) > before:
            return
        for found, (entry, processor, options), name, size, delta in itertools.product(
            algorithms, processors, grid.regimes, grid.sizes, grid.delta
        ):
            assert found is not None
            (algorithm_entry, algorithm), regime = found, REGIMES[name]
            alike = self._similar_input(algorithm) if regime.memory else None
            phi = similarity if regime.memory else None
            config = {
                "train": {k: v for k, v in plain(train).items() if k not in ("count", "checkpoint_every")},
                "model": plain(model),
                "regime": plain(regime),
                "learner": plain(options),
                "search": plain(search),
                "judge": plain(judge),
            }
            reason = processor_reason(processor, options, algorithm.spec, regime, model)
            yield (
                Question(
                    kind="algorithm",
                    what=used_of(algorithm_entry, algorithm),
                    learner=used_of(entry, processor),
                    regime=name,
                    similarity=used_of(*phi) if phi else None,
                    similar_input=used_of(*alike) if alike else None,
                    size=size,
                    eps=None,
                    delta=delta,
                    config=config,
                ),
                reason or _reason(algorithm, processor.writes_ideas, regime, size, train.sizes[0], alike is not None),
            )

    def _section(self, config: type, common: dict[str, Any], own: dict[str, Any], name: str, place: str) -> Any:
        return build_options(config, {**common, **own}, f"{place}.{name}" if own else name, self._faults)

    def _load(self, kind: Kind, name: str, place: str) -> tuple[Entry, Any] | None:
        try:
            entry = self._registry.find(kind, name)
            return entry, entry.load()
        except NarBenchError as error:
            self._faults.append(Fault(place, str(error)))
            return None

    def _similar_input(self, algorithm: Algorithm) -> tuple[Entry, Any] | None:
        for entry in self._registry.entries(Kind.SIMILAR_INPUT):
            component = entry.load()
            if algorithm.name in component.algorithms and component.nodes is None:
                return entry, component
        return None


def _reason(algorithm: Algorithm, ideas: bool, regime: Regime, size: int, train_size: int, has_similar: bool) -> str:
    if min(size, train_size) < algorithm.smallest:
        return f"size {min(size, train_size)}: {algorithm.name} needs at least {algorithm.smallest}"
    if regime.memory and not ideas:
        return f"its processor writes no ideas, which the regime {regime.name} contrasts"
    if regime.memory and not has_similar:
        return f"no similar input is registered for {algorithm.name}"
    return ""
