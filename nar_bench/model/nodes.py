"""Node vectors that are kept as what they are made of.

Like edge encoders (`nar_bench.model.edges`), node encoders are linear, so the vectors x = W v + b of all nodes have the
rank of their few features v. A linear map M of [x, h] is then one of [v, h], which is about half as wide:
M [x, h] = (M_x W) v + M_h h + M_x b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class NodeVectors:
    """The vectors x = W v + b of every node.

    Attributes:
        values: v, the features that lie on nodes, side by side; F is 0 where there are none.
        weight: W.
        bias: b.
    """

    values: Float[Tensor, "B N F"]
    weight: Float[Tensor, "H F"]
    bias: Float[Tensor, " H"]

    def plus(self, values: Float[Tensor, "B N G"], layer: nn.Linear) -> NodeVectors:
        """Return the vectors with `layer(values)` added."""
        return NodeVectors(
            values=torch.cat([self.values, values], dim=-1),
            weight=torch.cat([self.weight, layer.weight], dim=1),
            bias=self.bias + layer.bias,
        )

    def dense(self) -> Float[Tensor, "B N H"]:
        """Return the vectors themselves."""
        return F.linear(self.values, self.weight, self.bias)

    def beside(self, *others: Float[Tensor, "B N K"]) -> Beside:
        """Return the vectors with others behind them."""
        return Beside(torch.cat([self.values, *others], dim=-1), self.weight, self.bias)


class Beside(NamedTuple):
    """The vectors [W v + b, h] of every node."""

    rows: Float[Tensor, "B N F+K"]
    """[v, h]."""
    weight: Float[Tensor, "H F"]
    """W."""
    bias: Float[Tensor, " H"]
    """b."""

    def dense(self) -> Float[Tensor, "B N H+K"]:
        """Return the vectors themselves."""
        values, others = self.rows.tensor_split([self.weight.shape[1]], dim=-1)
        return torch.cat([F.linear(values, self.weight, self.bias), others], dim=-1)

    def through(self, layer: nn.Linear) -> Float[Tensor, "B N D"]:
        """Return `layer` of each."""
        of_encoded, of_others = layer.weight.tensor_split([len(self.weight)], dim=1)
        weight = torch.cat([of_encoded @ self.weight, of_others], dim=1)
        return F.linear(self.rows, weight, torch.addmv(layer.bias, of_encoded, self.bias))


def node_map(layer: nn.Linear, of: Float[Tensor, "*M D"] | Beside) -> Float[Tensor, "*M E"]:
    """Return a linear map of vectors of nodes, in either form."""
    if isinstance(of, Beside):
        return of.through(layer)
    mapped: Tensor = layer(of)
    return mapped


@runtime_checkable
class ReadsNodeVectors(Protocol):
    """A processor that takes `node` as NodeVectors too, not only as a tensor [B, N, H]."""

    reads_node_vectors: bool
