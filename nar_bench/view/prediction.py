"""What a trained network says at each step of a run, from its trial's record and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nar_bench.data.random import derive_seed
from nar_bench.errors import ViewError, did_you_mean
from nar_bench.model.answers import hard_hints, hard_outputs
from nar_bench.model.net import Net
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.record import OWN_POINT, Record
from nar_bench.results.store import Store
from nar_bench.runner.trial import build_nets, trial_of
from nar_bench.training.weights import load_weights
from nar_bench.trajectory import Array, Batch, Columns
from nar_bench.view.instance import MOST_NODES, Instance, draw


@dataclass(frozen=True)
class Predicted:
    """What a network says about one run.

    Attributes:
        hints: name -> [S, *compact_shape], row i of hint i + 1; empty where none are predicted.
        outputs: name -> [1, *compact_shape].
        ideas: [S, K], or None where the processor writes none.
        steps: S, how many steps it made.
    """

    hints: Columns
    outputs: Columns
    ideas: Array | None
    steps: int


@dataclass(frozen=True)
class Learned:
    """A trained network of one algorithm of a trial, and the test instances that it was measured on."""

    record: Record
    algorithm: Algorithm
    net: Net
    test: dict[str, Any]
    """The trial's options of evaluation for this algorithm."""

    def default_size(self) -> int:
        """Return the largest size that was measured and can be drawn, else the least."""
        fits = [size for size in self.test["sizes"] if self.algorithm.nodes(size) <= MOST_NODES]
        return int(max(fits, default=min(self.test["sizes"])))

    def draw(self, size: int, instance: int, point: str = OWN_POINT) -> Instance:
        """Draw a test instance: the one that has this number in the trial's evaluation at this size and shift point.

        Sizes and numbers that were not measured are drawn in the same way.

        Raises:
            ViewError: there is no such shift point.
            InputError: see `nar_bench.view.instance.draw`.
        """
        own = self.record.config["algorithms"][self.algorithm.name]
        points = {OWN_POINT: {}, **own.get("evaluate_points", {})}
        if point not in points:
            raise ViewError(f"--point {point}: the trial was not measured there.{did_you_mean(point, points)}")
        shift = {**own["evaluate_shift"], **points[point]}
        return draw(self.algorithm, size, derive_seed("evaluate", self.test["seed"], size), shift, instance)

    def predict(self, instance: Instance) -> Predicted:
        """Run the network, as in evaluation, on one run."""
        batch = instance.batch
        assert isinstance(batch, Batch)  # no network is built for sparse graphs
        with torch.no_grad():
            made = self.net(to_tensors(batch), keep_hints=lambda raw, _: hard_hints(batch.spec, raw))
        steps = int(made.steps[0])
        return Predicted(
            hints={name: np.asarray(values[:steps, 0]) for name, values in made.hints.items()},
            outputs=hard_outputs(batch.spec, made.outputs, batch.nodes),
            ideas=None if made.ideas is None else np.asarray(made.ideas[0, :steps].float()),
            steps=steps,
        )


def learned(record: Record, store: Store, registry: Registry, algorithm: str = "") -> Learned:
    """Build the trained network of a finished trial.

    Args:
        algorithm: which, of a trial that has several; by default the first.

    Raises:
        ViewError: the trial failed, or has no such algorithm.
        CheckpointError: its weights are not there, damaged, or of other code.
        UnknownName, PluginError: a component is no longer registered.
    """
    label = f"trial {record.trial} ({record.name}, {record.method}, seed {record.seed})"
    if record.state != "done":
        raise ViewError(
            f"{label} failed: {record.error.message if record.error else ''} Run its suite with --retry failed."
        )
    names = [used.name for used in record.algorithms]
    if algorithm and algorithm not in names:
        raise ViewError(f"--algorithm {algorithm}: {label} did not learn it.{did_you_mean(algorithm, names)}")
    weights = load_weights(store.weights(record.trial), record.trial)
    trial = trial_of(record)
    algorithms: list[Algorithm] = [registry.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
    nets = build_nets(trial, algorithms, registry)
    weights.put_into(nets)
    at = names.index(algorithm) if algorithm else 0
    config = trial.config
    test = {**config["evaluate"], **config["algorithms"][algorithms[at].name]["evaluate"]}
    return Learned(record, algorithms[at], nets[at].eval(), test)
