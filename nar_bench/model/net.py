"""Encode, process, decode: one network for one algorithm.

Source: Velickovic et al. 2022 (CLRS-30); Ibarz et al. 2022. At step i of S = max(1, T - 1) the
network reads the inputs and, where the regime encodes hints, hint i: the true one at step 0, its own prediction
afterwards, in training too but for teacher forcing. It predicts hint i + 1. A sample's output is decoded from what the
network held at that sample's own last step. Other budgets than this S, which only the true run knows, are in
`nar_bench.model.regime`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from nar_bench.errors import InputError, PluginError, Unsupported
from nar_bench.layouts import as_sparse
from nar_bench.model.autocast import in_full
from nar_bench.model.config import NetConfig
from nar_bench.model.decoders import GraphDecoder, Hidden, PermutationDecoder, make_decoder
from nar_bench.model.edges import EdgeVectors, ReadsEdgeVectors, WrittenEdges
from nar_bench.model.encoders import Encoded, Encoder, empty
from nar_bench.model.lstm import Lstm
from nar_bench.model.nodes import NodeVectors, ReadsNodeVectors
from nar_bench.model.noise import KeptDraws, Noise, SampleDraws, uniform
from nar_bench.model.numbers import NumberEncoder, finite, reads_numbers_apart
from nar_bench.model.predictions import KeepHints, Predictions
from nar_bench.model.regime import Regime
from nar_bench.model.reread import reread
from nar_bench.model.rows import choose, choose_state, gather, spread, where
from nar_bench.model.sinkhorn import STEPS_IN_TRAINING, log_sinkhorn
from nar_bench.model.sparse_run import run_sparse
from nar_bench.model.sparse_tensors import EitherBatch, SparseTensorBatch, to_sparse_tensors
from nar_bench.model.state import with_hidden
from nar_bench.model.support import unsupported_reason
from nar_bench.model.tensors import TensorBatch, dense_columns, first_of, to_tensors
from nar_bench.plugin.contracts import ProcessorModule, SparseProcessorModule, StepOutput
from nar_bench.spec import AlgorithmSpec, Feature
from nar_bench.trajectory import Batch, SparseBatch

_TAKES_OUT = ("cpu",)
"""Devices on which a sample whose run is over is taken out of the batch. On a GPU a step takes as long without it, and
what depends on no number there needs no waiting for it, so that its kernels can be recorded."""


class _Held(NamedTuple):
    """What the output of a sample is decoded from."""

    shown: dict[str, Tensor]
    """The hints that were encoded."""
    before: Float[Tensor, "B N H"]
    after: Float[Tensor, "B N H"]
    written: Float[Tensor, "B N N H"] | WrittenEdges | None


class Net(nn.Module):
    """A network for one algorithm; `nar_bench.model.build` makes it of a described processor, if that supports it.

    Args:
        spec: the algorithm's features.
        processor: a ProcessorModule of width config.hidden.
        regime: which hints are encoded and decoded, and how many steps are made.
        generator: all initial weights outside the processor are drawn from it.
        writes_edges: whether the processor returns edge vectors for the decoders.
        masks_decoders: whether pointers on nodes and masks on edges answer only along the adjacency.

    Raises:
        Unsupported: the spec, the regime or the options cannot be had.
    """

    def __init__(
        self,
        spec: AlgorithmSpec,
        processor: nn.Module,
        regime: Regime,
        config: NetConfig,
        generator: Generator,
        *,
        writes_edges: bool = False,
        masks_decoders: bool = False,
    ) -> None:
        super().__init__()
        if reason := unsupported_reason(spec, regime, config):
            raise Unsupported(reason)
        if faults := [*regime.faults(), *config.faults()]:
            raise Unsupported("; ".join(f"{field}: {wrong}" for field, wrong in faults) + ".")
        if not isinstance(processor, ProcessorModule):
            raise Unsupported(f"{type(processor).__name__} has no initial_state and forward, so it is no processor.")
        if config.layout == "sparse" and not isinstance(processor, SparseProcessorModule):
            raise Unsupported(f"{type(processor).__name__} has no sparse_state and sparse_forward, so no sparse form.")
        self._masks_decoders = masks_decoders
        self.spec, self.regime, self.config = spec, regime, config
        self._dense_edges = not (isinstance(processor, ReadsEdgeVectors) and processor.reads_edge_vectors)
        self._dense_nodes = not (isinstance(processor, ReadsNodeVectors) and processor.reads_node_vectors)
        self.given = tuple(feature for feature in spec.hints if feature.given)
        predicted = tuple(feature for feature in spec.hints if not feature.given)
        self.encoded = predicted if regime.encode_hints else ()
        self.decoded = predicted if regime.decode_hints else ()
        self.processor = processor
        apart = reads_numbers_apart(processor)
        # What is given is an input by nature, so every regime shows it.
        shown = self.given + self.encoded
        self.input_encoder = Encoder(finite(spec.inputs) if apart else spec.inputs, config.hidden, generator)
        self.hint_encoder = Encoder(finite(shown) if apart else shown, config.hidden, generator)
        self.number_encoder = NumberEncoder(spec.inputs + shown, config.hidden, generator) if apart else None
        widths = (3 * config.hidden, (2 if writes_edges else 1) * config.hidden, config.hidden)

        def decoders(features: tuple[Feature, ...]) -> nn.ModuleDict:
            return nn.ModuleDict({feature.name: make_decoder(feature, *widths, generator) for feature in features})

        self.output_decoders = decoders(spec.outputs)
        self.hint_decoders = decoders(self.decoded)
        self.halting = GraphDecoder(widths[0], config.hidden, 0, generator) if regime.budget == "learned" else None
        self.lstm = Lstm(config.hidden, generator) if config.lstm != "none" else None
        if self.lstm is not None:
            self.lstm.requires_grad_(config.lstm == "trained")

    @property
    def device(self) -> torch.device:
        """Where the parameters are, and where a batch has to be."""
        return next(self.parameters()).device

    def tensors(self, batch: Batch | SparseBatch) -> EitherBatch:
        """Return a batch as this network takes it: in its layout, where it is.

        Raises:
            InputError: a sparse batch for the dense layout, or one that has no sparse form.
        """
        if self.config.layout == "sparse":
            return to_sparse_tensors(batch if isinstance(batch, SparseBatch) else as_sparse(batch), self.device)
        if isinstance(batch, SparseBatch):
            raise InputError(
                "a network in the dense layout takes no sparse batch; nar_bench.layouts.as_dense makes one."
            )
        return to_tensors(batch, self.device)

    def forward(
        self,
        batch: EitherBatch,
        noise: Generator | KeptDraws | None = None,
        keep_hints: KeepHints = lambda raw, _: raw,
    ) -> Predictions:
        """Run all steps.

        A sparse batch is of the same weights, see `nar_bench.model.sparse_run`; so a network that was trained in one
        layout can be run in the other.

        Args:
            batch: at evaluation only inputs, given hints and (where hints are encoded) hint 0 are read, and where the
                budget is "oracle" the lengths.
            noise: source of all that is drawn in training: teacher forcing, dropout, the Gumbel noise on permutations.
                None for none of these, and so is evaluation mode.
            keep_hints: what is kept of the hints of a step; raw ones on edges are large.
        """
        if isinstance(batch, SparseTensorBatch):
            return run_sparse(self, batch, noise, keep_hints)
        noise = noise if self.training else None
        spec, nodes = batch.spec, batch.nodes
        # Inputs do not change over the steps, so they are encoded once.
        inputs: dict[str, Tensor] = {}
        for feature in spec.inputs:
            inputs |= dense_columns(feature, batch.inputs[feature.name], nodes)
        like = inputs[spec.inputs[0].name]
        encoded_inputs: Encoded = self.input_encoder(inputs, empty(len(batch.lengths), nodes, self.config.hidden, like))
        steps, last = self._budget(batch)
        shown = self._first(batch)
        encoded, node, edge = self._show(shown, encoded_inputs)
        like = encoded.node
        state, hidden = self.processor.initial_state(like), torch.zeros_like(like)
        cells = (hidden, hidden)
        raw: dict[str, Tensor] = {}
        # The samples whose run is not over. The others are taken out of all that is carried on.
        running = torch.arange(len(hidden), device=hidden.device)
        onto, until = encoded_inputs, last
        decides = self.halting is not None and not self.training
        takes_out = decides or hidden.device.type in _TAKES_OUT
        ends = set(last.tolist()) if takes_out else set()
        ended: list[tuple[Tensor, _Held]] = []
        made = last + 1
        held: _Held | None = None
        hints: dict[str, list[Tensor]] = {}
        ideas: list[Tensor] = []
        nodewise: list[Tensor] = []
        keeps_nodes = self.training and self.regime.contrast_nodes
        penalties: list[Tensor] = []
        halting: list[Tensor] = []

        def keep(into: list[Tensor], values: Tensor) -> None:
            if takes_out:
                into.append(spread(values, running, len(batch.lengths)))
            else:
                into.append(where(until >= step, values, torch.zeros_like(values)))

        for step in range(steps):
            if step and (self.given or self.encoded):
                shown = self._next(batch, step, raw, noise, running)
                encoded, node, edge = self._show(shown, onto)
            numbers = (self.number_encoder(inputs | shown, hidden),) if self.number_encoder is not None else ()
            before, penalty = hidden, None
            for _ in range(self.config.message_passing_steps):
                processed: StepOutput = self.processor(node, edge, encoded.graph, encoded.adjacency, state, *numbers)
                state = processed.state
                if processed.penalty is not None:
                    penalty = processed.penalty if penalty is None else penalty + processed.penalty
            hidden = processed.hidden
            if hidden.shape != before.shape:
                raise PluginError(
                    f"processor {type(self.processor).__name__}: hidden has shape {tuple(hidden.shape)}; expected "
                    f"{tuple(before.shape)}, graphs that are still running x nodes x width."
                )
            if self.config.dropout and noise is not None:
                hidden = _drop(hidden, self.config.dropout, SampleDraws(noise, running, len(batch.lengths)))
            if self.lstm is not None:
                hidden, cells = self.lstm(hidden, cells)
            if hidden is not processed.hidden:
                state = with_hidden(state, processed.hidden, hidden)
            now = _Held(shown, before, hidden, processed.edge)
            over = until <= step
            if self.decoded or self.halting is not None:
                read = self._hidden(encoded, now)
                drawn = None if noise is None else SampleDraws(noise, running, len(batch.lengths))
                raw = self._decode(self.hint_decoders, read, drawn)
                for name, values in keep_hints(raw, None).items():
                    keep(hints.setdefault(name, []), values)
                if self.halting is not None:
                    decided = in_full(self.halting(read))
                    keep(halting, decided)
                    over = over | (decided > 0) if decides else over
            if processed.idea is not None:
                keep(ideas, in_full(processed.idea))
            if keeps_nodes:
                keep(nodewise, in_full(hidden))
            if penalty is not None:
                keep(penalties, in_full(penalty))
            if not takes_out:
                held = now if held is None else where(until >= step, now, held)
                continue
            if not decides and step not in ends:
                continue
            done, going = over.nonzero()[:, 0], (~over).nonzero()[:, 0]
            if not len(going):
                ended.append((running, now))
                made[running] = step + 1
                break
            if len(done):
                ended.append((running[done], choose(now, done)))
                made[running[done]] = step + 1
                running, onto, until, hidden, cells, raw = choose((running, onto, until, hidden, cells, raw), going)
                if not (self.given or self.encoded):
                    encoded, node, edge = choose((encoded, node, edge), going)
                if self.number_encoder is not None:
                    inputs = choose(inputs, going)
                state = choose_state(state, going, type(self.processor).__name__)
        held = gather(ended) if takes_out else held
        assert held is not None
        return Predictions(
            outputs=self._decode(
                self.output_decoders, self._hidden(self._show(held.shown, encoded_inputs)[0], held), noise
            ),
            hints={name: torch.stack(predicted) for name, predicted in hints.items()},
            ideas=torch.stack(ideas, dim=1) if ideas else None,
            steps=made,
            halting=torch.stack(halting) if halting else None,
            penalties=torch.stack(penalties) if penalties else None,
            nodes=tuple(nodewise) if keeps_nodes else None,
        )

    def _budget(self, batch: TensorBatch) -> tuple[int, Int[Tensor, " B"]]:
        """Return the number of steps and the index of each sample's last, at most, where the network decides."""
        if self.regime.budget == "oracle" or (self.regime.budget == "learned" and self.training):
            return batch.steps, batch.last_steps()
        steps = max(1, math.ceil(self.regime.budget_factor * batch.nodes))
        return steps, torch.full_like(batch.lengths, steps - 1)

    def _first(self, batch: TensorBatch) -> dict[str, Tensor]:
        shown: dict[str, Tensor] = {}
        for feature in self.given + self.encoded:
            shown |= dense_columns(feature, batch.hints[feature.name][0], batch.nodes)
        return shown

    def _next(
        self,
        batch: TensorBatch,
        step: int,
        raw: dict[str, Tensor],
        noise: Noise | None,
        running: Int[Tensor, " R"],
    ) -> dict[str, Tensor]:
        """Return the hints that are shown at a step after the first to the samples that are running."""

        def true(feature: Feature) -> dict[str, Tensor]:
            return dense_columns(feature, choose(batch.hints[feature.name][step], running), batch.nodes)

        shown: dict[str, Tensor] = {}
        for feature in self.given:  # the budget is then the true run's, see `unsupported_reason`
            shown |= true(feature)
        how = self.regime.repredict
        hard = how == "hard" or (how == "hard_on_evaluation" and not self.training)
        forced: Tensor | None = None
        if self.encoded and self.regime.teacher_forcing and noise is not None:
            draws = uniform(batch.lengths.shape, noise, next(iter(raw.values())))
            forced = choose((draws < self.regime.teacher_forcing) & (step < batch.lengths), running)
        for feature in self.encoded:
            read = reread(feature, raw, hard=hard)
            if forced is not None and step < len(batch.hints[feature.name]):
                for name, value in true(feature).items():
                    read[name] = torch.where(forced.reshape(-1, *[1] * (value.ndim - 1)), value, read[name])
            shown |= read
        return shown

    def _show(
        self, shown: dict[str, Tensor], inputs: Encoded
    ) -> tuple[Encoded, NodeVectors | Tensor, EdgeVectors | Tensor]:
        """Return inputs and hints encoded, and nodes and edges as the processor takes them."""
        encoded: Encoded = self.hint_encoder(shown, inputs)
        node = encoded.node if self._dense_nodes else encoded.nodes
        return encoded, node, encoded.edge.dense() if self._dense_edges else encoded.edge

    def _hidden(self, encoded: Encoded, held: _Held) -> Hidden:
        node = encoded.nodes.beside(held.before, held.after)
        adjacency = encoded.adjacency if self._masks_decoders else None
        return Hidden(node, encoded.edge, held.written, encoded.graph, adjacency)

    def _decode(self, decoders: nn.ModuleDict, read: Hidden, noise: Noise | None) -> dict[str, Tensor]:
        decoded: dict[str, Tensor] = {}
        for name, decoder in decoders.items():
            if isinstance(decoder, PermutationDecoder):
                scores, first = decoder(read)
                decoded[first_of(name)] = in_full(first)
                decoded[name] = log_sinkhorn(in_full(scores), STEPS_IN_TRAINING, noise=noise)
            else:
                decoded[name] = in_full(decoder(read))
        return decoded


def _drop(hidden: Float[Tensor, "R N H"], probability: float, noise: Noise) -> Float[Tensor, "R N H"]:
    return torch.where(uniform(hidden.shape, noise, hidden) >= probability, hidden / (1 - probability), 0.0)
