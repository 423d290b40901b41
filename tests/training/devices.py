"""Tasks and checks that the tests of devices share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from training.groups import pairs_of_groups

import nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.tensors import TensorBatch, to_tensors
from nar_bench.plugin.contracts import Kind, Level, Processor
from nar_bench.plugin.registry import registry
from nar_bench.training.config import TrainConfig
from nar_bench.training.objective import Measured, Objective

# DGL's own kernels have neither the device meta nor bfloat16, and its wheel is for CPUs.
PROCESSORS = [
    entry.name
    for entry in registry().entries(Kind.PROCESSOR)
    if entry.source.is_own and not entry.name.startswith("dgl_")
]
WITH_IDEAS = [name for name in PROCESSORS if registry().load(Kind.PROCESSOR, name).writes_ideas]
ALGORITHMS = ("bfs", "insertion_sort")
HIDDEN = 8


def net_of(processor: str, algorithm: str, regime: Regime = REGIMES["hints"], **options: Any) -> Net:
    """A net on the CPU, the same each time."""
    found: Processor = registry().load(Kind.PROCESSOR, processor)
    torch.manual_seed(0)
    width = options.setdefault("hidden", HIDDEN)
    return Net(
        nar_bench.algorithm(algorithm).spec,
        found.build(found.config(), width),
        regime,
        NetConfig(**options),
        torch.Generator().manual_seed(0),
        writes_edges=found.writes_edges,
        masks_decoders=found.masks_decoders,
    )


def batch_of(algorithm: str, device: str = "cpu", size: int = 4, count: int = 2, seed: int = 0) -> TensorBatch:
    made = to_tensors(nar_bench.generate(algorithm, size, count, seed))
    steps = made.steps
    moved = to_tensors(nar_bench.generate(algorithm, size, count, seed), device)
    # A batch knows its number of steps from when its lengths were still on the CPU.
    moved.__dict__["steps"] = steps
    return moved


def measure(
    net: Net, batch: TensorBatch, phi: Any = None, seed: int = 0, level: Level = Level.STEP, **options: Any
) -> Measured:
    groups = torch.arange(len(batch.lengths) // 2, device=batch.lengths.device).repeat(2)
    pairs = None if phi is None else pairs_of_groups(groups)
    return Objective(net, TrainConfig(**options), phi, level)(batch, torch.Generator().manual_seed(seed), pairs)


class _Watch(TorchDispatchMode):
    """Keeps the name of every operator that a tensor of another device goes into or comes out of."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self._device = device
        self.strays: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs, out)) if isinstance(leaf, torch.Tensor)]
        self.strays += [str(func) for tensor in tensors if tensor.device.type != self._device]
        return out


@contextmanager
def everything_on(device: str, allowed: tuple[str, ...] = ()) -> Iterator[None]:
    """Fail where an operator meets a tensor of another device, but for those allowed."""
    with _Watch(device) as watch:
        yield
    strays = set(watch.strays) - set(allowed)
    assert not strays, f"on another device than {device}: {strays}"
