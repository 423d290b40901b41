"""The message passing that the PGN family shares.

Source: Velickovic et al. 2020, "Pointer graph networks", in the form of CLRS-30 (Velickovic et al. 2022); the
gate as in Ibarz et al. 2022, "A generalist neural algorithmic learner". With z = [x, h],

    m_ij = MLP(relu(W_1 z_i + W_2 z_j + W_e e_ij + W_g g))      sender i, receiver j
    m_j  = max_i m_ij                                           over the pairs that the processor lets through
    h'_j = LayerNorm(relu(W_o1 z_j + W_o2 m_j))

and, gated,

    g_j  = sigmoid(W_g3 relu(W_g1 z_j + W_g2 m_j))
    h''_j = g_j h'_j + (1 - g_j) h_j
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from nar_bench.model.autocast import in_full
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.nodes import Beside, NodeVectors, node_map
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import StepOutput
from nar_bench_processors.linear import linear
from nar_bench_processors.messages import max_messages
from nar_bench_processors.shown import Carried, of_shown, with_hidden
from nar_bench_processors.sparse_messages import max_sparse_messages
from nar_bench_processors.triplets import Triplets

_GATE_BIAS = -3.0
"""At first hidden vectors hardly change."""


class Along(Enum):
    """Which pairs messages pass along."""

    EVERY_PAIR = auto()
    EDGES = auto()
    """Those of the adjacency, self-loops included."""
    SELF_LOOPS = auto()
    """From each node to itself alone."""


@dataclass(frozen=True)
class MessagePassingConfig:
    """Options of every processor of the family."""

    layer_norm: bool = True
    """Normalise the new hidden vectors."""


@dataclass(frozen=True)
class TripletConfig(MessagePassingConfig):
    """Options of those with triplets."""

    triplet_features: int = 8
    """Length of a triplet's vector; at least 1."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        got = self.triplet_features
        return [] if got >= 1 else [("triplet_features", f"got {got}; it must be at least 1")]


