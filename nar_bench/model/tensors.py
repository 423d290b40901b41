"""A batch of trajectories as torch tensors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from nar_bench.spec import MASKED, AlgorithmSpec, Feature, Type
from nar_bench.trajectory import Array, Batch

WHOLE = (Type.CATEGORICAL, Type.MASK_ONE, Type.POINTER, Type.PERMUTATION_POINTER)
"""Types whose values are whole numbers, int64."""


class Runs:
    """How long the runs of a batch are."""

    lengths: Int[Tensor, " B"]
    """Numbers of hints."""

    @cached_property
    def steps(self) -> int:
        """S = max(1, T - 1), the number of processor steps: step i predicts hint i + 1.

        Asking a GPU for it is waiting for the GPU, so it is asked once.
        """
        return max(1, int(self.lengths.max()) - 1)

    def last_steps(self) -> Int[Tensor, " B"]:
        """[B] index of the last step of each sample, in [0, S)."""
        return (self.lengths - 2).clamp(min=0)

    def live(self) -> Bool[Tensor, "S B"]:
        """[S, B] whether hint i + 1, which step i predicts, exists."""
        return torch.arange(self.steps, device=self.lengths.device)[:, None] + 1 < self.lengths


@dataclass(frozen=True)
class TensorBatch(Runs):
    """B trajectories, compact: scalars and masks float32; classes and node indices int64.

    Attributes:
        nodes: N.
        inputs, outputs: name -> [B, *compact_shape].
        hints: name -> [T, B, *compact_shape], zero beyond each run's own length.
    """

    spec: AlgorithmSpec
    nodes: int
    inputs: dict[str, Tensor]
    hints: dict[str, Tensor]
    outputs: dict[str, Tensor]
    lengths: Int[Tensor, " B"]


def to_tensors(batch: Batch, device: str | torch.device = "cpu") -> TensorBatch:
    """Copy a compact batch to `device`."""

    def tensor(feature: Feature, values: Array) -> Tensor:
        whole = feature.type in WHOLE
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.int64 if whole else np.float32)).to(device)

    spec = batch.spec
    return TensorBatch(
        spec=spec,
        nodes=batch.nodes,
        inputs={f.name: tensor(f, batch.inputs[f.name]) for f in spec.inputs},
        hints={f.name: tensor(f, batch.padded(f.name)) for f in spec.hints if f.name in batch.hints},
        outputs={f.name: tensor(f, batch.outputs[f.name]) for f in spec.outputs},
        lengths=torch.from_numpy(batch.lengths).to(device),
    )


def expand(feature: Feature, values: Tensor, nodes: int) -> Float[Tensor, ...]:
    """Return the dense float form that encoders read: one-hot over nodes or classes."""
    if feature.type in (Type.MASK_ONE, Type.POINTER):
        return F.one_hot(values, nodes).to(torch.get_default_dtype())
    if feature.type is Type.CATEGORICAL:
        # The reference writes a masked class as minus one-hot of the last class.
        masked = (values == MASKED)[..., None]
        one_hot = F.one_hot(values % feature.classes, feature.classes).to(torch.get_default_dtype())
        return torch.where(masked, -one_hot, one_hot)
    return values


def first_of(name: str) -> str:
    """Return the name under which the first node of a permutation stands beside it, as in the reference."""
    return f"{name}_mask"


def dense_columns(feature: Feature, values: Tensor, nodes: int) -> dict[str, Float[Tensor, ...]]:
    """Return what encoders read of one feature, by name: `expand`ed; of a permutation its cycle and its first node."""
    if feature.type is not Type.PERMUTATION_POINTER:
        return {feature.name: expand(feature, values, nodes)}
    cyclic, first = cyclic_permutation(values)
    dtype = torch.get_default_dtype()
    return {
        feature.name: F.one_hot(cyclic, nodes).to(dtype),
        first_of(feature.name): F.one_hot(first, nodes).to(dtype),
    }


def cyclic_permutation(pred: Int[Tensor, "B N"]) -> tuple[Int[Tensor, "B N"], Int[Tensor, " B"]]:
    """Close an order of all nodes into a cycle, as the reference trains it.

    Args:
        pred: predecessor of each node; the first points at itself.

    Returns:
        the predecessors with the first pointing at the last, and the index of the first.
    """
    nodes = torch.arange(pred.shape[1], device=pred.device)
    first = (pred == nodes).int().argmax(dim=1)
    # The last node is nobody's predecessor; the first one's pointer at itself must not hide that it is also the last.
    used = F.one_hot(pred, pred.shape[1]).sum(dim=1)
    used = used.scatter_add(1, first[:, None], -torch.ones_like(first[:, None]))
    last = (used == 0).int().argmax(dim=1)
    return pred.scatter(1, first[:, None], last[:, None]), first
