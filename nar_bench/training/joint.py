"""Several algorithms in one objective: each has its own forward pass, and all their ideas one contrastive loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from nar_bench.model.noise import KeptDraws
from nar_bench.model.sparse_tensors import EitherBatch
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrastive import Pairs
from nar_bench.training.objective import Measured, Objective
from nar_bench.training.two_sizes import end_to_end


class JointObjective:
    """Measures one batch of each of A algorithms together.

        L = sum_a supervised_a + weight A contrastive

    with one contrastive loss of the ideas of all inputs of all algorithms, one batch after another. Where it is a mean
    over pairs it counts A times, so that pairs within algorithms alone would pull as hard as in A losses of their own;
    as a sum over pairs it does so already and counts once. Numbers of steps differ between algorithms: s(X, Y) is over
    the steps that both runs have, so of a long run and a short one only the beginning of the long one is compared.

    Kernels are not recorded here (see `nar_bench.training.recording`), because shapes of several batches seldom
    meet twice.

    Args:
        objectives: one for each algorithm, with one phi.
    """

    def __init__(self, objectives: Sequence[Objective], config: TrainConfig) -> None:
        self._objectives, self._config = objectives, config
        self._users: dict[nn.Parameter, int] = {}
        for objective in objectives:
            for parameter in objective.parameters:
                self._users[parameter] = self._users.get(parameter, 0) + 1

    def __call__(self, batches: Sequence[EitherBatch], noise: Generator | KeptDraws, pairs: Pairs) -> list[Measured]:
        """Return for each algorithm its supervised loss plus the weighted contrastive one, and its gradients.

        The gradient of a parameter that n algorithms have is 1 / n of L's in each of their results, so that their mean,
        which an update takes, is 1 / n of it too, as of n losses of their own.
        """
        made = [one.supervise(batch, noise) for one, batch in zip(self._objectives, batches, strict=True)]
        contrastive = self._objectives[0].contrast(*end_to_end([predictions for predictions, _, _ in made]), pairs)
        weighted = self._config.contrastive_weight * contrastive
        times = len(made) if self._config.reduction == "mean" else 1
        total = torch.stack([loss for _, loss, _ in made]).sum() + times * weighted
        found = torch.autograd.grad(total, list(self._users), allow_unused=True)
        gradients: dict[nn.Parameter, Tensor | None] = {
            parameter: None if one is None else one / users
            for (parameter, users), one in zip(self._users.items(), found, strict=True)
        }
        return [
            Measured(
                (loss + weighted).detach(),
                {name: part.detach() for name, part in {**parts, "contrastive": contrastive}.items()},
                tuple(gradients[parameter] for parameter in objective.parameters),
            )
            for objective, (_, loss, parts) in zip(self._objectives, made, strict=True)
        ]
