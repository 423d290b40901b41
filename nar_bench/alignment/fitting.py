"""Training a network on M examples of a target, and the function that it is then."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from nar_bench.alignment.fit_config import FitConfig
from nar_bench.errors import Diverged
from nar_bench.plugin.learnability import Objects, Predictor, Values

_PAIRS_AT_ONCE = 65_536
"""Ordered pairs of objects that are predicted at once, so that memory does not grow with the number of tests."""


def fit_net(
    build: Callable[[], nn.Module], config: FitConfig, objects: Objects, values: Values, seed: int
) -> Predictor:
    """Build a network and train it by least squares.

    Args:
        build: makes a module of (nodes [B, n, d], pairs [B, n, n, e]) -> [B, m]; it draws its weights from torch's
            global generator, which is seeded for it and put back afterwards.
        objects, values: M examples; values are [M, m]. They are shifted and scaled by their mean and deviation.
        seed: of weights and batches.

    Raises:
        Diverged: a loss is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build()
    order = torch.Generator().manual_seed(seed)
    nodes, pairs = _tensors(objects)
    mean, deviation = float(values.mean()), float(values.std()) or 1.0
    wanted = torch.from_numpy((values - mean) / deviation).float()
    count, batch = len(objects), min(config.batch, len(objects))
    optimizer = torch.optim.Adam(net.parameters(), config.learning_rate, fused=True)
    for step in range(config.steps):
        optimizer.param_groups[0]["lr"] = 0.5 * config.learning_rate * (1 + math.cos(math.pi * step / config.steps))
        if batch == count:
            loss = torch.mean((net(nodes, pairs) - wanted) ** 2)
        else:
            some = torch.randint(count, (batch,), generator=order)
            loss = torch.mean((net(nodes[some], pairs[some]) - wanted[some]) ** 2)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        # Asking for a number costs time, and what is not finite once stays so.
        if step % 100 == 99 or step == config.steps - 1:
            _check(float(loss.detach()), step, config)

    def predict(asked: Objects) -> Values:
        at_once = max(1, _PAIRS_AT_ONCE // asked.nodes.shape[1] ** 2)
        answers = []
        with torch.no_grad():
            for start in range(0, len(asked), at_once):
                answers.append(net(*_tensors(asked.at(slice(start, start + at_once)))).double().numpy())
        return np.concatenate(answers) * deviation + mean

    return predict


def _check(loss: float, step: int, config: FitConfig) -> None:
    if not math.isfinite(loss):
        raise Diverged(f"the loss is {loss} by step {step + 1} of {config.steps}; a lower learning_rate may help.")


def _tensors(objects: Objects) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(objects.nodes).float(), torch.from_numpy(objects.pairs).float()
