"""Inputs and similar inputs on another number of nodes in one objective."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

from nar_bench.model.noise import KeptDraws
from nar_bench.model.predictions import Predictions
from nar_bench.model.sparse_tensors import EitherBatch
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrastive import Pairs
from nar_bench.training.objective import Measured, Objective


class TwoSizes:
    """Measures two batches of one algorithm, of one number of samples, on different numbers of nodes.

    Ideas do not depend on the number of nodes, so the batches have a forward pass each and one contrastive loss. The
    loss is what `Objective` measures of one batch of both: the mean of the supervised losses, and the contrastive one.

    Kernels are not recorded here (see `nar_bench.training.recording`).
    """

    def __init__(self, objective: Objective, config: TrainConfig) -> None:
        self._objective, self._config = objective, config

    def __call__(
        self, batches: Sequence[EitherBatch], noise: Generator | KeptDraws, pairs: Pairs | None = None
    ) -> Measured:
        """Return the loss and its gradients; `pairs` are of the inputs of both batches, end to end."""
        made = [self._objective.supervise(batch, noise) for batch in batches]
        loss = torch.stack([one for _, one, _ in made]).mean()
        parts = {name: torch.stack([found[name] for _, _, found in made]).mean() for name in made[0][2]}
        if pairs is not None:
            parts["contrastive"] = self._objective.contrast(*end_to_end([one for one, _, _ in made]), pairs)
            loss = loss + self._config.contrastive_weight * parts["contrastive"]
        gradients = torch.autograd.grad(loss, self._objective.parameters, allow_unused=True)
        return Measured(loss.detach(), {name: part.detach() for name, part in parts.items()}, gradients)


def end_to_end(predictions: Sequence[Predictions]) -> tuple[Tensor, Tensor]:
    """Return the ideas [M, S, K] and steps [M] of several batches, with zeros beyond those that make fewer steps."""
    ideas = [one.ideas for one in predictions if one.ideas is not None]
    most = max(one.shape[1] for one in ideas)
    padded = [pad(one, (0, 0, 0, most - one.shape[1])) for one in ideas]
    return torch.cat(padded), torch.cat([one.steps for one in predictions])
