"""All steps of a network on sparse graphs: `Net.forward` on nodes and edges that there are.

With equal weights on the same graph it predicts what the dense layout does where neither looks at a pair without an
edge: a processor that passes messages along edges, and pointers that are answered along edges. Graphs whose run is over
are taken out of the union.

Shapes: B graphs of N nodes each, V = B N nodes and E edges of all of them, S steps.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from nar_bench.errors import PluginError
from nar_bench.model.autocast import in_full
from nar_bench.model.encoders import SparseEncoded, sparse_empty
from nar_bench.model.noise import KeptDraws, SampleDraws, uniform
from nar_bench.model.predictions import KeepHints, Predictions
from nar_bench.model.rows import choose, choose_state
from nar_bench.model.sparse_decoders import SparseHidden, decode_sparse
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_part import Part
from nar_bench.model.sparse_reread import sparse_reread
from nar_bench.model.sparse_tensors import SparseTensorBatch, sparse_columns
from nar_bench.model.state import with_hidden
from nar_bench.plugin.contracts import SparseProcessorModule, StepOutput
from nar_bench.spec import Feature

if TYPE_CHECKING:
    from nar_bench.model.net import Net


class _Held(NamedTuple):
    """What the outputs are decoded from, of graphs whose run is over."""

    before: Float[Tensor, "V H"]
    after: Float[Tensor, "V H"]
    encoded: SparseEncoded | None
    """None where it is the same at all steps."""


def run_sparse(
    net: Net,
    batch: SparseTensorBatch,
    noise: Generator | KeptDraws | None,
    keep_hints: KeepHints,
) -> Predictions:
    """Run all steps; arguments and result as of `Net.forward`, raw predictions as in `sparse_decoders`."""
    noise = noise if net.training else None
    on, config, regime = batch.graph, net.config, net.regime
    inputs = {f.name: sparse_columns(f, batch.inputs[f.name], batch) for f in batch.spec.inputs}
    onto = net.input_encoder.sparse(inputs, sparse_empty(on, config.hidden, torch.get_default_dtype()))
    steps, until = _budget(net, batch)
    shown = {f.name: sparse_columns(f, batch.hints[f.name][0], batch) for f in net.given + net.encoded}
    encoded = first_encoded = net.hint_encoder.sparse(shown, onto)
    changes = bool(shown)
    processor = net.processor
    assert isinstance(processor, SparseProcessorModule)
    state = processor.sparse_state(encoded.node, on)
    hidden = torch.zeros_like(encoded.node)
    cells = (hidden, hidden) if net.lstm is not None else None
    raw: dict[str, Tensor] = {}
    # The graphs whose run is not over. The others are taken out of the union, and of all that is carried on.
    running = Part(on, torch.arange(on.B, device=hidden.device))
    decides = net.halting is not None and not net.training
    ends = set() if decides else set(until.tolist())  # asked once: a GPU has to be waited for
    ended: list[tuple[Part, _Held]] = []
    made = until + 1
    hints: dict[str, list[Tensor]] = {}
    ideas: list[Tensor] = []
    penalties: list[Tensor] = []
    nodewise: list[Tensor] = []
    halting: list[Tensor] = []

    def keep(into: list[Tensor], values: Tensor) -> None:
        # At the first step all graphs run.
        into.append(running.spread(values, len(into[0])) if into else values)

    for step in range(steps):
        if step and changes:
            shown = _next(net, batch, step, raw, noise, running, on)
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
                f"{tuple(hidden.shape)}; expected {tuple(before.shape)}, nodes of graphs that still run x width."
            )
        if config.dropout and noise is not None:
            drop = uniform(hidden.shape, SampleDraws(noise, running.nodes, batch.graph.V), hidden) < config.dropout
            hidden = torch.where(drop, 0.0, hidden / (1 - config.dropout))
        if net.lstm is not None:
            hidden, cells = net.lstm(hidden, cells)
        if hidden is not processed.hidden:
            state = with_hidden(state, processed.hidden, hidden)
        over = until <= step
        if net.decoded or net.halting is not None:
            read = _hidden(encoded, before, hidden, on, batch.nodes)
            raw = _decode(net.decoded, net.hint_decoders, read)
            for name, values in keep_hints(raw, on).items():
                keep(hints.setdefault(name, []), values)
            if net.halting is not None:
                decided = in_full(net.halting(read._replace(node=read.node.view(on.B, batch.nodes, -1))))
                keep(halting, decided)
                over = over | (decided > 0) if decides else over
        for into, told in ((ideas, processed.idea), (penalties, penalty)):
            if told is not None:
                keep(into, in_full(told))
        if net.training and regime.contrast_nodes:
            keep(nodewise, in_full(hidden).view(on.B, batch.nodes, -1))
        if not decides and step not in ends:
            continue
        done, going = over.nonzero()[:, 0], (~over).nonzero()[:, 0]
        now = _Held(before, hidden, encoded if changes else None)
        made[running.graphs[done]] = step + 1
        if not len(going):
            ended.append((running, now))
            break
        if len(done):
            ended.append((Part(batch.graph, running.graphs[done]), choose(now, Part(on, done))))
            part, running = Part(on, going), Part(batch.graph, running.graphs[going])
            onto, encoded, until, hidden, cells, raw, state = choose_state(
                (onto, encoded, until, hidden, cells, raw, state), part, type(processor).__name__
            )
            on = part.union
    return Predictions(
        outputs=_decode(batch.spec.outputs, net.output_decoders, _last(batch, ended, first_encoded)),
        hints={name: torch.stack(predicted) for name, predicted in hints.items()},
        ideas=torch.stack(ideas, dim=1) if ideas else None,
        steps=made,
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
    net: Net,
    batch: SparseTensorBatch,
    step: int,
    raw: dict[str, Tensor],
    noise: Generator | KeptDraws | None,
    running: Part,
    on: SparseGraph,
) -> dict[str, Tensor]:
    """Return the hints that are shown at a step after the first to the graphs that still run, of which `on` is."""
    regime = net.regime

    def true(feature: Feature) -> Tensor:
        columns: Tensor = choose(sparse_columns(feature, batch.hints[feature.name][step], batch), running)
        return columns

    # The budget is the true run's where hints are given, see `unsupported_reason`.
    shown = {feature.name: true(feature) for feature in net.given}
    hard = regime.repredict == "hard" or (regime.repredict == "hard_on_evaluation" and not net.training)
    forced: Tensor | None = None
    if net.encoded and regime.teacher_forcing and noise is not None:
        draws = uniform(batch.lengths.shape, noise, next(iter(raw.values())))
        forced = choose((draws < regime.teacher_forcing) & (step < batch.lengths), running)
    for feature in net.encoded:
        read = sparse_reread(feature, raw[feature.name], on, hard=hard)
        if forced is not None and step < len(batch.hints[feature.name]):
            rows = on.per_element(forced, len(read))
            read = torch.where(rows.view(-1, *[1] * (read.ndim - 1)), true(feature), read)
        shown[feature.name] = read
    return shown


def _last(batch: SparseTensorBatch, ended: list[tuple[Part, _Held]], encoded: SparseEncoded) -> SparseHidden:
    """Return what all graphs were at their last steps; they are `encoded` where that is the same at all steps."""
    on = batch.graph

    def gathered(parts: list[Tensor], places: str) -> Tensor:
        if len(parts) == 1:
            return parts[0]
        return torch.cat(parts).index_select(0, torch.cat([getattr(part, places) for part, _ in ended]).argsort())

    before = gathered([held.before for _, held in ended], "nodes")
    after = gathered([held.after for _, held in ended], "nodes")
    if changing := [held.encoded for _, held in ended if held.encoded is not None]:
        encoded = SparseEncoded(
            gathered([one.node for one in changing], "nodes"),
            # Edge vectors of one encoder differ in their values alone.
            replace(encoded.edge, values=gathered([one.edge.values for one in changing], "edges")),
            gathered([one.graph for one in changing], "graphs"),
        )
    return _hidden(encoded, before, after, on, batch.nodes)


def _hidden(encoded: SparseEncoded, before: Tensor, after: Tensor, on: SparseGraph, nodes: int) -> SparseHidden:
    return SparseHidden(torch.cat([encoded.node, before, after], dim=-1), encoded.edge, encoded.graph, on, nodes)


def _decode(features: tuple[Feature, ...], decoders: nn.ModuleDict, read: SparseHidden) -> dict[str, Tensor]:
    return {feature.name: in_full(decode_sparse(feature, decoders[feature.name], read)) for feature in features}
