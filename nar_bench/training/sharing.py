"""Several processes that share the training of one network, each with its part of every batch.

All hold the same weights and draw the same batches. Each measures its own rows; torch's DistributedDataParallel takes
the mean of the gradients, and every process makes the same update. A mean over elements, of which the parts of a batch
may have unlike numbers (valid hints, masked elements), is divided by the number that the whole batch has, so that the
mean over processes is the loss that one process would have, up to the order in which numbers are added.

Processes meet at a file and talk through gloo, on this machine alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

_PATIENCE = timedelta(hours=1)
"""How long a process waits for another, such as for the first one's validation; one that is gone is noticed at once."""


@dataclass(frozen=True)
class Member:
    """One of the processes; there is one `Member` in each, while they are `joined`.

    Attributes:
        rank: from 0; the first writes checkpoints, validates and tells of progress.
        count: of processes, at least 2.
    """

    rank: int
    count: int

    @property
    def is_first(self) -> bool:
        """Whether this is the process that others see."""
        return self.rank == 0

    def rows(self, batch: int) -> range:
        """Return the samples of a batch that are this process's; `count` divides their number."""
        part = batch // self.count
        return range(self.rank * part, (self.rank + 1) * part)

    def share_of_all(self, number: Tensor) -> Tensor:
        """Return what each process has on average of something that is counted, the same in all."""
        total = number.detach().clone()
        distributed.all_reduce(total)
        return total / self.count

    def means(self, numbers: Sequence[Tensor]) -> list[Tensor]:
        """Return the mean over processes of each number, the same in all."""
        return list(self.share_of_all(torch.stack([number.detach() for number in numbers])).unbind())

    def averaging(self, net: nn.Module) -> nn.Module:
        """Return the network with every backward pass through it averaging gradients; weights are the first's."""
        return DistributedDataParallel(net)


@contextlib.contextmanager
def joined(rank: int, count: int, meeting: Path) -> Iterator[Member]:
    """Be one of `count` processes until the block ends.

    Args:
        meeting: a file that is not there yet, the same for all of them.

    Raises:
        RuntimeError: another process is gone.
    """
    # Gloo would look for the address of this machine's name, which may lead nowhere.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=count, timeout=_PATIENCE
    )
    try:
        yield Member(rank, count)
    finally:
        distributed.destroy_process_group()


class Averaged:
    """Calls a network whose gradients are averaged over processes."""

    def __init__(self, net: nn.Module, member: Member) -> None:
        self._net, self._member = member.averaging(net), member

    def __call__(self, *arguments: Any) -> Any:
        """Run the network."""
        return self._net(*arguments)

    def gradients(self, loss: Tensor, parameters: Sequence[nn.Parameter]) -> tuple[Tensor | None, ...]:
        """Return the mean over processes of the gradients; zero where no process reached a parameter."""
        for parameter in parameters:
            parameter.grad = None
        # Torch waits for a gradient of every parameter, also of one that the runs of this process are too short for.
        nothing = torch.stack([0 * parameter.sum() for parameter in parameters]).sum()
        (loss + nothing).backward()  # type: ignore[no-untyped-call]
        return tuple(parameter.grad for parameter in parameters)
