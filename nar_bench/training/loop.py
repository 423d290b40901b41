"""The training loop: online samples, one optimiser step each, checkpoints in between.

Source of the supervised part: Ibarz et al. 2022, section 4. The batch of step t is drawn from samples t B to
(t + 1) B - 1 of a counter-based stream, so that data need no
state and a resumed run sees what an uninterrupted one would.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nar_bench.data.generate import ShiftValue, generate
from nar_bench.data.random import derive_seed
from nar_bench.errors import TrainingError
from nar_bench.model.net import Net
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Algorithm, SimilarInput
from nar_bench.training.checkpoint import Checkpoint, load_checkpoint
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrastive import contrastive_trajectory_loss
from nar_bench.training.losses import supervised_loss
from nar_bench.training.similar import with_similar
from nar_bench.trajectory import Batch


@dataclass(frozen=True)
class Contrast:
    """What the regime `memory` adds.

    Args:
        phi: similarity of two ideas; where it is a torch module its parameters are trained too.
        similar: makes the positives.
    """

    phi: Callable[[Tensor, Tensor], Tensor]
    similar: SimilarInput


@dataclass(frozen=True)
class TrainJob:
    """One training run.

    Args:
        algorithm: what is learned.
        net: what learns; changed in place.
        seed: of data and noise, in [0, 2^63).
        shift: shift axes of the training distribution.
        trial: identity, written into the checkpoint.
        checkpoint: where to keep it; None for none.
        contrast: for the regime `memory`, else None.
    """

    algorithm: Algorithm
    net: Net
    config: TrainConfig
    seed: int
    shift: Mapping[str, ShiftValue] = field(default_factory=dict)
    trial: str = ""
    checkpoint: Path | None = None
    contrast: Contrast | None = None


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a step."""

    step: int
    """Steps made, in [1, steps]."""
    steps: int
    loss: float
    parts: Mapping[str, float]
    """The loss by feature; "contrastive" is before its weight."""
    examples_per_second: float
    """Of this process."""


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves behind, besides the trained net."""

    steps: int
    examples: int
    """Samples seen over the whole run, similar inputs not counted."""
    losses: list[tuple[int, float]]
    """(step, loss) at about a hundred steps, the last included."""
    seconds: float
    """Spent by this process."""
    resumed_from: int
    """Steps that a checkpoint had already made; 0 for none."""


def _ignore(progress: Progress) -> None:
    return None


def train(job: TrainJob, on_step: Callable[[Progress], None] = _ignore) -> TrainResult:
    """Train `job.net`, from its checkpoint where there is one.

    Args:
        on_step: called after every step.

    Raises:
        TrainingError: the loss is not finite; the last checkpoint is kept.
        CheckpointError: the checkpoint is damaged or of another trial.
        StoreError: a checkpoint cannot be written.
    """
    config = job.config
    learned = nn.ModuleDict({"net": job.net})
    if job.contrast is not None and isinstance(job.contrast.phi, nn.Module):
        learned["phi"] = job.contrast.phi
    optimizer = torch.optim.Adam(learned.parameters(), lr=config.learning_rate)
    noise = torch.Generator().manual_seed(derive_seed(job.seed, "noise"))
    losses: list[tuple[int, float]] = []
    done = 0
    found = load_checkpoint(job.checkpoint, job.trial) if job.checkpoint else None
    if found:
        learned.load_state_dict(found.states["learned"])
        optimizer.load_state_dict(found.states["optimizer"])
        noise.set_state(found.states["noise"])
        losses, done = found.losses, found.step
    resumed_from, start = done, time.perf_counter()
    log_every = max(1, config.steps // 100)
    job.net.train()
    for step in range(done, config.steps):
        loss, parts = _loss(job, step, noise)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"algorithm '{job.algorithm.name}': the loss is {value} at step {step + 1} of {config.steps}. "
                "The parts: " + ", ".join(f"{name} {part.item():.4g}" for name, part in parts.items()) + ". "
                "A lower learning_rate, clip_norm or contrastive_weight may help."
            )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learned.parameters(), config.clip_norm)
        optimizer.step()
        done = step + 1
        if done % log_every == 0 or done == config.steps:
            losses.append((done, value))
        if job.checkpoint and done % config.checkpoint_every == 0 and done < config.steps:
            states: dict[str, Any] = {
                "learned": learned.state_dict(),
                "optimizer": optimizer.state_dict(),
                "noise": noise.get_state(),
            }
            Checkpoint(job.trial, done, losses, states).save(job.checkpoint)
        rate = (done - resumed_from) * config.batch / (time.perf_counter() - start)
        on_step(Progress(done, config.steps, value, {name: part.item() for name, part in parts.items()}, rate))
    return TrainResult(
        steps=config.steps,
        examples=config.steps * config.batch,
        losses=losses,
        seconds=time.perf_counter() - start,
        resumed_from=resumed_from,
    )


def training_batch(job: TrainJob, step: int) -> Batch:
    """Return the samples of step `step` (from 0)."""
    config = job.config
    batch: Batch = generate(
        job.algorithm,
        config.sizes[step % len(config.sizes)],
        config.batch,
        derive_seed(job.seed, "train", job.algorithm.name),
        first=step * config.batch,
        **job.shift,
    )
    return batch


def _loss(job: TrainJob, step: int, noise: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
    config, batch = job.config, training_batch(job, step)
    regime = job.net.regime
    weights = {"output_weight": regime.output_weight, "hint_weight": regime.hint_weight}
    if job.contrast is None:
        tensors = to_tensors(batch)
        return supervised_loss(job.net(tensors, noise), tensors, **weights)
    # Originals and their similar inputs are one batch, so that the pairs cost one more forward pass of B samples. The
    # output loss is on both: the similar inputs' answers are known too.
    pairs = with_similar(
        job.algorithm,
        batch,
        job.contrast.similar,
        derive_seed(job.seed, "similar", job.algorithm.name),
        step * config.batch,
    )
    tensors = to_tensors(pairs)
    predictions = job.net(tensors, noise)
    loss, parts = supervised_loss(predictions, tensors, **weights)
    assert predictions.ideas is not None  # a trial with a processor that writes none is never planned
    contrastive = contrastive_trajectory_loss(
        predictions.ideas,
        tensors.last_steps() + 1,
        torch.arange(len(batch)).repeat(2),
        job.contrast.phi,
        temperature=config.temperature,
        reduction=config.reduction,
    )
    return loss + config.contrastive_weight * contrastive, {**parts, "contrastive": contrastive}
