"""Why a combination cannot be run: a sentence for the plan, or "" where it can be."""

from __future__ import annotations

from nar_bench.data_sets.source import Reading
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.model.regime import Regime
from nar_bench.plugin.contracts import Algorithm, Invariant, Processor, SimilarInput
from nar_bench.plugin.registry import Entry
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.hint_distance import compared


def trial_reason(
    algorithm: Algorithm, processor: Processor, regime: Regime, train: TrainConfig, evaluate: EvaluateConfig
) -> str:
    """Return why a processor cannot be trained or measured on an algorithm at these sizes and in this regime."""
    smallest = min(*train.sizes, *evaluate.sizes, train.validates_at)
    if smallest < algorithm.smallest:
        return f"size {smallest}: {algorithm.name} needs at least {algorithm.smallest}"
    if regime.memory and not processor.writes_ideas:
        return f"{processor.name} writes no ideas, which the regime {regime.name} contrasts"
    return ""


def data_reason(reading: Reading | None, train: TrainConfig, evaluate: EvaluateConfig) -> str:
    """Return why the data set has not what is asked for, or ""."""
    if reading is None:
        return ""
    if reading.streaming and train.count:
        return f"data.streaming reads every sample, and train.count is {train.count}; leave it out, or do not stream"
    validation = (train.validates_at, train.validation_count) if train.select == "best" else None
    test = dict.fromkeys(evaluate.sizes, evaluate.count)
    return reading.lacks(dict.fromkeys(train.sizes, train.count), validation, test)


def similar_reason(
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


def contrast_reason(algorithm: Algorithm, contrast: ContrastConfig) -> str:
    """Return why the pairs that are contrasted cannot be found among runs of an algorithm."""
    mines = contrast.mines_positives or contrast.mines_negatives
    if mines and not compared(algorithm.spec.hints):
        return f"{algorithm.name} has no hints, by which close trajectories are found"
    return ""


def across_reason(names: list[str], contrast: ContrastConfig, train: TrainConfig) -> str:
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
