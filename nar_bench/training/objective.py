"""What a network is trained on: the loss of a batch, and its gradients."""

from __future__ import annotations

import contextlib
from typing import NamedTuple, Protocol

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

from nar_bench.model.net import Net
from nar_bench.model.noise import KeptDraws
from nar_bench.model.predictions import Predictions
from nar_bench.model.sparse_tensors import EitherBatch
from nar_bench.plugin.contracts import Level
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrastive import Pairs, Similarity, contrastive_trajectory_loss
from nar_bench.training.losses import supervised_loss
from nar_bench.training.node_contrast import node_contrastive_loss
from nar_bench.training.sharing import Averaged, Member


class Measured(NamedTuple):
    """The loss of one batch; nothing here has a history."""

    loss: Tensor
    parts: dict[str, Tensor]
    """The loss by feature, see `supervised_loss`; "contrastive" and "node_contrastive" are before their weights."""
    gradients: tuple[Tensor | None, ...]
    """Of `Objective.parameters`, in their order; None where the loss does not depend on one."""


class Measure(Protocol):
    """What measures batches."""

    def __call__(self, batch: EitherBatch, noise: Generator | KeptDraws, pairs: Pairs | None = None) -> Measured:
        """Return the loss and its gradients; where `pairs` [B, B] are given, ideas are contrasted."""
        ...


def _as_it_is(number: Tensor) -> Tensor:
    return number


class Objective:
    """Measures batches: forward, loss, backward. Nothing is changed, and nothing waits for the device.

    With `config.accelerate` the network runs under autocast in bfloat16. Parameters, predictions, losses and gradients
    of parameters are float32.

    Args:
        phi: similarity of two ideas or of two trajectories, where ideas are contrasted. None elsewhere.
        level: which of the two.
        hardest: where above 0, of the negatives of each input only so many are, those of greatest s.
        member: where this is one of several processes; batches are its parts of theirs, no ideas are contrasted, and
            losses and gradients are those of the whole.
    """

    def __init__(
        self,
        net: Net,
        config: TrainConfig,
        phi: Similarity | None = None,
        level: Level = Level.STEP,
        hardest: int = 0,
        member: Member | None = None,
    ) -> None:
        self._net, self._config, self._phi, self._level, self._hardest = net, config, phi, level, hardest
        self._member = member
        self._averaged = None if member is None else Averaged(net, member)
        learned = [*net.parameters(), *(phi.parameters() if isinstance(phi, nn.Module) else ())]
        self.parameters = tuple(parameter for parameter in learned if parameter.requires_grad)

    def __call__(self, batch: EitherBatch, noise: Generator | KeptDraws, pairs: Pairs | None = None) -> Measured:
        """Return the loss and its gradients; `pairs` [B, B] are contrasted."""
        predictions, loss, parts = self.supervise(batch, noise)
        if pairs is not None:
            assert predictions.ideas is not None  # a trial with a processor that writes none is never planned
            parts["contrastive"] = self.contrast(predictions.ideas, predictions.steps, pairs)
            loss = loss + self._config.contrastive_weight * parts["contrastive"]
        if self._averaged is not None and self._member is not None:
            gradients = self._averaged.gradients(loss, self.parameters)
            loss, *values = self._member.means([loss, *parts.values()])
            parts = dict(zip(parts, values, strict=True))
        else:
            gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        return Measured(loss.detach(), {name: part.detach() for name, part in parts.items()}, gradients)

    def supervise(
        self, batch: EitherBatch, noise: Generator | KeptDraws
    ) -> tuple[Predictions, Tensor, dict[str, Tensor]]:
        """Return the predictions, the loss but for what ideas add to it, and its parts, all with their history.

        Where nodes are contrasted, the second half of the batch is similar inputs of the first, in the same order.
        """
        device = batch.lengths.device.type
        with torch.autocast(device, torch.bfloat16) if self._config.accelerate else contextlib.nullcontext():
            predictions = self._net(batch, noise) if self._averaged is None else self._averaged(batch, noise)
        regime = self._net.regime
        loss, parts = supervised_loss(
            predictions,
            batch,
            output_weight=regime.output_weight,
            hint_weight=regime.hint_weight,
            counted=_as_it_is if self._member is None else self._member.share_of_all,
        )
        if predictions.nodes is not None and self._config.node_contrastive_weight > 0:
            parts["node_contrastive"] = node_contrastive_loss(
                predictions.nodes,
                predictions.steps,
                temperature=self._config.node_temperature,
                reduction=self._config.reduction,
            )
            loss = loss + self._config.node_contrastive_weight * parts["node_contrastive"]
        return predictions, loss, parts

    def contrast(self, ideas: Float[Tensor, "M S K"], steps: Int[Tensor, " M"], pairs: Pairs) -> Tensor:
        """Return the contrastive trajectory loss before its weight, with its history."""
        assert self._phi is not None
        return contrastive_trajectory_loss(
            ideas,
            steps,
            pairs.positive,
            pairs.negative,
            self._phi,
            level=self._level,
            step_weights=self._config.step_weights,
            temperature=self._config.temperature,
            reduction=self._config.reduction,
            hardest=self._hardest,
        )
