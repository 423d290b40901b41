"""A trained network that writes ideas, built again from a trial's record and weights, beside its untrained twin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nar_bench.data.generate import generate
from nar_bench.data.random import derive_seed
from nar_bench.errors import InputError
from nar_bench.ideas.written import Written
from nar_bench.model.encoders import Encoded
from nar_bench.model.net import Net
from nar_bench.plugin.contracts import Algorithm, Kind, Level, SimilarInput
from nar_bench.plugin.registry import Registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.trial import build_nets, build_phi, trial_of
from nar_bench.training.contrastive import Similarity
from nar_bench.training.similar import similar_to
from nar_bench.training.weights import load_weights
from nar_bench.trajectory import Batch, to_dense

_PAIRS_AT_ONCE = 65_536
"""Node pairs in one forward pass: 64 graphs of 32 nodes; bounds the memory."""


def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the cosine of the angle between ideas, which is shown where a trial contrasts none."""
    return torch.nn.functional.cosine_similarity(a, b, dim=-1)


@dataclass(frozen=True)
class Network:
    """One algorithm of one trial.

    Attributes:
        label: what a reader is told that it is, the algorithm's name.
        similar: makes the similar inputs: that of the trial or, where it has none, the first registered of those that
            keep the number of nodes.
        phi: the trial's, or `cosine` where it has none that scores two ideas.
        phi_name: what it is called.
        size: the largest training size.
        shift: shift axes of the test distribution.
    """

    record: Record
    label: str
    algorithm: Algorithm
    trained: Net
    untrained: Net
    similar: SimilarInput | None
    phi: Similarity
    phi_name: str
    size: int
    shift: Mapping[str, Any]

    def draw(self, size: int, count: int) -> Batch:
        """Draw inputs; they depend on the algorithm, size and shift alone, so that all trials are shown the same."""
        drawn: Batch = generate(self.algorithm, size, count, derive_seed("ideas", size), **self.shift)
        return drawn

    def similar_to(self, batch: Batch) -> Batch | None:
        """Return one similar input for each of a batch, in its order, or None where none is registered."""
        if self.similar is None:
            return None
        return similar_to(self.algorithm, batch, self.similar, derive_seed("ideas", "similar"), 0)

    def write(self, batch: Batch, *, trained: bool = True) -> Written:
        """Run the network and return what it wrote."""
        written, _ = _run(self.trained if trained else self.untrained, batch)
        return written

    def encode(self, batch: Batch) -> NDArray[np.float64]:
        """Return the trained encoding of the inputs [B, 5 H], which is what the processor is given at its first step.

        Nodes and pairs of nodes are pooled by maximum and by mean, as the memory pools nodes; the graph is as it is.
        """
        _, encoded = _run(self.trained, batch)
        return encoded


def networks_of(record: Record, store: Store, registry: Registry) -> list[Network]:
    """Build the networks of a finished trial whose processor writes ideas (see `nar_bench.ideas.selection`).

    Raises:
        CheckpointError: its weights are not there, damaged, or of other code.
        UnknownName, PluginError: a component is no longer registered.
    """
    weights = load_weights(store.weights(record.trial), record.trial)
    trial = trial_of(record)
    algorithms: list[Algorithm] = [registry.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
    trained, untrained = (build_nets(trial, algorithms, registry) for _ in range(2))
    phi = build_phi(trial, registry)
    weights.put_into(trained, phi)
    scores_ideas = trial.similarity and registry.load(Kind.SIMILARITY, trial.similarity.id).level is Level.STEP
    own: list[SimilarInput] = [registry.load(Kind.SIMILAR_INPUT, used.id) for used in trial.similar_inputs]
    return [
        Network(
            record=record,
            label=algorithm.name,
            algorithm=algorithm,
            trained=net.eval(),
            untrained=twin.eval(),
            similar=_similar(algorithm, own, registry),
            phi=phi if phi and scores_ideas else cosine,
            phi_name=trial.similarity.name if trial.similarity and scores_ideas else "cosine",
            size=max({**trial.config["train"], **trial.config["algorithms"][algorithm.name]["train"]}["sizes"]),
            shift=trial.config["algorithms"][algorithm.name]["evaluate_shift"],
        )
        for algorithm, net, twin in zip(algorithms, trained, untrained, strict=True)
    ]


def shared_inputs(network: Network, batch: Batch) -> Batch | None:
    """Run a network's algorithm on the inputs of another's, or return None where it does not read the same.

    Inputs are the same where name, location, type and classes are, and the numbers are ones that the algorithm takes.
    """
    algorithm = network.algorithm
    if set(algorithm.spec.inputs) - set(batch.spec.inputs):
        return None
    inputs = {feature.name: batch.inputs[feature.name] for feature in algorithm.spec.inputs}
    try:
        for row in range(len(batch)):
            algorithm.check({f.name: to_dense(f, inputs[f.name][row], batch.nodes) for f in algorithm.spec.inputs})
    except InputError:
        return None
    made: Batch = algorithm.execute(inputs, batch.nodes)
    return made


def _similar(algorithm: Algorithm, own: list[SimilarInput], registry: Registry) -> SimilarInput | None:
    registered = (entry.load() for entry in registry.entries(Kind.SIMILAR_INPUT))
    for similar in (*own, *(one for one in registered if one.nodes is None)):
        if algorithm.name in similar.algorithms:
            return similar  # type: ignore[no-any-return]
    return None


def _run(net: Net, batch: Batch) -> tuple[Written, NDArray[np.float64]]:
    """Return the ideas and the pooled encoding of a batch."""
    ideas, steps, encoded = [], [], []

    def keep(module: torch.nn.Module, arguments: Any, made: Encoded) -> None:
        edge = made.edge.dense().flatten(1, 2)
        pooled = [made.node.amax(1), made.node.mean(1), edge.amax(1), edge.mean(1), made.graph]
        encoded.append(torch.cat(pooled, dim=1).double().numpy())

    at_once = max(1, _PAIRS_AT_ONCE // max(1, batch.nodes**2))
    hook = net.input_encoder.register_forward_hook(keep)
    try:
        for start in range(0, len(batch), at_once):
            part = batch.select(np.arange(start, min(start + at_once, len(batch))))
            with torch.no_grad():
                made = net(net.tensors(part), keep_hints=lambda raw, _: {})
            assert made.ideas is not None  # the processor says that it writes some
            ideas.append(made.ideas.double().numpy())
            steps.append(made.steps.numpy())
    finally:
        hook.remove()
    longest = max(one.shape[1] for one in ideas)
    whole = [np.pad(one, ((0, 0), (0, longest - one.shape[1]), (0, 0))) for one in ideas]
    return Written(np.concatenate(whole), np.concatenate(steps)), np.concatenate(encoded)
