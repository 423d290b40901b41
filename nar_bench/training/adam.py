"""Adam for networks that take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn


class SharedCountAdam(torch.optim.Adam):
    """Adam whose step count advances for every parameter at every step, also for those without a gradient.

    Values and moments of a parameter without a gradient stay as they are. Where all parameters always have one, this
    is Adam.

    Source: the reference's training of several algorithms (optax: one count in the state, moments by parameter), so
    the bias correction of an encoder that is trained at every k-th update is that of a k times larger count.

    Args:
        parameters: what is trained.
        lr: learning rate, above 0.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float) -> None:
        parameters = list(parameters)
        # In one pass over all numbers on a CPU, a quarter of the time; on a GPU it would want counts there.
        on_cpu = all(parameter.device.type == "cpu" for parameter in parameters)
        super().__init__(parameters, lr=lr, fused=on_cpu or None)
        # torch makes the state of a parameter at its first gradient, with a count from 0; here it has to be there.
        for parameter in self._parameters():
            self.state[parameter] = {
                # Where Adam reads it without waiting for a GPU.
                "step": torch.tensor(0.0, device="cpu"),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient and advance every count."""
        result = super().step(closure)
        for parameter in self._parameters():
            if parameter.grad is None:
                self.state[parameter]["step"] += 1
        return result

    def _parameters(self) -> Iterable[nn.Parameter]:
        return (parameter for group in self.param_groups for parameter in group["params"])
