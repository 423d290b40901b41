"""Edge vectors that reason over triplets of nodes, for the decoders.

Source: Ibarz et al. 2022, "A generalist neural algorithmic learner", triplet reasoning (after Dudzik and Velickovic
2022, "Graph neural networks are dynamic programmers"): with z = [x, h],

    t_ijk = T_1 z_i + T_2 z_j + T_3 z_k + T_4 e_ij + T_5 e_ik + T_6 e_jk + T_7 g
    e'_jk = relu(O max_i t_ijk)

What does not depend on i stands outside of the maximum, and the rest is a max-plus product of two matrices,
(T_1 z_i + T_4 e_ij) and T_5 e_ik, so that no tensor of N^3 is kept.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nar_bench.model.edges import EdgeVectors, WrittenEdges
from nar_bench.model.nodes import Beside, node_map
from nar_bench_processors.linear import linear
from nar_bench_processors.max_plus import max_plus


class Triplets(nn.Module):
    """See the module.

    Args:
        hidden: H.
        features: length of t_ijk.
    """

    def __init__(self, hidden: int, features: int) -> None:
        super().__init__()
        self.first = linear(2 * hidden, features)
        self.second = linear(2 * hidden, features)
        self.third = linear(2 * hidden, features)
        self.first_edge = linear(hidden, features)
        self.second_edge = linear(hidden, features)
        self.third_edge = linear(hidden, features)
        self.graph = linear(hidden, features)
        self.out = linear(features, hidden)

    def forward(
        self, z: Float[Tensor, "B N D"] | Beside, edge: EdgeVectors, graph: Float[Tensor, "B H"]
    ) -> WrittenEdges:
        """Return e'; [b, j, k]."""
        batch, nodes = edge.values.shape[:2]
        maps = self.first_edge, self.second_edge, self.third_edge
        three = edge.through(torch.cat([map.weight for map in maps]), torch.cat([map.bias for map in maps]))
        # Features before nodes, so that the innermost loops run over nodes, of which there are more.
        by_feature = three.weight @ three.values.view(batch, nodes**2, -1).transpose(1, 2)
        ij, ik, jk = by_feature.view(batch, 3, -1, nodes, nodes).unbind(dim=1)

        def of_nodes(layer: nn.Linear) -> Float[Tensor, "B F N"]:
            return node_map(layer, z).transpose(1, 2)

        left = ij + of_nodes(self.first)[..., None]
        largest = max_plus(left.flatten(0, 1), ik.flatten(0, 1)).view(left.shape)
        # What all triples of a graph share is added where there are few numbers.
        third = of_nodes(self.third) + (self.graph(graph) + three.bias.view(3, -1).sum(dim=0))[..., None]
        largest = largest + jk + (of_nodes(self.second)[..., None] + third[:, :, None])
        return WrittenEdges(largest.permute(0, 2, 3, 1).contiguous(), self.out.weight, self.out.bias)
