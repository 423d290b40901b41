"""What a trial is, and what of it changes its result: its definition, of which its identity is a hash."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from nar_bench.plugin.plain import plain, without
from nar_bench.results.record import SuiteName, Used, name_of
from nar_bench.runner.protocol import OPEN, Bounds
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig

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


@dataclass(frozen=True)
class Parts:
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
    parts = Parts(list(trial.algorithms), trial.processor, trial.similarity, list(trial.similar_inputs))
    return {**definition_of_parts(parts, trial.regime, trial.config), "seed": trial.seed}


def definition_of_parts(parts: Parts, regime: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return what changes the results of trials that differ in the seed alone, but for the seed."""
    return {"components": parts.identity(), "regime": regime, "config": identifying(config)}


def identifying(config: dict[str, Any]) -> dict[str, Any]:
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
    if config["model"].get("layout", "dense") == "dense":
        idle.add("layout")
    algorithms = {name: {**own, "train": without(own["train"], *idle)} for name, own in config["algorithms"].items()}
    kept = {**config, "train": without(config["train"], *idle), "algorithms": algorithms}
    kept["model"] = without(config["model"], *idle)
    # Options of their default are left out, so that trials from before there were these keep their identity.
    unused = [name for name in ("augment", "contrast_nodes") if not config["regime"][name]]
    kept["regime"] = without(config["regime"], *unused)
    if "data" in config:
        # What is read is told by its content, wherever it lies; the order in which it is read counts too.
        kept["data"] = without(config["data"], "source")
    if not config["contrast"]:
        return without(kept, "contrast")
    contrast, usual = (
        _identifying_contrast(one, config["algorithms"])
        for one in (config["contrast"], plain(dataclasses.asdict(ContrastConfig())))
    )
    return without(kept, "contrast") if contrast == usual else {**kept, "contrast": contrast}


def _identifying_contrast(contrast: dict[str, Any], algorithms: Collection[str]) -> dict[str, Any]:
    """Leave out what the choice of pairs does not ask for, and algorithms that are not in the trial."""
    mines, relates = (kind in contrast["positives"] for kind in ("close_trajectory", "related_algorithm"))
    groups = [sorted(set(group) & set(algorithms)) for group in contrast["related"]]
    related = sorted(group for group in groups if len(group) > 1)
    idle = {"related"} if mines else {"related", "close_within", "close_count"}
    kept = {**without(contrast, *idle), "positives": sorted(contrast["positives"])}
    return {**kept, "related": related} if relates else kept
