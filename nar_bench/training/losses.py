"""The supervised losses of CLRS-30 on outputs and hints.

Source: Velickovic et al. 2022, and the reference's code: every feature has weight 1. An output's loss is a
mean over the batch. A hint's loss is a mean over all valid (step, sample, element), so that long runs weigh more.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from nar_bench.model.predictions import Predictions
from nar_bench.model.segments import max_into_nodes, sum_into_nodes
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_tensors import EitherBatch, SparseTensorBatch
from nar_bench.model.tensors import cyclic_permutation, first_of
from nar_bench.spec import MASKED, Feature, Location, Type


def supervised_loss(
    predictions: Predictions,
    batch: EitherBatch,
    *,
    output_weight: float = 1.0,
    hint_weight: float = 1.0,
    counted: Callable[[Tensor], Tensor] = lambda number: number,
) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """Return the weighted sum of all losses, and each unweighted by name ("output/pi", "hint/pi_h", "halting").

    Hints count where they were predicted, and halting (binary cross-entropy over a sample's own steps, weight 1) where
    it is learned, so the rest of the regime is in the predictions. A processor's own "penalty" has its weight in it;
    it is a mean over the steps that each sample made, then over the batch.

    On sparse graphs the elements are nodes, graphs, and of features on edges the edges that there are; a pointer is a
    class among the edges into its node.

    Args:
        counted: takes how many elements a mean is over and returns what the sum is divided by. Where the batch is a
            part of one that several processes share, that is what each of them has on average.
    """
    on = batch.graph if isinstance(batch, SparseTensorBatch) else None
    parts: dict[str, Tensor] = {}
    for feature in batch.spec.outputs:
        truth, raw = batch.outputs[feature.name], predictions.outputs[feature.name]
        if feature.type is Type.PERMUTATION_POINTER:
            cyclic, first = cyclic_permutation(truth)
            parts[f"output/{feature.name}"] = permutation_losses(raw, cyclic).mean()
            parts[f"output/{feature.name}_mask"] = F.cross_entropy(predictions.outputs[first_of(feature.name)], first)
        else:
            losses, valid = _elements(feature, truth, raw, on)
            parts[f"output/{feature.name}"] = _mean(losses, valid, counted)
    if predictions.hints:
        live = batch.live()
        for feature in batch.spec.hints:
            if feature.given:
                continue
            # What is padded beyond the longest run, or beyond the budget, has no prediction; a batch of runs of one
            # hint has no truth.
            truth = batch.hints[feature.name][1 : 1 + min(batch.steps, len(predictions.hints[feature.name]))]
            raw = predictions.hints[feature.name][: len(truth)]
            if feature.type is Type.PERMUTATION_POINTER:
                cyclic, first = cyclic_permutation(truth.flatten(0, 1))
                mask = predictions.hints[first_of(feature.name)][: len(truth)]
                chosen = -mask.log_softmax(dim=-1).gather(-1, first.view(*truth.shape[:2], 1))[..., 0]
                parts[f"hint/{first_of(feature.name)}"] = _mean(chosen, live[: len(truth)], counted)
                losses = permutation_losses(raw, cyclic.view_as(truth))
                valid = torch.ones_like(truth, dtype=torch.bool)
            else:
                losses, valid = _elements(feature, truth, raw, on)
            if isinstance(batch, SparseTensorBatch):
                valid = valid & batch.graph.per_element(live[: len(truth)], losses.shape[-1])
            else:
                valid = valid & live[: len(truth)].reshape(*truth.shape[:2], *[1] * (losses.ndim - 2))
            parts[f"hint/{feature.name}"] = _mean(losses, valid, counted)
    weight = {"output": output_weight, "hint": hint_weight}
    total = torch.stack([weight[name.split("/")[0]] * part for name, part in parts.items()]).sum()
    if predictions.halting is not None:
        last = batch.last_steps()
        step = torch.arange(len(predictions.halting), device=last.device)[:, None]
        losses = F.binary_cross_entropy_with_logits(
            predictions.halting, (step == last).to(predictions.halting.dtype), reduction="none"
        )
        parts["halting"] = _mean(losses, step <= last, counted)
        total = total + parts["halting"]
    if predictions.penalties is not None:
        made = torch.arange(len(predictions.penalties), device=total.device)[:, None] < predictions.steps
        parts["penalty"] = (torch.where(made, predictions.penalties, 0.0).sum(dim=0) / made.sum(dim=0)).mean()
        total = total + parts["penalty"]
    return total, parts


def permutation_losses(raw: Float[Tensor, "... N N"], cyclic: Int[Tensor, "... N"]) -> Float[Tensor, "... N"]:
    """Return minus the logarithm that a doubly stochastic matrix gives each node's predecessor in the cycle."""
    return -raw.gather(-1, cyclic[..., None])[..., 0]


def _elements(feature: Feature, truth: Tensor, raw: Tensor, on: SparseGraph | None) -> tuple[Tensor, Bool[Tensor, ...]]:
    """Return the loss of every element and whether it counts; `on` are the graphs of the sparse layout."""
    if on is not None and feature.type is Type.POINTER and feature.location is Location.NODE:
        losses = -log_softmax_over_incoming(on, raw).gather(-1, truth)
        return losses, torch.ones_like(truth, dtype=torch.bool)
    if feature.type is Type.SCALAR:
        return (raw - truth) ** 2, torch.ones_like(truth, dtype=torch.bool)
    if feature.type is Type.MASK:
        return F.binary_cross_entropy_with_logits(raw, truth.clamp(min=0), reduction="none"), truth != MASKED
    # mask_one, categorical and pointer: one class of the last axis is right, or none where it is masked.
    losses = -raw.log_softmax(dim=-1).gather(-1, truth.clamp(min=0)[..., None])[..., 0]
    return losses, truth != MASKED


def log_softmax_over_incoming(on: SparseGraph, logits: Float[Tensor, "*S E"]) -> Float[Tensor, "*S E"]:
    """Return the logarithms of the softmax of each edge's logit among the edges into the same node, of each step."""
    by_edge = logits.reshape(-1, on.E).T.contiguous()
    # Less the greatest, which changes nothing, so that no power overflows.
    by_edge = by_edge - max_into_nodes(on, by_edge.detach()).index_select(0, on.target)
    sums = sum_into_nodes(on, by_edge.exp()).log()
    return (by_edge - sums.index_select(0, on.target)).T.reshape(logits.shape)


def _mean(losses: Tensor, valid: Tensor, counted: Callable[[Tensor], Tensor]) -> Tensor:
    number = counted(valid.sum())
    return torch.where(valid, losses, 0.0).sum() / torch.where(number > 0, number, 1)
