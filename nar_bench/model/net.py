"""Encode, process, decode: one network for one algorithm.

Source: Velickovic et al. 2022 (CLRS-30), section 3; Ibarz et al. 2022, section 4. At step i of S = max(1, T - 1) the
network reads the inputs and, where the regime encodes hints, hint i: the true one at step 0, its own prediction
afterwards, in training too ("soft" re-prediction, gradients flow). It predicts hint i + 1. A sample's output is decoded
from what the network held at that sample's own last step.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from nar_bench.errors import Unsupported
from nar_bench.model.config import NetConfig
from nar_bench.model.decoders import Hidden, PermutationDecoder, make_decoder
from nar_bench.model.edges import EdgeVectors, ReadsEdgeVectors, WrittenEdges
from nar_bench.model.encoders import Encoded, Encoder, empty
from nar_bench.model.regime import Regime
from nar_bench.model.sinkhorn import STEPS_IN_TRAINING, log_sinkhorn
from nar_bench.model.support import unsupported_reason
from nar_bench.model.tensors import TensorBatch, expand
from nar_bench.plugin.contracts import ProcessorModule, StepOutput
from nar_bench.spec import AlgorithmSpec, Feature, Type


class Predictions(NamedTuple):
    """What one forward pass yields, raw (see `nar_bench.model.decoders`)."""

    outputs: dict[str, Tensor]
    """name -> [B, ...]; a permutation output `p` has `p` and `p_mask`, the logits [B, N] of its first node."""
    hints: dict[str, Tensor]
    """name -> [S, B, ...], prediction i is of hint i + 1; empty where the regime decodes no hints."""
    ideas: Float[Tensor, "B S K"] | None
    """What the processor wrote, or None."""
    penalties: Float[Tensor, "S B"] | None = None
    """What the processor adds to the loss at each step, or None."""


class _Held(NamedTuple):
    """What the output of a sample is decoded from."""

    shown: dict[str, Tensor]
    """The hints that were encoded."""
    before: Float[Tensor, "B N H"]
    after: Float[Tensor, "B N H"]
    written: Float[Tensor, "B N N H"] | WrittenEdges | None

    def where(self, live: Bool[Tensor, " B"], other: _Held) -> _Held:
        """Return this for the samples that are live, and `other` for the rest."""

        def choose(new: Tensor, old: Tensor) -> Tensor:
            return torch.where(live.reshape(-1, *[1] * (new.ndim - 1)), new, old)

        def choose_edges(new: Tensor | WrittenEdges | None, old: Any) -> Tensor | WrittenEdges | None:
            if isinstance(new, WrittenEdges):
                return replace(new, values=choose(new.values, old.values))
            return None if new is None else choose(new, old)

        return _Held(
            shown={name: choose(new, other.shown[name]) for name, new in self.shown.items()},
            before=choose(self.before, other.before),
            after=choose(self.after, other.after),
            written=choose_edges(self.written, other.written),
        )


class Net(nn.Module):
    """A network for one algorithm.

    Args:
        spec: the algorithm's features.
        processor: a ProcessorModule of width config.hidden.
        regime: which hints are encoded and decoded.
        generator: all initial weights outside the processor are drawn from it.
        writes_edges: whether the processor returns edge vectors for the decoders.

    Raises:
        Unsupported: a feature has no encoder or decoder.
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
    ) -> None:
        super().__init__()
        reason = unsupported_reason(spec)
        if reason:
            raise Unsupported(reason)
        if not isinstance(processor, ProcessorModule):
            raise Unsupported(f"{type(processor).__name__} has no initial_state and forward, so it is no processor.")
        self._spec, self._regime, self._hidden = spec, regime, config.hidden
        self._dense_edges = not (isinstance(processor, ReadsEdgeVectors) and processor.reads_edge_vectors)
        self.processor = processor
        self.input_encoder = Encoder(spec.inputs, config.hidden, generator)
        self.hint_encoder = Encoder(spec.hints if regime.encode_hints else (), config.hidden, generator)
        widths = (3 * config.hidden, (2 if writes_edges else 1) * config.hidden, config.hidden)

        def decoders(features: tuple[Feature, ...]) -> nn.ModuleDict:
            return nn.ModuleDict({feature.name: make_decoder(feature, *widths, generator) for feature in features})

        self.output_decoders = decoders(spec.outputs)
        self.hint_decoders = decoders(spec.hints if regime.decode_hints else ())

    def forward(self, batch: TensorBatch, noise: Generator | None = None) -> Predictions:
        """Run all steps.

        Args:
            batch: only inputs, lengths and (where hints are encoded) hint 0 are read.
            noise: source of the Gumbel noise on permutation outputs in training; None for none.
        """
        spec, nodes = batch.spec, batch.nodes
        # Inputs do not change over the steps, so they are encoded once.
        inputs = {f.name: expand(f, batch.inputs[f.name], nodes) for f in spec.inputs}
        like = inputs[spec.inputs[0].name]
        encoded_inputs: Encoded = self.input_encoder(inputs, empty(len(batch.lengths), nodes, self._hidden, like))
        shown: dict[str, Tensor] = {}
        if self._regime.encode_hints:
            shown = {f.name: expand(f, batch.hints[f.name][0], nodes) for f in spec.hints}
        encoded, edge = self._show(shown, encoded_inputs)
        state = self.processor.initial_state(encoded.node)
        hidden = torch.zeros_like(encoded.node)
        held: _Held | None = None
        hints: dict[str, list[Tensor]] = {f.name: [] for f in spec.hints if self._regime.decode_hints}
        ideas: list[Tensor] = []
        penalties: list[Tensor] = []
        # Each sample's last step is chosen by masks, not by branching on lengths, so that steps can become graphs.
        for step, live in enumerate(batch.live()):
            if step and self._regime.encode_hints:
                shown = {f.name: soften(f, hints[f.name][-1]) for f in spec.hints}
                encoded, edge = self._show(shown, encoded_inputs)
            processed: StepOutput = self.processor(encoded.node, edge, encoded.graph, encoded.adjacency, state)
            now = _Held(shown, hidden, processed.hidden, processed.edge)
            held = now if held is None else now.where(live, held)
            if hints:
                read = _hidden(encoded, now)
                for name, predicted in hints.items():
                    predicted.append(self.hint_decoders[name](read))
            if processed.idea is not None:
                ideas.append(processed.idea)
            if processed.penalty is not None:
                penalties.append(processed.penalty)
            hidden, state = processed.hidden, processed.state
        assert held is not None
        return Predictions(
            outputs=self._decode_outputs(_hidden(self._show(held.shown, encoded_inputs)[0], held), noise),
            hints={name: torch.stack(predicted) for name, predicted in hints.items()},
            ideas=torch.stack(ideas, dim=1) if ideas else None,
            penalties=torch.stack(penalties) if penalties else None,
        )

    def _show(self, shown: dict[str, Tensor], inputs: Encoded) -> tuple[Encoded, EdgeVectors | Tensor]:
        """Return inputs and hints encoded, and the edges as the processor takes them."""
        encoded: Encoded = self.hint_encoder(shown, inputs)
        return encoded, encoded.edge.dense() if self._dense_edges else encoded.edge

    def _decode_outputs(self, read: Hidden, noise: Generator | None) -> dict[str, Tensor]:
        decoded: dict[str, Tensor] = {}
        for name, decoder in self.output_decoders.items():
            if isinstance(decoder, PermutationDecoder):
                scores, decoded[f"{name}_mask"] = decoder(read)
                decoded[name] = log_sinkhorn(scores, STEPS_IN_TRAINING, noise=noise)
            else:
                decoded[name] = decoder(read)
        return decoded


def _hidden(encoded: Encoded, held: _Held) -> Hidden:
    node = torch.cat([encoded.node, held.before, held.after], dim=-1)
    return Hidden(node, encoded.edge, held.written, encoded.graph)


def soften(feature: Feature, raw: Tensor) -> Tensor:
    """Turn a raw hint prediction into what the encoder reads: probabilities, or the number itself."""
    if feature.type is Type.MASK:
        return raw.sigmoid()
    return raw if feature.type is Type.SCALAR else raw.softmax(dim=-1)
