"""Edge vectors that are kept as what they are made of.

Edge encoders are linear, so the vectors e = W v + b of all N x N edges have the rank of their few features v. Whoever
reads them through a linear map M can use M e = (M W) v + M b, which needs no product of H x H for each edge, and need
never hold [B, N, N, H].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class EdgeVectors:
    """The vectors e = W v + b of every pair of nodes; [b, i, j] belongs to sender i and receiver j.

    On sparse graphs the values are [E, F], one row for each edge.

    Attributes:
        values: v, the features that lie on edges, side by side; F is 0 where there are none.
        weight: W.
        bias: b.
    """

    values: Float[Tensor, "B N N F"]
    weight: Float[Tensor, "H F"]
    bias: Float[Tensor, " H"]

    @staticmethod
    def of(edge: Float[Tensor, "B N N H"] | EdgeVectors) -> EdgeVectors:
        """Return edge vectors that may be given as a tensor, which is then its own features."""
        if isinstance(edge, EdgeVectors):
            return edge
        width = edge.shape[-1]
        return EdgeVectors(edge, torch.eye(width, dtype=edge.dtype, device=edge.device), edge.new_zeros(width))

    def plus(self, values: Float[Tensor, "B N N G"], layer: nn.Linear) -> EdgeVectors:
        """Return the vectors with `layer(values)` added."""
        return EdgeVectors(
            values=torch.cat([self.values, values], dim=-1),
            weight=torch.cat([self.weight, layer.weight], dim=1),
            bias=self.bias + layer.bias,
        )

    def dense(self) -> Float[Tensor, "B N N H"]:
        """Return the vectors themselves."""
        return F.linear(self.values, self.weight, self.bias)

    def through(self, weight: Float[Tensor, "D H"], bias: Float[Tensor, " D"]) -> EdgeVectors:
        """Return the vectors after a linear map, of width D."""
        return EdgeVectors(self.values, weight @ self.weight, torch.addmv(bias, weight, self.bias))


@dataclass(frozen=True)
class WrittenEdges:
    """Edge vectors e' = relu(O t + o) that a processor wrote, kept as their few features.

    Attributes:
        values: t.
        weight: O.
        bias: o.
    """

    values: Float[Tensor, "B N N F"]
    weight: Float[Tensor, "H F"]
    bias: Float[Tensor, " H"]

    def dense(self) -> Float[Tensor, "B N N H"]:
        """Return the vectors themselves."""
        return F.linear(self.values, self.weight, self.bias).relu()


@runtime_checkable
class ReadsEdgeVectors(Protocol):
    """A processor that takes `edge` as EdgeVectors too, not only as a tensor [B, N, N, H].

    Given EdgeVectors it may write WrittenEdges; given a tensor it writes a tensor.
    """

    reads_edge_vectors: bool
    """False where it turns out, once built, that it needs the tensor."""
