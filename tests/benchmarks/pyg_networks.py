"""Our networks on sparse graphs, once more, of the stock parts of PyTorch Geometric, with the very same weights.

Messages, their reduction, softmax over neighbours and pooling are PyG's; everything else is plain torch. As in the
baselines of SALSA-CLRS a message is made along each edge of the vectors of both of its ends; with `on_nodes` the linear
maps of these are taken out of the message, to nodes, which is how PyG's own layers with such maps are written.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.nn import GINConv, GINEConv, MessagePassing
from torch_geometric.utils import softmax

from nar_bench.model.net import Net
from nar_bench.model.sparse_tensors import SparseTensorBatch


class Pgn(MessagePassing):
    """What pgn and mpnn do."""

    def __init__(self, ours: Any, *, on_nodes: bool) -> None:
        super().__init__(aggr="max")
        self.ours, self.on_nodes = ours, on_nodes

    def forward(self, z: Tensor, state: Tensor, edge: Tensor | None, index: Tensor) -> Tensor:
        ours = self.ours
        if self.on_nodes:
            largest = self.propagate(index, s=ours.sender(z), r=ours.receiver(z), e=edge)
        else:
            largest = self.propagate(index, s=z, r=z, e=edge)
        return ours.norm(F.relu(ours.own(z) + ours.received(largest)))

    def message(self, s_j: Tensor, r_i: Tensor, e: Tensor | None) -> Tensor:
        ours = self.ours
        ends = s_j + r_i if self.on_nodes else ours.sender(s_j) + ours.receiver(r_i)
        # The graph vector is 0 for algorithms without features on the graph; its bias is not.
        first = F.relu(ends + ours.graph.bias + (ours.edge.bias if e is None else ours.edge(e)))
        return ours.outer(F.relu(ours.inner(first)))


class Recgnn(MessagePassing):
    """What recgnn does."""

    def __init__(self, ours: Any, *, on_nodes: bool) -> None:
        super().__init__(aggr="max")
        self.ours, self.on_nodes = ours, on_nodes

    def forward(self, z: Tensor, state: Tensor, edge: Tensor | None, index: Tensor) -> Tensor:
        ours = self.ours
        if self.on_nodes:
            largest = self.propagate(index, s=ours.sender(z), r=ours.receiver(z), e=edge)
        else:
            largest = self.propagate(index, s=z, r=z, e=edge)
        return ours.norm(ours.gru(largest, state))

    def message(self, s_j: Tensor, r_i: Tensor, e: Tensor | None) -> Tensor:
        ours = self.ours
        ends = s_j + r_i if self.on_nodes else ours.sender(s_j) + ours.receiver(r_i)
        return ours.outer(F.relu(ends + ours.graph.bias + (ours.edge.bias if e is None else ours.edge(e))))


class Isomorphism(nn.Module):
    """What gin and gine do, on GINConv and GINEConv."""

    def __init__(self, ours: Any, *, on_nodes: bool) -> None:
        super().__init__()
        self.ours = ours
        conv = GINConv if ours.edge is None else GINEConv
        self.conv = conv(nn.Identity(), aggr="max" if ours._largest else "add")
        self.conv.eps = ours.epsilon

    def forward(self, z: Tensor, state: Tensor, edge: Tensor | None, index: Tensor) -> Tensor:
        ours = self.ours
        if ours.edge is None:
            gathered = self.conv(z, index)
        else:
            vectors = ours.edge.bias.expand(index.shape[1], -1) if edge is None else ours.edge(edge)
            gathered = self.conv(z, index, vectors)
        normal = ours.norm(ours.outer(F.relu(ours.inner(gathered) + ours.graph.bias)))
        return ours.gru(normal, state)


class Attention(MessagePassing):
    """What gat and gatv2 do. The vector on an edge is that of its reverse, which algorithms without any do not see."""

    def __init__(self, ours: Any, *, on_nodes: bool) -> None:
        super().__init__(aggr="add", node_dim=0)
        self.ours, self.on_nodes = ours, on_nodes

    def forward(self, z: Tensor, state: Tensor, edge: Tensor | None, index: Tensor) -> Tensor:
        assert edge is None
        ours, logits = self.ours, self.ours.logits
        if self.on_nodes:
            received = self.propagate(index, s=logits.sender(z), r=logits.receiver(z), v=ours.value(z))
        else:
            received = self.propagate(index, s=z, r=z, v=z)
        return ours.norm(F.relu(received.flatten(1) + ours.skip(z)))

    def message(self, s_j: Tensor, r_i: Tensor, v_j: Tensor, index: Tensor) -> Tensor:
        ours, logits = self.ours, self.ours.logits
        ends = s_j + r_i if self.on_nodes else logits.sender(s_j) + logits.receiver(r_i)
        rectified = F.leaky_relu(ends + logits.graph.bias + logits.edge.bias, 0.01)
        if hasattr(logits, "score"):
            parts = rectified.chunk(len(logits.score), dim=-1)
            rectified = torch.cat([score(part) for score, part in zip(logits.score, parts, strict=True)], dim=-1)
        value = v_j if self.on_nodes else ours.value(v_j)
        return softmax(rectified, index)[..., None] * value.unflatten(-1, (rectified.shape[1], -1))


LAYERS = {
    "pgn": Pgn, "recgnn": Recgnn, "gin": Isomorphism, "gine": Isomorphism, "gat": Attention, "gatv2": Attention,
}  # fmt: skip


class PygNet(nn.Module):
    """A network without hints for algorithms whose only output is a pointer on nodes.

    Args:
        net: ours, whose weights it takes.
        name: of the processor.
        on_nodes: whether linear maps are taken out of messages.
    """

    def __init__(self, net: Net, name: str, *, on_nodes: bool) -> None:
        super().__init__()
        self.layer = LAYERS[name](net.processor, on_nodes=on_nodes)
        self.maps = net.input_encoder.maps
        (self.decoder,) = net.output_decoders.values()
        self.hidden = net.config.hidden

    def forward(self, batch: SparseTensorBatch) -> Tensor:
        """Return the logarithm of how likely each edge is to be what its target points along."""
        on = batch.graph
        index = torch.stack([on.source, on.target])
        source = batch.inputs["s"] + on.node_offsets[:-1]
        at_source = torch.zeros(on.V).index_fill(0, source, 1.0)
        node = self.maps["pos"](batch.inputs["pos"][:, None]) + self.maps["s"](at_source[:, None])
        edge = self.maps["A"](batch.inputs["A"][:, None]) if "A" in self.maps else None
        last = batch.last_steps()[on.graph_of_node][:, None]
        hidden = held_before = held = torch.zeros(on.V, self.hidden)
        for step in range(batch.steps):
            before = hidden
            hidden = self.layer(torch.cat([node, hidden], dim=1), before, edge, index)
            going = last >= step
            held_before, held = torch.where(going, before, held_before), torch.where(going, hidden, held)
        read, decoder = torch.cat([node, held_before, held], dim=1), self.decoder
        pointing, pointed = decoder.source(read), decoder.target(read)
        other = pointed[on.source] + (decoder.edge.bias if edge is None else decoder.edge(edge))
        score = decoder.score(torch.maximum(pointing[on.target], other))[:, 0]
        return (softmax(score, on.target) + 1e-16).log()

    def loss(self, batch: SparseTensorBatch) -> Tensor:
        """Return the loss that ours has."""
        (truth,) = batch.outputs.values()
        return -self(batch)[truth].mean()