class Gate(nn.Module):
    """How much of each new hidden vector is taken: g in the module's equations."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.own = linear(2 * hidden, hidden)
        self.received = linear(hidden, hidden)
        self.out = linear(hidden, hidden)
        nn.init.constant_(self.out.bias, _GATE_BIAS)

    def forward(self, own: Float[Tensor, "*M H"], largest: Float[Tensor, "*M H"]) -> Float[Tensor, "*M H"]:
        """Return g in (0, 1), of W_g1 z and m."""
        mapped: Tensor = self.out(F.relu(own + self.received(largest)))
        return mapped.sigmoid()


class MessagePassing(nn.Module):
    """See the module. The state is the hidden vector h [B, N, H], or `Carried`.

    Args:
        config: a TripletConfig where edge vectors are to be written, see `nar_bench_processors.triplets`.
        hidden: H.
        along: which pairs messages pass along.
        gated: whether a gate mixes the new hidden vector with the old.
    """

    reads_edge_vectors = True
    reads_node_vectors = True

    def __init__(self, config: MessagePassingConfig, hidden: int, along: Along, *, gated: bool = False) -> None:
        super().__init__()
        self._along = along
        self.sender = linear(2 * hidden, hidden)
        self.receiver = linear(2 * hidden, hidden)
        self.edge = linear(hidden, hidden)
        self.graph = linear(hidden, hidden)
        self.inner = linear(hidden, hidden)
        self.outer = linear(hidden, hidden)
        self.own = linear(2 * hidden, hidden)
        self.received = linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden) if config.layer_norm else nn.Identity()
        self.gate = Gate(hidden) if gated else None
        self.triplets = Triplets(hidden, config.triplet_features) if isinstance(config, TripletConfig) else None

    def initial_state(self, node: Float[Tensor, "B N H"]) -> Float[Tensor, "B N H"]:
        """Return h = 0."""
        return torch.zeros_like(node)

    def forward(
        self,
        node: Float[Tensor, "B N H"] | NodeVectors,
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
        state: Float[Tensor, "B N H"],
    ) -> StepOutput:
        """Make one step."""
        z = node.beside(state) if isinstance(node, NodeVectors) else torch.cat([node, state], dim=-1)
        dense = not isinstance(edge, EdgeVectors)
        edge = EdgeVectors.of(edge)
        largest = self._largest(z, edge, graph, adjacency)
        to_gate = None if self.gate is None else node_map(self.gate.own, z)
        hidden = self._updated(node_map(self.own, z), to_gate, largest, state)
        written = None if self.triplets is None else self.triplets(z, edge, graph)
        edges = written.dense() if written is not None and dense else written
        return StepOutput(hidden=hidden, edge=edges, state=hidden, idea=None)

    def sparse_state(self, node: Float[Tensor, "V H"], on: SparseGraph) -> Carried:
        """Return h = 0."""
        return Carried()

    def sparse_forward(
        self,
        node: Float[Tensor, "V H"],
        edge: EdgeVectors,
        graph: Float[Tensor, "B H"],
        on: SparseGraph,
        state: Carried,
    ) -> StepOutput:
        """Make one step; no pair without an edge is there, so "every pair" is every edge."""
        h = state.hidden
        shown = state.see(node, edge, graph, lambda: self._read(node, edge, graph, on))
        pairs, to_sender, to_receiver, to_own, to_gate = shown.made
        sender, receiver = with_hidden(to_sender, self.sender, h), with_hidden(to_receiver, self.receiver, h)
        if self._along is Along.SELF_LOOPS:
            own = pairs.values[on.source == on.target]
            largest = self.outer(F.relu(self.inner(F.relu(F.linear(own, pairs.weight) + sender + receiver))))
        else:
            largest = max_sparse_messages(pairs.values, pairs.weight, sender, receiver, self.inner, self.outer, on)
        gate = None if self.gate is None else with_hidden(to_gate, self.gate.own, h)
        hidden = self._updated(with_hidden(to_own, self.own, h), gate, largest, h)
        return StepOutput(hidden=hidden, edge=None, state=Carried(hidden, shown), idea=None)

    def _read(
        self, node: Float[Tensor, "V H"], edge: EdgeVectors, graph: Float[Tensor, "B H"], on: SparseGraph
    ) -> tuple[EdgeVectors, Tensor, Tensor, Tensor, Tensor | None]:
        """Return what does not depend on h: edges as messages read them, and of sender, receiver, own map and gate."""
        pairs = edge.through(self.edge.weight, self.edge.bias)
        to_receiver = of_shown(self.receiver, node) + (self.graph(graph) + pairs.bias).index_select(0, on.graph_of_node)
        to_gate = None if self.gate is None else of_shown(self.gate.own, node)
        return pairs, of_shown(self.sender, node), to_receiver, of_shown(self.own, node), to_gate

    def _updated(
        self,
        own: Float[Tensor, "*M H"],
        to_gate: Float[Tensor, "*M H"] | None,
        largest: Float[Tensor, "*M H"],
        state: Float[Tensor, "*M H"] | None,
    ) -> Float[Tensor, "*M H"]:
        """Return the new hidden vectors, of W_o1 z, W_g1 z where there is a gate, m and h; None is an h of 0."""
        hidden: Tensor = self.norm(F.relu(own + self.received(largest)))
        if self.gate is not None and to_gate is not None:
            before = torch.zeros_like(hidden) if state is None else state
            hidden = torch.lerp(*map(in_full, (before, hidden, self.gate(to_gate, largest))))
        return hidden

    def _largest(
        self,
        z: Float[Tensor, "B N D"] | Beside,
        edge: EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
    ) -> Float[Tensor, "B N H"]:
        pairs = edge.through(self.edge.weight, self.edge.bias)
        sender = node_map(self.sender, z)
        receiver = node_map(self.receiver, z) + self.graph(graph)[:, None] + pairs.bias
        if self._along is Along.SELF_LOOPS:
            own = pairs.values.diagonal(dim1=1, dim2=2).transpose(1, 2)
            messages: Tensor = self.outer(F.relu(self.inner(F.relu(F.linear(own, pairs.weight) + sender + receiver))))
            return messages
        edges = adjacency if self._along is Along.EDGES else None
        return max_messages(pairs.values, pairs.weight, sender, receiver, self.inner, self.outer, edges)


def reference_names(*, gated: bool = False, triplets: bool = False) -> dict[str, str]:
    """Return the reference's modules -> ours, for `nar_bench.model.reference_parameters`."""
    linears = ["receiver", "sender", "edge", "graph", "own", "received"]
    if triplets:
        parts = ("first", "second", "third", "first_edge", "second_edge", "third_edge", "graph", "out")
        linears += [f"triplets.{part}" for part in parts]
    if gated:
        linears += ["gate.own", "gate.received", "gate.out"]
    return {
        **{f"linear_{index}" if index else "linear": name for index, name in enumerate(linears)},
        "mlp/~/linear_0": "inner",
        "mlp/~/linear_1": "outer",
        "layer_norm": "norm",
    }
