"""Autoregressive memory: a wrapper that lets any processor write an idea at each step and read its earlier ideas.

`memory_pgn` is the processor pgn with a memory, and so for every registered name. At step t = 1, 2, ..., T of a run on
an input X,

    q_t  = W_q [max_n z_n, mean_n z_n, g_t]                            z_n = [x_n, h_n]
    r_t  = sum_{u < t} softmax_u( q_t . W_k M_u / sqrt(D) ) W_v M_u     r_1 = 0
    h'   = processor(x_n, e_ij, g_t + W_r r_t, adjacency)
    M_t  = W_m relu( W_p [max_n h'_n, mean_n h'_n, r_t] )

where

    M_t, M_t^X  the idea, in R^K (`idea_size`): what the contrastive loss compares by phi(M_t^X, M_t^Y), in
                s(X, Y) = sum_{t=1..T} phi(M_t^X, M_t^Y), see `nar_bench.training.contrastive`
    T           the number of steps; t, u are steps, and only the ideas of earlier ones, u < t, are read
    n           a node of N; i, j a sender and a receiver
    x_n, e_ij, g_t  encoded inputs (and hints, where a regime shows any) of nodes, pairs and the graph, in R^H
    h_n, h'_n   hidden vectors before and after the step
    z_n         what stands at a node before the step
    q_t, r_t    what is asked of the memory, and what is read from it, in R^H; with several `heads` the sum is made in
                each for itself, of width D = H / heads, and r_t is all of them side by side
    W           linear maps with biases: W_q, W_k, W_v of query, key and value, W_r of what is fed back, W_p and W_m of
                the writing MLP, which has `depth` of them
    processor   whichever is wrapped; what it carries from step to step, it goes on carrying

An idea depends on the inputs and hints of its own step and of earlier ones alone. Since q . W_k M = (W_k^T q) . M, and
a weighted sum of W_v M_u is W_v of the weighted sum of M_u, no idea is ever mapped as a key or a value: a read costs
O(t K) in each head beside maps of one vector for each graph, so a run costs O(T^2 K) for all reads, whatever N is.
Writing looks at each hidden vector once.

Options change what is pooled (`pool`, `pooling`), how it is read (`read`, see `nar_bench_processors.memory_reads`) and
where that is fed back (`feed`). What a processor promises of all that enters it, its memory does not keep: around
`discrete`, vectors that are not finite come in, and around `forgetnet`, something is carried.

Source: this project. Attention as in Vaswani et al. 2017, equation 1.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.errors import PluginError, Unsupported
from nar_bench.model.edges import EdgeVectors, ReadsEdgeVectors, WrittenEdges
from nar_bench.model.nodes import NodeVectors, ReadsNodeVectors
from nar_bench.model.numbers import reads_numbers_apart
from nar_bench.model.segments import pool_nodes
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.state import holds_hidden
from nar_bench.plugin.contracts import Processor, ProcessorWrapper, StepOutput
from nar_bench.spec import AlgorithmSpec
from nar_bench_processors.heads import heads_must_divide
from nar_bench_processors.memory_reads import READS, Attention

if TYPE_CHECKING:
    from nar_bench.model.config import NetConfig
    from nar_bench.model.regime import Regime

POOLED = ("nodes", "edges", "graph")
Poolings = Mapping[str, Callable[[Tensor], Tensor]]
POOLINGS: Poolings = {
    "max": lambda vectors: vectors.amax(dim=1),
    "mean": lambda vectors: vectors.mean(dim=1),
}
FED = ("graph", "node")
INNER = "inner_"
"""Before the name of an option of the wrapped processor that the memory has too, such as the heads of gat."""


@dataclass(frozen=True)
class MemoryConfig:
    """Options of a memory; those of the wrapped processor stand beside them."""

    idea_size: int = 64
    """K, the length of an idea; at least 1."""
    heads: int = 1
    """Attention heads that read; must divide the hidden width. Only where read is "attention"."""
    pool: tuple[str, ...] = ("nodes",)
    """What an idea is written from, with what was read: "nodes" (their new hidden vectors), "edges" (the edge vectors
    that the wrapped processor writes, over all pairs) and "graph" (the graph's encoded vector)."""
    pooling: tuple[str, ...] = ("max", "mean")
    """How vectors of nodes and edges become one: "max", "mean" or both."""
    read: str = "attention"
    """What is read: "attention" over all earlier ideas, the "last" one, a "gated" summary of them, or "none"."""
    feed: tuple[str, ...] = ("graph",)
    """What it is added to, before the wrapped processor's step: the "graph" vector, every "node" vector, or both."""
    depth: int = 2
    """Linear maps of the MLP that writes, at least 1."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""

        def some(values: tuple[str, ...], allowed: Iterable[str]) -> bool:
            return bool(values) and set(values) <= set(allowed) and len(set(values)) == len(values)

        checks = [
            ("idea_size", self.idea_size >= 1, "at least 1"),
            ("heads", self.heads >= 1, "at least 1"),
            ("pool", some(self.pool, POOLED), "one or more of " + ", ".join(POOLED)),
            ("pooling", some(self.pooling, POOLINGS), "one or more of " + ", ".join(POOLINGS)),
            ("read", self.read in READS, "one of " + ", ".join(READS)),
            ("feed", some(self.feed, FED), "one or more of " + ", ".join(FED)),
            ("depth", self.depth >= 1, "at least 1"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]


@dataclass(frozen=True)
class Pooled:
    """Vectors with what they were pooled to, so that they are not pooled again.

    It is no tuple: what dropout and the LSTM of a net make of hidden vectors takes their place in the state, not here.
    """

    of: Float[Tensor, "B M H"] | NodeVectors
    by: dict[str, Float[Tensor, "B H"]]

    @classmethod
    def once(cls, of: Tensor | NodeVectors, poolings: Poolings, known: Pooled | None = None) -> Pooled:
        """Return what is known where it is of the very vectors, else pool them in every way."""
        if known is not None and known.of is of:
            return known
        vectors = of.dense() if isinstance(of, NodeVectors) else of
        return cls(of, {how: pool(vectors) for how, pool in poolings.items()})


class MemoryState(NamedTuple):
    """What is carried from step to step."""

    inner: Any
    """The wrapped processor's state."""
    hidden: Float[Tensor, "B N H"]
    """Its hidden vectors."""
    pooled: Pooled | None
    """Those, as they were written."""
    shown: Pooled | None
    """The encoded nodes of the step before, which are the very same where no hints are shown."""
    written: Any
    """What the reader keeps of the ideas written so far; for attention, all of them [B, t, K]."""


class Memory(nn.Module):
    """Wrap a processor.

    Args:
        inner: a ProcessorModule of width `hidden`.
        config: sizes, and what is written, read and fed back.
        hidden: H.

    Raises:
        ValueError: heads does not divide hidden, or an option is not allowed.
    """

    def __init__(self, inner: nn.Module, config: MemoryConfig, hidden: int) -> None:
        super().__init__()
        if faults := MemoryConfig.faults(config):
            raise ValueError("memory: " + "; ".join(f"{name}: {wrong}" for name, wrong in faults) + ".")
        if hidden % config.heads:
            raise ValueError(f"memory: heads={config.heads} at hidden width {hidden}; heads must divide the width.")
        self._config = config
        self.inner = inner
        self.reads_edge_vectors = isinstance(inner, ReadsEdgeVectors) and inner.reads_edge_vectors
        self.reads_node_vectors = isinstance(inner, ReadsNodeVectors) and inner.reads_node_vectors
        self.reads_numbers_apart = reads_numbers_apart(inner)
        make_reader = READS[config.read]
        self.reader = make_reader(config.idea_size, hidden, config.heads) if make_reader else None
        fed = config.feed if self.reader is not None else ()
        self.to_graph = nn.Linear(hidden, hidden) if "graph" in fed else None
        self.to_node = nn.Linear(hidden, hidden) if "node" in fed else None
        vectors = sum(1 if part == "graph" else len(config.pooling) for part in config.pool)
        widths = [(vectors + (self.reader is not None)) * hidden, *[hidden] * (config.depth - 1), config.idea_size]
        layers: list[nn.Module] = []
        for width, following in itertools.pairwise(widths):
            layers += [nn.Linear(width, following), nn.ReLU()]
        self.write = nn.Sequential(*layers[:-1])

    def initial_state(self, node: Float[Tensor, "B N H"]) -> MemoryState:
        """Return the wrapped processor's state and no ideas."""
        return MemoryState(
            inner=self.inner.initial_state(node),  # type: ignore[operator]
            hidden=torch.zeros_like(node),
            pooled=None,
            shown=None,
            written=self.reader.nothing(node) if self.reader is not None else None,
        )

    def forward(
        self,
        node: Float[Tensor, "B N H"] | NodeVectors,
        edge: Float[Tensor, "B N N H"] | EdgeVectors,
        graph: Float[Tensor, "B H"],
        adjacency: Bool[Tensor, "B N N"],
        state: MemoryState,
        *numbers: Float[Tensor, "B N N H"] | EdgeVectors,
    ) -> StepOutput:
        """Read, process, write; numbers as in `nar_bench.model.numbers`, where the wrapped processor takes them."""

        def process(own: Float[Tensor, "B N H"] | NodeVectors, shared: Float[Tensor, "B H"]) -> StepOutput:
            step: StepOutput = self.inner(own, edge, shared, adjacency, state.inner, *numbers)
            return step

        return self._step(node, graph, state, POOLINGS, lambda read: read[:, None], process)

    def sparse_state(self, node: Float[Tensor, "V H"], on: SparseGraph) -> MemoryState:
        """Return the wrapped processor's state and no ideas."""
        by_graph = node.new_empty(on.B, 1, node.shape[1])
        return self.initial_state(by_graph)._replace(
            inner=self.inner.sparse_state(node, on),  # type: ignore[operator]
            hidden=torch.zeros_like(node),
        )

    def sparse_forward(
        self,
        node: Float[Tensor, "V H"],
        edge: EdgeVectors,
        graph: Float[Tensor, "B H"],
        on: SparseGraph,
        state: MemoryState,
    ) -> StepOutput:
        """Read, process, write; ideas are of graphs, so all that is done with them is as in the dense layout."""

        def process(own: Float[Tensor, "V H"] | NodeVectors, shared: Float[Tensor, "B H"]) -> StepOutput:
            step: StepOutput = self.inner.sparse_forward(own, edge, shared, on, state.inner)  # type: ignore[operator]
            return step

        poolings: Poolings = {
            "max": lambda vectors: pool_nodes(on, vectors, "max"),
            "mean": lambda vectors: pool_nodes(on, vectors, "mean"),
        }
        return self._step(node, graph, state, poolings, lambda read: read.index_select(0, on.graph_of_node), process)

    def _step(
        self,
        node: Tensor | NodeVectors,
        graph: Float[Tensor, "B H"],
        state: MemoryState,
        poolings: Poolings,
        to_nodes: Callable[[Tensor], Tensor],
        process: Callable[[Tensor | NodeVectors, Tensor], StepOutput],
    ) -> StepOutput:
        """Read, process, write, in either layout.

        Args:
            poolings: of vectors of nodes, to one of each graph.
            to_nodes: brings a vector of each graph to its nodes.
            process: the wrapped processor's step, of nodes and graphs.
        """
        shown, recalled = None, []
        if isinstance(self.reader, Attention):
            shown = Pooled.once(node, poolings, state.shown)
            hidden = Pooled.once(state.hidden, poolings, state.pooled)
            asked = [one.by[how] for how in POOLINGS for one in (shown, hidden)]
            recalled = [self.reader(state.written, torch.cat([*asked, graph], dim=-1))]
        elif self.reader is not None:
            recalled = [self.reader(state.written)]
        fed_node = node
        if self.to_node is not None:
            fed_node = (node.dense() if isinstance(node, NodeVectors) else node) + to_nodes(self.to_node(*recalled))
        fed_graph = graph + self.to_graph(*recalled) if self.to_graph is not None else graph
        step = process(fed_node, fed_graph)
        # Where the wrapped state does not take what dropout and the LSTM of a net make of the hidden vectors, neither
        # does this one: it holds them as another tensor.
        carried = step.hidden if holds_hidden(step.state, step.hidden) else step.hidden.view_as(step.hidden)
        pooled = Pooled.once(carried, poolings)
        idea: Tensor = self.write(torch.cat([*self._seen(step, pooled, graph), *recalled], dim=-1))
        written = self.reader.remember(state.written, idea) if self.reader is not None else None
        return step._replace(state=MemoryState(step.state, carried, pooled, shown, written), idea=idea)

    def _seen(self, step: StepOutput, nodes: Pooled, graph: Float[Tensor, "B H"]) -> list[Float[Tensor, "B H"]]:
        """Return the vectors that an idea is written from, in the order of the options."""
        vectors: list[Tensor] = []
        for part in self._config.pool:
            if part == "graph":
                vectors.append(graph)
            elif part == "nodes":
                vectors += [nodes.by[how] for how in self._config.pooling]
            else:
                assert step.edge is not None  # `unsupported` told
                edges = step.edge.dense() if isinstance(step.edge, WrittenEdges) else step.edge
                vectors += [POOLINGS[how](edges.flatten(1, 2)) for how in self._config.pooling]
        return vectors


def around(processor: Processor) -> Processor:
    """Return a processor with a memory: what it declares, its memory declares too.

    Raises:
        Unsupported: it writes ideas already.
        PluginError: the names of its options clash with those of the memory.
    """
    if processor.writes_ideas:
        raise Unsupported(
            f"memory around {processor.name}: it writes ideas already, of which a second memory would lose one. "
            "Wrap a processor that writes none."
        )
    config, inner_of = config_around(processor)

    def build(options: Any, hidden: int) -> Memory:
        return Memory(processor.build(inner_of(options), hidden), options, hidden)

    def unsupported(options: Any, spec: AlgorithmSpec, regime: Regime, model: NetConfig) -> str:
        if "edges" in options.pool and not processor.writes_edges:
            return f"pool has 'edges', but {processor.name} writes no edge vectors; 'nodes' and 'graph' can be pooled"
        if options.read != "none" and not processor.reads_graph and "graph" in options.feed:
            return (
                f"{processor.name} does not read the graph's vector, by which ideas are fed back; set feed = ['node']"
            )
        if reason := heads_must_divide(options, spec, regime, model):
            return reason
        said = processor.unsupported(inner_of(options), spec, regime, model)
        return f"{processor.name}: {said}" if said else ""

    return dataclasses.replace(
        processor,
        name=f"memory_{processor.name}",
        version=MEMORY.version,
        source=f"{MEMORY.source} around {processor.name}: {processor.source}",
        config=config,
        build=build,
        writes_ideas=True,
        unsupported=unsupported,
        reference_names={},
    )


def config_around(processor: Processor) -> tuple[type, Callable[[Any], Any]]:
    """Return a config of the memory's options and the processor's, and the function that takes the latter out again."""
    taken = {one.name for one in dataclasses.fields(MemoryConfig)}
    own = [one for one in dataclasses.fields(processor.config) if one.init]
    names = {one.name: f"{INNER}{one.name}" if one.name in taken else one.name for one in own}
    if twice := [name for name in names.values() if list(names.values()).count(name) > 1]:
        raise PluginError(f"memory around {processor.name}: two of its options would be '{twice[0]}'; rename one.")
    types = typing.get_type_hints(processor.config)

    def inner_of(options: Any) -> Any:
        return processor.config(**{name: getattr(options, renamed) for name, renamed in names.items()})

    def faults(options: Any) -> list[tuple[str, str]]:
        inner = inner_of(options)
        wrong = inner.faults() if hasattr(inner, "faults") else []
        return [*MemoryConfig.faults(options), *((names.get(name, name), told) for name, told in wrong)]

    made = dataclasses.make_dataclass(
        f"Memory{processor.config.__name__}",
        [
            (
                names[one.name],
                types[one.name],
                dataclasses.field(default=one.default, default_factory=one.default_factory),
            )
            for one in own
        ],
        bases=(MemoryConfig,),
        frozen=True,
        namespace={"faults": faults, "__doc__": f"Options of a memory and, beside them, of {processor.name}."},
    )
    return made, inner_of


MEMORY = ProcessorWrapper(
    name="memory",
    version=1,
    source="this project: autoregressive memory (see nar_bench_processors.memory)",
    wrap=around,
)
