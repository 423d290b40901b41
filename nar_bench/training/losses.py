"""The supervised losses of CLRS-30 on outputs and hints.

Source: Velickovic et al. 2022, section 3.4, and the reference's code: every feature has weight 1. An output's loss is a
mean over the batch. A hint's loss is a mean over all valid (step, sample, element), so that long runs weigh more.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from nar_bench.model.net import Predictions
from nar_bench.model.tensors import TensorBatch, cyclic_permutation
from nar_bench.spec import MASKED, Feature, Type


def supervised_loss(predictions: Predictions, batch: TensorBatch) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """Return the sum of all losses, and each by name ("output/pi", "hint/pi_h", "penalty").

    Hints count where they were predicted, so the regime is in the predictions. A processor's own penalty has its weight
    in it; it is a mean over the steps of each run, then over the batch.
    """
    parts: dict[str, Tensor] = {}
    for feature in batch.spec.outputs:
        truth, raw = batch.outputs[feature.name], predictions.outputs[feature.name]
        if feature.type is Type.PERMUTATION_POINTER:
            cyclic, first = cyclic_permutation(truth)
            parts[f"output/{feature.name}"] = -raw.gather(-1, cyclic[..., None]).mean()
            parts[f"output/{feature.name}_mask"] = F.cross_entropy(predictions.outputs[f"{feature.name}_mask"], first)
        else:
            losses, valid = _elements(feature, truth, raw)
            parts[f"output/{feature.name}"] = _mean(losses, valid)
    if predictions.hints:
        live = batch.live()
        for feature in batch.spec.hints:
            # What is padded beyond the longest run has no prediction; a batch of runs of one hint has no truth.
            truth = batch.hints[feature.name][1 : 1 + batch.steps]
            raw = predictions.hints[feature.name][: len(truth)]
            losses, valid = _elements(feature, truth, raw)
            valid = valid & live[: len(truth)].reshape(*truth.shape[:2], *[1] * (losses.ndim - 2))
            parts[f"hint/{feature.name}"] = _mean(losses, valid)
    if predictions.penalties is not None:
        # A run of one hint makes a step too, which predicts no hint.
        steps = batch.last_steps() + 1
        made = torch.arange(len(predictions.penalties), device=steps.device)[:, None] < steps
        parts["penalty"] = (torch.where(made, predictions.penalties, 0.0).sum(dim=0) / steps).mean()
    return torch.stack(list(parts.values())).sum(), parts


def _elements(feature: Feature, truth: Tensor, raw: Tensor) -> tuple[Tensor, Bool[Tensor, ...]]:
    """Return the loss of every element and whether it counts."""
    if feature.type is Type.SCALAR:
        return (raw - truth) ** 2, torch.ones_like(truth, dtype=torch.bool)
    if feature.type is Type.MASK:
        return F.binary_cross_entropy_with_logits(raw, truth.clamp(min=0), reduction="none"), truth != MASKED
    # mask_one, categorical and pointer: one class of the last axis is right, or none where it is masked.
    losses = -raw.log_softmax(dim=-1).gather(-1, truth.clamp(min=0)[..., None])[..., 0]
    return losses, truth != MASKED


def _mean(losses: Tensor, valid: Tensor) -> Tensor:
    return torch.where(valid, losses, 0.0).sum() / valid.sum().clamp(min=1)
