"""All steps of a network on sparse graphs: `Net.forward` on nodes and edges that there are.

With equal weights on the same graph it predicts what the dense layout does where neither looks at a pair without an
edge: a processor that passes messages along edges, and pointers that are answered along edges. Graphs whose run is over
stay in the union and are not listened to any more.

Shapes: B graphs of N nodes each, V = B N nodes and E edges of all of them, S steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from nar_bench.errors import PluginError
from nar_bench.model.autocast import in_full
from nar_bench.model.encoders import SparseEncoded, sparse_empty
from nar_bench.model.noise import KeptDraws, uniform
from nar_bench.model.predictions import Predictions
from nar_bench.model.sparse_decoders import SparseHidden, decode_sparse
from nar_bench.model.sparse_reread import sparse_reread
from nar_bench.model.sparse_tensors import SparseTensorBatch, sparse_columns
from nar_bench.model.state import with_hidden
from nar_bench.plugin.contracts import SparseProcessorModule, StepOutput
from nar_bench.spec import Feature

if TYPE_CHECKING:
    from nar_bench.model.net import Net


class _Held(NamedTuple):
    """What the outputs are decoded from."""

    encoded: SparseEncoded
    before: Float[Tensor, "V H"]
    after: Float[Tensor, "V H"]


def run_sparse(
    net: Net,
    batch: SparseTensorBatch,
    noise: Generator | KeptDraws | None,
    keep_hints: Callable[[dict[str, Tensor]], dict[str, Tensor]],
) -> Predictions:
    """Run all steps; arguments and result as of `Net.forward`, raw predictions as in `sparse_decoders`."""
    noise = noise if net.training else None
    on, config, regime = batch.graph, net.config, net.regime
    inputs = {f.name: sparse_columns(f, batch.inputs[f.name], batch) for f in batch.spec.inputs}
    onto = net.input_encoder.sparse(inputs, sparse_empty(on, config.hidden, torch.get_default_dtype()))
    steps, until = _budget(net, batch)
    shown = {f.name: sparse_columns(f, batch.hints[f.name][0], batch) for f in net.given + net.encoded}
    encoded = net.hint_encoder.sparse(shown, onto)
    processor = net.processor
    assert isinstance(processor, SparseProcessorModule)
    state = processor.sparse_state(encoded.node, on)
    hidden = torch.zeros_like(encoded.node)
    cells = (hidden, hidden)
    raw: dict[str, Tensor] = {}
    held: _Held | None = None
    hints: dict[str, list[Tensor]] = {}
    ideas: list[Tensor] = []
    penalties: list[Tensor] = []
    nodewise: list[Tensor] = []
    halting: list[Tensor] = []
    decides = net.halting is not None and not net.training
    first_end = int(until.min())  # asked once: a GPU has to be waited for

    def live(step: int) -> Bool[Tensor, " B"] | None:
        """Return which graphs still run, or None for all."""
        return until >= step if decides or step > first_end else None

    def kept(values: Tensor, going: Tensor | None) -> Tensor:
        return values if going is None else batch.where(going, values, torch.zeros_like(values))

    for step in range(steps):
        if step and (net.given or net.encoded):
            shown = _next(net, batch, step, raw, noise)
            encoded = net.hint_encoder.sparse(shown, onto)
        before, penalty = hidden, None
        for _ in range(config.message_passing_steps):
            processed: StepOutput = processor.sparse_forward(encoded.node, encoded.edge, encoded.graph, on, state)
            state = processed.state
            if processed.penalty is not None:
                penalty = processed.penalty if penalty is None else penalty + processed.penalty
        hidden = processed.hidden
        if hidden.shape != before.shape:
            raise PluginError(
                f"processor {type(processor).__name__}: in the sparse layout hidden has shape "
                f"{tuple(hidden.shape)}; expected {tuple(before.shape)}, all nodes x width."
            )
        if config.dropout and noise is not None:
            drop = uniform(hidden.shape, noise, hidden) < config.dropout
            hidden = torch.where(drop, 0.0, hidden / (1 - config.dropout))
        if net.lstm is not None:
            hidden, cells = net.lstm(hidden, cells)
        if hidden is not processed.hidden:
            state = with_hidden(state, processed.hidden, hidden)
        now, going = _Held(encoded, before, hidden), live(step)
        if net.decoded or net.halting is not None:
            read = _hidden(batch, now)
            raw = _decode(net.decoded, net.hint_decoders, read)
            for name, values in keep_hints(raw).items():
                hints.setdefault(name, []).append(kept(values, going))
            if net.halting is not None:
                by_graph = read._replace(node=read.node.view(on.B, batch.nodes, -1))
                decided = in_full(net.halting(by_graph))
                halting.append(kept(decided, going))
                if decides:
                    until = torch.where((decided > 0) & (until > step), step, until)
        for into, made in ((ideas, processed.idea), (penalties, penalty)):
            if made is not None:
                into.append(kept(in_full(made), going))
        if net.training and regime.contrast_nodes:
            nodewise.append(kept(in_full(hidden).view(on.B, batch.nodes, -1), going))
        held = now if held is None or going is None else _replaced(batch, going, now, held)
        if decides and bool((until <= step).all()):
            break
    assert held is not None
    return Predictions(
        outputs=_decode(batch.spec.outputs, net.output_decoders, _hidden(batch, held)),
        hints={name: torch.stack(predicted) for name, predicted in hints.items()},
        ideas=torch.stack(ideas, dim=1) if ideas else None,
        steps=until + 1,
        halting=torch.stack(halting) if halting else None,
        penalties=torch.stack(penalties) if penalties else None,
        nodes=tuple(nodewise) if nodewise else None,
    )


def _budget(net: Net, batch: SparseTensorBatch) -> tuple[int, Tensor]:
    """As `Net` has it: the number of steps, and the index of each graph's last, at most, where the network decides."""
    regime = net.regime
    if regime.budget == "oracle" or (regime.budget == "learned" and net.training):
        return batch.steps, batch.last_steps()
    steps = max(1, math.ceil(regime.budget_factor * batch.nodes))
    return steps, torch.full_like(batch.lengths, steps - 1)


