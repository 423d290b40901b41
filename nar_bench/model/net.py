"""Encode, process, decode: one network for one algorithm.

Source: Velickovic et al. 2022 (CLRS-30), section 3; Ibarz et al. 2022, section 4. At step i of S = max(1, T - 1) the
network reads the inputs and, where the regime encodes hints, hint i: the true one at step 0, its own prediction
afterwards, in training too ("soft" re-prediction, gradients flow). It predicts hint i + 1. A sample's output is that
of its own last step.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from nar_bench.errors import Unsupported
from nar_bench.model.config import NetConfig
from nar_bench.model.decoders import PermutationDecoder, make_decoder
from nar_bench.model.encoders import Encoded, Encoder, empty
from nar_bench.model.regime import Regime
from nar_bench.model.sinkhorn import STEPS_IN_TRAINING, log_sinkhorn
from nar_bench.model.support import unsupported_reason
from nar_bench.model.tensors import TensorBatch, expand
from nar_bench.plugin.contracts import ProcessorModule
from nar_bench.spec import AlgorithmSpec, Feature, Type


class Predictions(NamedTuple):
    """What one forward pass yields, raw (see `nar_bench.model.decoders`)."""

    outputs: dict[str, Tensor]
    """name -> [B, ...]; a permutation output `p` has `p` and `p_mask`, the logits [B, N] of its first node."""
    hints: dict[str, Tensor]
    """name -> [S, B, ...], prediction i is of hint i + 1; empty where the regime decodes no hints."""
    ideas: Float[Tensor, "B S K"] | None
    """What the processor wrote, or None."""


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
        inputs = {f.name: expand(f, batch.inputs[f.name], nodes) for f in spec.inputs}
        # Inputs do not change over the steps, so they are encoded once.
        encoded_inputs = self.input_encoder(inputs, empty(len(batch.lengths), nodes, self._hidden, inputs[spec.inputs[0].name]))
        shown = {f.name: expand(f, batch.hints[f.name][0], nodes) for f in spec.hints} if self._regime.encode_hints else {}
        state = self.processor.initial_state(encoded_inputs.node)  # type: ignore[operator]
        hidden = torch.zeros_like(encoded_inputs.node)
        last = batch.last_steps().tolist()
        outputs: list[tuple[list[int], dict[str, Tensor]]] = []
        hints: dict[str, list[Tensor]] = {f.name: [] for f in spec.hints if self._regime.decode_hints}
        ideas: list[Tensor] = []
        for step in range(batch.steps):
            encoded: Encoded = self.hint_encoder(shown, encoded_inputs)
            processed = self.processor(*encoded, state)
            node = torch.cat([encoded.node, hidden, processed.hidden], dim=-1)
            edge = encoded.edge if processed.edge is None else torch.cat([encoded.edge, processed.edge], dim=-1)
            for name, predicted in hints.items():
                predicted.append(self.hint_decoders[name](node, edge, encoded.graph))
            if self._regime.encode_hints:
                shown = {f.name: soften(f, hints[f.name][-1]) for f in spec.hints}
            # Outputs are decoded only for the samples whose last step this is.
            ending = [row for row, last_step in enumerate(last) if last_step == step]
            if ending:
                every = len(ending) == len(last)
                rows = (node, edge, encoded.graph) if every else (node[ending], edge[ending], encoded.graph[ending])
                outputs.append((ending, self._decode_outputs(*rows, noise)))
            if processed.idea is not None:
                ideas.append(processed.idea)
            hidden, state = processed.hidden, processed.state
        return Predictions(
            outputs=_in_order(outputs),
            hints={name: torch.stack(predicted) for name, predicted in hints.items()},
            ideas=torch.stack(ideas, dim=1) if ideas else None,
        )

    def _decode_outputs(self, node: Tensor, edge: Tensor, graph: Tensor, noise: Generator | None) -> dict[str, Tensor]:
        decoded: dict[str, Tensor] = {}
        for name, decoder in self.output_decoders.items():
            if isinstance(decoder, PermutationDecoder):
                scores, decoded[f"{name}_mask"] = decoder(node, edge, graph)
                decoded[name] = log_sinkhorn(scores, STEPS_IN_TRAINING, noise=noise)
            else:
                decoded[name] = decoder(node, edge, graph)
        return decoded


def _in_order(parts: list[tuple[list[int], dict[str, Tensor]]]) -> dict[str, Tensor]:
    """Join the outputs of samples that ended at different steps, in the order of the batch."""
    if len(parts) == 1:
        return parts[0][1]
    order = torch.tensor([row for rows, _ in parts for row in rows]).argsort()
    joined = {name: torch.cat([decoded[name] for _, decoded in parts]) for name in parts[0][1]}
    return {name: values[order.to(values.device)] for name, values in joined.items()}


def soften(feature: Feature, raw: Tensor) -> Tensor:
    """Turn a raw hint prediction into what the encoder reads: probabilities, or the number itself."""
    if feature.type is Type.MASK:
        return raw.sigmoid()
    return raw if feature.type is Type.SCALAR else raw.softmax(dim=-1)
