"""The training loop: one batch per step and algorithm, Adam updates, checkpoints in between.

Source of the supervised part: Ibarz et al. 2022; of several algorithms together, the same and the reference's
code: they share the processor, each has its own encoders and decoders. Ideas that are contrasted across algorithms
are this project's, see `nar_bench.training.joint`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nar_bench.data.generate import ShiftValue
from nar_bench.data.random import Stream, derive_seed
from nar_bench.data_sets.source import Reading
from nar_bench.errors import TrainingError
from nar_bench.model.net import Net
from nar_bench.plugin.contracts import Algorithm, Level, SimilarInput
from nar_bench.training.adam import SharedCountAdam
from nar_bench.training.checkpoint import Checkpoint, Curves, load_checkpoint
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig
from nar_bench.training.contrastive import Pairs
from nar_bench.training.data import TrainingData
from nar_bench.training.joint import JointObjective
from nar_bench.training.objective import Measured, Objective
from nar_bench.training.pairs import Inputs, dissimilar_pairs, similar_pairs
from nar_bench.training.progress import Progress
from nar_bench.training.recording import CudaGraphs, RecordedSteps
from nar_bench.training.sharing import Member
from nar_bench.training.similar import similar_to, with_similar
from nar_bench.training.two_sizes import TwoSizes
from nar_bench.training.validation import validation_score


@dataclass(frozen=True)
class Task:
    """One algorithm to learn.

    Args:
        net: what learns, on the device where it is; changed in place. Nets of several tasks hold one processor, the
            same object.
        config: of all tasks of a run but for `OWN_OPTIONS` the same.
        shift: shift axes of the training distribution.
        similar: makes an input similar to each of a batch, which are trained on too; None for none.
        fixed_seed: see `TrainingData`.
        reading: reads training and validation samples of a data set; None to draw them.
    """

    algorithm: Algorithm
    net: Net
    config: TrainConfig
    shift: Mapping[str, ShiftValue] = field(default_factory=dict)
    similar: SimilarInput | None = None
    fixed_seed: int | None = None
    reading: Reading | None = None


@dataclass(frozen=True)
class TrainJob:
    """One training run.

    Args:
        tasks: algorithms with unlike names, in the order of their updates; at least one.
        seed: of data and noise, in [0, 2^63).
        trial: identity, written into the checkpoint.
        checkpoint: where to keep it; None for none.
        phi: similarity of two ideas or trajectories, for the regime `memory`; where it is a torch module its
            parameters are trained too, and shared like the processor's. None where no ideas are contrasted.
        level: what phi scores.
        contrast: which inputs are similar and which are not, where ideas are contrasted.
    """

    tasks: Sequence[Task]
    seed: int
    trial: str = ""
    checkpoint: Path | None = None
    phi: Callable[..., Tensor] | None = None
    level: Level = Level.STEP
    contrast: ContrastConfig = field(default_factory=ContrastConfig)

    @property
    def config(self) -> TrainConfig:
        """The options that are common to all tasks."""
        return self.tasks[0].config

    @property
    def contrasts(self) -> bool:
        """Whether there is a contrastive loss; at a weight of 0 nothing is paid for it."""
        return self.phi is not None and self.config.contrastive_weight > 0


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves behind, besides the trained nets."""

    steps: int
    examples: int
    """Samples seen over the whole run, similar inputs not counted."""
    losses: Curves
    """algorithm -> (step, loss) at about a hundred steps, the last included."""
    validation: Curves
    """algorithm -> (step, score) at every validation; empty where the last weights are kept."""
    selected: int
    """The step whose weights the nets have now."""
    seconds: float
    """Spent by this process."""
    resumed_from: int
    """Steps that a checkpoint had already made; 0 for none."""


class _Best(NamedTuple):
    """The weights with the greatest sum of validation scores so far."""

    step: int
    total: float
    learned: dict[str, Tensor]


def _ignore(progress: Progress) -> None:
    return None