def _next(
    net: Net, batch: SparseTensorBatch, step: int, raw: dict[str, Tensor], noise: Generator | KeptDraws | None
) -> dict[str, Tensor]:
    """Return the hints that are shown at a step after the first."""
    regime = net.regime

    def true(feature: Feature) -> Tensor:
        return sparse_columns(feature, batch.hints[feature.name][step], batch)

    # The budget is the true run's where hints are given, see `unsupported_reason`.
    shown = {feature.name: true(feature) for feature in net.given}
    hard = regime.repredict == "hard" or (regime.repredict == "hard_on_evaluation" and not net.training)
    forced: Tensor | None = None
    if net.encoded and regime.teacher_forcing and noise is not None:
        draws = uniform(batch.lengths.shape, noise, next(iter(raw.values())))
        forced = (draws < regime.teacher_forcing) & (step < batch.lengths)
    for feature in net.encoded:
        read = sparse_reread(feature, raw[feature.name], batch.graph, hard=hard)
        if forced is not None and step < len(batch.hints[feature.name]):
            read = batch.where(forced, true(feature), read)
        shown[feature.name] = read
    return shown


def _replaced(batch: SparseTensorBatch, going: Bool[Tensor, " B"], now: _Held, held: _Held) -> _Held:
    """Return what graphs that still run hold now, and the others held before."""
    new, old = now.encoded, held.encoded
    encoded = SparseEncoded(
        batch.where(going, new.node, old.node),
        # Edge vectors of one encoder differ in their values alone.
        replace(new.edge, values=batch.where(going, new.edge.values, old.edge.values)),
        batch.where(going, new.graph, old.graph),
    )
    return _Held(encoded, *(batch.where(going, *pair) for pair in zip(now[1:], held[1:], strict=True)))


def _hidden(batch: SparseTensorBatch, held: _Held) -> SparseHidden:
    node = torch.cat([held.encoded.node, held.before, held.after], dim=-1)
    return SparseHidden(node, held.encoded.edge, held.encoded.graph, batch.graph, batch.nodes)


def _decode(features: tuple[Feature, ...], decoders: nn.ModuleDict, read: SparseHidden) -> dict[str, Tensor]:
    return {feature.name: in_full(decode_sparse(feature, decoders[feature.name], read)) for feature in features}
