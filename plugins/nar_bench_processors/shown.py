"""What a step on sparse graphs makes of its inputs alone, kept for the next step where they are the very same.

Where no hints are shown, nodes, edges and graphs are encoded once for all steps. A linear map of z = [x, h] is
M x + N h + b, of which M x + b, and whatever else does not depend on h, is then worked out once.

Shapes: V nodes, H hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.edges import EdgeVectors


@dataclass(frozen=True, eq=False)
class Shown:
    """The inputs of a step, and what was made of them.

    It is no tuple, so that no hidden vectors are looked for in it (`nar_bench.model.state`).
    """

    node: Float[Tensor, "V H"]
    edge: EdgeVectors
    graph: Float[Tensor, "B H"]
    made: Any
    """A tuple of rows for nodes, edges or graphs, and of edge vectors."""


class Carried(NamedTuple):
    """A state: the hidden vectors h, and what the step before was shown."""

    hidden: Float[Tensor, "V H"] | None = None
    """None before the first step, for 0."""
    shown: Shown | None = None

    def see(
        self, node: Float[Tensor, "V H"], edge: EdgeVectors, graph: Float[Tensor, "B H"], make: Callable[[], Any]
    ) -> Shown:
        """Return what was shown before if it is the same, and what `make` returns otherwise."""
        known = self.shown
        if known is not None and known.node is node and known.edge is edge and known.graph is graph:
            return known
        return Shown(node, edge, graph, make())


def of_shown(layer: nn.Linear, node: Float[Tensor, "V H"]) -> Float[Tensor, "V D"]:
    """Return M x + b."""
    return F.linear(node, layer.weight[:, : node.shape[-1]], layer.bias)


def with_hidden(
    made: Float[Tensor, "V D"], layer: nn.Linear, hidden: Float[Tensor, "V H"] | None
) -> Float[Tensor, "V D"]:
    """Return N h added to what `of_shown` made, or to that and more."""
    if hidden is None:
        return made
    return torch.addmm(made, hidden, layer.weight[:, -hidden.shape[-1] :].T)