def train(job: TrainJob, on_step: Callable[[Progress], None] = _ignore, member: Member | None = None) -> TrainResult:
    """Train the nets of `job`, from its checkpoint where there is one.

    Args:
        on_step: called after every step.
        member: which of several processes this is that train the job together, one for which `unshared_reason` is "";
            all of them call this. Those after the first write and validate nothing.

    Raises:
        TrainingError: a loss is not finite; the last checkpoint is kept. Or nodes are to be contrasted with those of
            similar inputs, and a task makes none.
        CheckpointError: the checkpoint is damaged or of another trial.
        StoreError: a checkpoint cannot be written.
    """
    config, names = job.config, [task.algorithm.name for task in job.tasks]
    is_first = member is None or member.is_first
    learned = nn.ModuleDict({"nets": nn.ModuleList(task.net for task in job.tasks)})
    if isinstance(job.phi, nn.Module):
        learned["phi"] = job.phi
    optimizer = SharedCountAdam(learned.parameters(), config.learning_rate)
    noise = torch.Generator().manual_seed(derive_seed(job.seed, "noise"))
    learners = _learners(job, member)
    objectives = [one.objective for one in learners]
    joint = JointObjective(objectives, config) if job.contrasts and job.contrast.across else None
    held_out = [one.data.validation() for one in learners] if config.select == "best" and is_first else []
    losses: Curves = {name: [] for name in names}
    validation: Curves = {name: [] for name in names} if held_out else {}
    best: _Best | None = None
    done = 0
    found = load_checkpoint(job.checkpoint, job.trial) if job.checkpoint else None
    if found:
        learned.load_state_dict(found.states["learned"])
        optimizer.load_state_dict(found.states["optimizer"])
        noise.set_state(found.states["noise"])
        best = _Best(*found.states["best"]) if found.states["best"] else None
        losses, validation, done = found.losses, found.validation, found.step
    resumed_from, start = done, time.perf_counter()
    log_every = max(1, config.steps // 100)
    learned.train()
    for step in range(done, config.steps):
        at = dict(zip(names, _step(job, learners, joint, optimizer, step, noise), strict=True))
        done = step + 1
        if done % log_every == 0 or done == config.steps:
            for name, loss in at.items():
                losses[name].append((done, loss.value))
        if held_out and (done % config.validate_every == 0 or done == config.steps):
            scores = [
                validation_score(t.net, batch, config.batch) for t, batch in zip(job.tasks, held_out, strict=True)
            ]
            for name, score in zip(names, scores, strict=True):
                validation[name].append((done, score))
            if best is None or sum(scores) > best.total:
                best = _Best(done, sum(scores), {k: v.clone() for k, v in learned.state_dict().items()})
        if job.checkpoint and is_first and done % config.checkpoint_every == 0 and done < config.steps:
            states: dict[str, Any] = {
                "learned": learned.state_dict(),
                "optimizer": optimizer.state_dict(),
                "noise": noise.get_state(),
                "best": list(best) if best else [],
            }
            Checkpoint(job.trial, done, losses, validation, states).save(job.checkpoint)
        rate = (done - resumed_from) * config.batch * len(names) / (time.perf_counter() - start)
        values = {name: loss.value for name, loss in at.items()}
        parts = {name: loss.parts for name, loss in at.items()}
        on_step(Progress(done, config.steps, values, parts, rate))
    if best:
        learned.load_state_dict(best.learned)
    return TrainResult(
        steps=config.steps,
        examples=config.steps * config.batch * len(names),
        losses=losses,
        validation=validation,
        selected=best.step if best else config.steps,
        seconds=time.perf_counter() - start,
        resumed_from=resumed_from,
    )


class _Loss(NamedTuple):
    """The loss of one batch."""

    value: float
    parts: dict[str, float]


class _Learner(NamedTuple):
    """A task with what it takes to work on it."""

    task: Task
    data: TrainingData
    objective: Objective
    measure: RecordedSteps | Objective
    two_sizes: TwoSizes
    """Measures inputs and similar inputs that have another number of nodes."""


def _learners(job: TrainJob, member: Member | None) -> list[_Learner]:
    made = []
    hardest = job.contrast.negative_count if job.contrast.negatives == "similar_ideas" else 0
    for task in job.tasks:
        if task.net.regime.contrast_nodes and task.similar is None:
            raise TrainingError(
                f"algorithm '{task.algorithm.name}': the regime {task.net.regime.name} contrasts the nodes of an input "
                "with those of a similar one, and nothing makes any; give the task a similar input."
            )
        device = task.net.device
        objective = Objective(task.net, task.config, job.phi if job.contrasts else None, job.level, hardest, member)
        records = task.config.accelerate and device.type == "cuda"
        measure = RecordedSteps(objective, CudaGraphs(device)) if records else objective
        rows = None if member is None else member.rows(task.config.batch)
        data = TrainingData(task.algorithm, task.config, job.seed, task.shift, task.fixed_seed, task.reading, rows)
        made.append(_Learner(task, data, objective, measure, TwoSizes(objective, task.config)))
    return made


def _step(
    job: TrainJob,
    learners: Sequence[_Learner],
    joint: JointObjective | None,
    optimizer: SharedCountAdam,
    step: int,
    noise: torch.Generator,
) -> list[_Loss]:
    """Make the updates of one step and return each algorithm's loss, which was measured before its own update.

    An update for one algorithm leaves values and moments of the others' encoders and decoders alone, and counts for
    all (see `SharedCountAdam`). In an update for all of them a parameter gets the mean over those that use it.
    """
    made = []
    for group in [learners] if job.config.update == "average" else [[learner] for learner in learners]:
        found: dict[nn.Parameter, list[Tensor]] = {}
        for learner, measured in _measured(job, group, joint, step, noise):
            name = learner.task.algorithm.name
            # All numbers at once, because each time that one is asked for is a wait for the device.
            value, *values = torch.stack([measured.loss, *measured.parts.values()]).tolist()
            parts: dict[str, float] = dict(zip(measured.parts, values, strict=True))
            if not math.isfinite(value):
                raise TrainingError(
                    f"algorithm '{name}': the loss is {value} at step {step + 1} of {job.config.steps}. "
                    "The parts: " + ", ".join(f"{part} {one:.4g}" for part, one in parts.items()) + ". "
                    "A lower learning_rate, clip_norm or weight of a contrastive loss may help."
                )
            for parameter, gradient in zip(learner.objective.parameters, measured.gradients, strict=True):
                found.setdefault(parameter, []).extend([] if gradient is None else [gradient])
            made.append(_Loss(value, parts))
        optimizer.zero_grad()
        for parameter, gradients in found.items():
            # A parameter of these algorithms that no batch reached has a gradient of zero, so that its moments decay,
            # as in the reference.
            parameter.grad = _mean(gradients) if gradients else torch.zeros_like(parameter)
        if job.config.clip_norm:
            nn.utils.clip_grad_norm_(list(found), job.config.clip_norm)
        optimizer.step()
    return made


def _mean(gradients: list[Tensor]) -> Tensor:
    """Return the mean as a tensor of its own: autograd gives one tensor as the gradient of two parameters."""
    return gradients[0].clone() if len(gradients) == 1 else torch.stack(gradients).mean(dim=0)


def _measured(
    job: TrainJob, learners: Sequence[_Learner], joint: JointObjective | None, step: int, noise: torch.Generator
) -> Iterator[tuple[_Learner, Measured]]:
    """Yield the loss of every algorithm; by `joint`, where there is one, it is measured at once."""
    if joint is None:
        for learner in learners:
            inputs, device = _inputs(job, learner, step), learner.task.net.device
            pairs = _pairs(job, inputs, step, device) if job.contrasts else None
            batch, *others = (learner.task.net.tensors(part.batch) for part in inputs)
            if others:
                yield learner, learner.two_sizes([batch, *others], noise, pairs)
            else:
                yield learner, learner.measure(batch, noise, pairs)
        return
    # One part each: similar inputs on other numbers of nodes are in no plan here, and would not fit below.
    parts = [part for learner in learners for part in _inputs(job, learner, step)]
    device = learners[0].task.net.device
    batches = [learner.task.net.tensors(part.batch) for learner, part in zip(learners, parts, strict=True)]
    yield from zip(learners, joint(batches, noise, _pairs(job, parts, step, device)), strict=True)


def _inputs(job: TrainJob, learner: _Learner, step: int) -> list[Inputs]:
    """Return the inputs of a step; where similar inputs have another number of nodes, these as a second part."""
    task, batch, name = learner.task, learner.data.batch(step), learner.task.algorithm.name
    if task.similar is None:
        return [Inputs(name, batch, paired=False)]
    seed, first = derive_seed(job.seed, "similar", name), step * task.config.batch
    if task.similar.nodes is not None:
        others = similar_to(task.algorithm, batch, task.similar, seed, first)
        return [Inputs(name, batch, paired=False), Inputs(name, others, paired=False, twin=True)]
    # Originals and their similar inputs are one batch, so that the pairs cost one more forward pass of B samples.
    # The output loss is on both: the similar inputs' answers are known too.
    return [Inputs(name, with_similar(task.algorithm, batch, task.similar, seed, first), paired=True)]


def _pairs(job: TrainJob, parts: Sequence[Inputs], step: int, device: torch.device) -> Pairs:
    similar = similar_pairs(parts, job.contrast)
    seed = derive_seed(job.seed, "negatives", *(part.algorithm for part in parts))
    dissimilar = dissimilar_pairs(parts, similar, job.contrast, Stream(seed, step))
    return Pairs(*(torch.from_numpy(matrix).to(device) for matrix in (similar, dissimilar)))
