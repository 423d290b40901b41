"""What each kind of plugin component is: frozen data plus, where it does something, a small protocol.

Nothing here imports torch; components are described without it and built when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nar_bench.errors import InputError, PluginError
from nar_bench.kernel import execute
from nar_bench.plugin.execution import Executor
from nar_bench.plugin.learnability import Learner, Target
from nar_bench.plugin.observation import Observer
from nar_bench.sparse_kernel import execute_sparse
from nar_bench.spec import AlgorithmSpec, Layout, Location, Stage, Type
from nar_bench.trajectory import Array, Columns, Trajectory, as_array, sorted_edges, to_compact, to_dense

if TYPE_CHECKING:
    from torch import Tensor

    from nar_bench.data.random import Stream
    from nar_bench.model.config import NetConfig
    from nar_bench.model.edges import EdgeVectors, WrittenEdges
    from nar_bench.model.regime import Regime
    from nar_bench.model.sparse_graph import SparseGraph


class Kind(StrEnum):
    """The kinds of components; the value is the word that users see."""

    ALGORITHM = "algorithm"
    PROCESSOR = "processor"
    WRAPPER = "wrapper"
    SIMILARITY = "similarity"
    SIMILAR_INPUT = "similar input"
    EXECUTOR = "executor"
    OBSERVER = "observer"
    TARGET = "target"
    LEARNER = "learner"
    SUITE = "suite"
    ALIGNMENT_SUITE = "alignment suite"
    DATA_SET = "data set"


Inputs = Mapping[str, Array]
"""One instance, dense: feature name -> array."""


def _same(size: int) -> int:
    return size


def _accept(inputs: Inputs) -> None:
    return None


@dataclass(frozen=True)
class Drawing:
    """What a picture of an algorithm's runs needs to know and its features do not tell; all of it is optional.

    It is given when the algorithm is registered, and is no part of it: no result depends on it.

    Args:
        plane: the two scalars on nodes that are their places, across and upwards.
        segments: whether nodes 2 k and 2 k + 1 of a plane are the ends of a segment.
        spans: the two scalars on nodes that are where their spans begin and end; ("", end) where all begin at 0.
        words: feature -> what its classes are called, or the two values of a mask, from 0.

    Raises:
        PluginError: it is both in a plane and of spans, or has segments without a plane.
    """

    plane: tuple[str, str] | None = None
    segments: bool = False
    spans: tuple[str, str] | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.plane and self.spans:
            raise PluginError("a drawing has either a plane or spans; both were given.")
        if self.segments and not self.plane:
            raise PluginError("segments=True: the ends of segments lie in a plane; name its two scalars.")

    def faults(self, spec: AlgorithmSpec) -> list[str]:
        """Return what does not fit a spec."""
        known = {feature.name: feature for feature in spec.features}
        found = []
        for name in (*(self.plane or ()), *(name for name in self.spans or () if name)):
            feature = known.get(name)
            if feature is None or (feature.location, feature.type) != (Location.NODE, Type.SCALAR):
                found.append(f"'{name}' is no scalar on nodes of the spec")
            elif feature.stage is not Stage.INPUT:
                found.append(f"'{name}' is a {feature.stage}; places do not change, so inputs alone can be drawn so")
        for name, words in self.words.items():
            feature = known.get(name)
            classes = 0 if feature is None else 2 if feature.type is Type.MASK else feature.classes
            if not classes:
                found.append(f"words: '{name}' is no categorical or mask of the spec")
            elif len(words) != classes:
                found.append(f"words: '{name}' has {classes} values, got {len(words)} words")
        return found


@dataclass(frozen=True, eq=False)
class Algorithm:
    """An algorithm: its features, its input distribution, its loop, and how an answer is judged.

    Args:
        name: a Python identifier. Behaviour that changes published numbers changes `version`.
        source: book page or paper of the algorithm.
        spec: the features; hints in the order in which `step` yields them.
        sample: `sample(rng, size, <shift axes>) -> inputs`, plain Python that numba compiles: draws one instance
            with the functions of `nar_bench.data.random` and returns its compact inputs in the order of the
            spec. Every parameter after `size` is a shift axis and has a number for a default, the test
            distribution's.
        step: the stepping function (see `nar_bench.kernel`).
        verify: `verify(inputs, outputs) -> bool` on dense arrays of one instance; True for *every* right answer.
        reference: `reference(inputs) -> outputs`, dense, by an implementation independent of `step`.
        check: `check(inputs)` raises InputError where a value that fits the spec is still not allowed.
        derive: input name -> function of the dense inputs given, for inputs that `run` may be called without.
        nodes: number of nodes N of an instance of a given size.
        smallest: the least size.
        ranges: shift axis -> least and greatest value allowed; axes not named take any number.
        words: shift axis -> the names that stand for its values 0, 1, 2 and so on, such as graph families.
        loose_ends: hint -> why its last value is not the output of the same name, where it is not.
        leaks: output -> why the first hint gives away more than a tenth of what no constant answer has right.
        shallow: output -> why a constant answer scores 0.95 or more on it.
        growth: exponent g where the number of hints grows as n^g, from n = 16 to 64 on the test distribution.
        training: shift axis -> value or values of the training distribution, where it differs from the default.
        compiled: whether numba can compile `sample` and `step`.
    """

    name: str
    version: int
    source: str
    spec: AlgorithmSpec
    sample: FunctionType | Callable[..., Any]
    step: FunctionType | Callable[..., Any]
    verify: Callable[[Inputs, Inputs], bool]
    reference: Callable[[Inputs], dict[str, Array]]
    check: Callable[[Inputs], None] = _accept
    derive: Mapping[str, Callable[[Inputs], Array]] = field(default_factory=dict)
    nodes: Callable[[int], int] = _same
    smallest: int = 1
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loose_ends: Mapping[str, str] = field(default_factory=dict)
    leaks: Mapping[str, str] = field(default_factory=dict)
    shallow: Mapping[str, str] = field(default_factory=dict)
    growth: float | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    compiled: bool = True

    def run(self, **inputs: Any) -> Trajectory:
        """Run the algorithm on one instance.

        Args:
            inputs: every input of the spec as a dense array, by name; those in `derive` may be left out, and a
                mask_one may be given as a node index. Where the spec is sparse, also `edges` [E, 2], each edge both
                ways in any order, to which features on edges [E] belong.

        Returns:
            the trajectory, dense.

        Raises:
            InputError: an input is missing, unknown, of a wrong shape or dtype, not finite or out of range.
        """
        compact, nodes = self.compact_inputs(inputs)
        if self.spec.layout is Layout.SPARSE:
            on_edges = {"edges", *(f.name for f in self.spec.inputs if f.location is Location.EDGE)}
            columns = {name: value if name in on_edges else value[None] for name, value in compact.items()}
            trajectory = self.execute(columns, nodes, edge_offsets=np.array([0, len(compact["edges"])]))[0]
        else:
            trajectory = self.execute({name: value[None] for name, value in compact.items()}, nodes)[0]
        return cast(Trajectory, trajectory)

    def execute(
        self, inputs: Columns, nodes: int, *, hints: bool = True, edge_offsets: NDArray[np.int64] | None = None
    ) -> Any:
        """Run the algorithm on B instances, compact: name -> [B, *compact_shape], on `nodes` nodes each.

        Args:
            inputs: as in `Batch` or, where the spec is sparse, `SparseBatch`.
            nodes: N.
            hints: whether to keep them; without, a batch holds inputs, outputs and lengths, little even at n = 1,024.
            edge_offsets: [B + 1], where the spec is sparse.

        Returns:
            a `Batch` or `SparseBatch`.
        """
        step: Any = self.step
        if edge_offsets is None:
            return execute(self.name, self.spec, step, inputs, nodes, compiled=self.compiled, hints=hints)
        return execute_sparse(
            self.name, self.spec, step, inputs, edge_offsets, nodes, compiled=self.compiled, hints=hints
        )

    def compact_inputs(self, inputs: Mapping[str, Any]) -> tuple[dict[str, Array], int]:
        """Check one dense instance and return it compact, with its number of nodes. Raises InputError."""
        where = f"algorithm '{self.name}'"
        if self.spec.layout is Layout.SPARSE:
            return self._compact_sparse(inputs, where)
        names = [feature.name for feature in self.spec.inputs]
        unknown = [name for name in inputs if name not in names]
        if unknown:
            raise InputError(f"{where}: got unknown input '{unknown[0]}'; its inputs are {', '.join(names)}.")
        given = {name: as_array(value, f"{where}, input '{name}'") for name, value in inputs.items()}
        nodes = self._count_nodes(given, where)
        compact: dict[str, Array] = {}
        for feature in self.spec.inputs:
            if feature.name in given:
                compact[feature.name] = to_compact(
                    feature, given[feature.name], nodes, f"{where}, input '{feature.name}'"
                )
        for feature in self.spec.inputs:
            name = feature.name
            if name in compact:
                continue
            if name not in self.derive:
                needed = [other for other in names if other not in self.derive]
                raise InputError(f"{where}: input '{name}' is missing; it needs {', '.join(needed)}.")
            given[name] = self.derive[name](given)
            compact[name] = to_compact(feature, given[name], nodes, f"{where}, derived input '{name}'")
        self.check({name: to_dense(self.spec[name], value, nodes) for name, value in compact.items()})
        return compact, nodes

    def _compact_sparse(self, inputs: Mapping[str, Any], where: str) -> tuple[dict[str, Array], int]:
        """Sort the edges and their features; everything else is as in the dense layout."""
        on_edges = [f for f in self.spec.inputs if f.location is Location.EDGE]
        rest = {name: value for name, value in inputs.items() if name not in ("edges", *(f.name for f in on_edges))}
        if "edges" not in inputs:
            raise InputError(f"{where}: input 'edges' is missing; give [E, 2] node indices, each edge both ways.")
        on_nodes = AlgorithmSpec(tuple(f for f in self.spec.features if f not in on_edges))
        compact, nodes = replace(self, spec=on_nodes, check=_accept).compact_inputs(rest)
        edges, order = sorted_edges(inputs["edges"], nodes, f"{where}, input 'edges'")
        for feature in on_edges:
            if feature.name not in inputs:
                raise InputError(f"{where}: input '{feature.name}' is missing; give one value for each row of edges.")
            # On the graph [len(edges)] "nodes" the feature has the shape that its edges have here.
            like = replace(feature, location=Location.NODE)
            value = to_compact(like, inputs[feature.name], len(edges), f"{where}, input '{feature.name}'")
            compact[feature.name] = value[order]
        compact["edges"] = edges
        dense = {f.name: to_dense(f, compact[f.name], nodes) for f in self.spec.inputs if f not in on_edges}
        self.check({**dense, "edges": edges.astype(np.int64), **{f.name: compact[f.name] for f in on_edges}})
        return compact, nodes

    def _count_nodes(self, inputs: Mapping[str, Any], where: str) -> int:
        for feature in self.spec.inputs:
            shape = np.shape(inputs.get(feature.name, 0))
            if feature.location is not Location.GRAPH and shape:
                nodes = int(shape[0])
                if nodes < self.nodes(self.smallest):
                    raise InputError(f"{where}: got {nodes} nodes; at least {self.nodes(self.smallest)} are needed.")
                return nodes
        raise InputError(f"{where}: no node or edge input was given, so the number of nodes is not known.")


def _support_all(config: Any, spec: AlgorithmSpec, regime: Regime, model: NetConfig) -> str:
    return ""


class StepOutput(NamedTuple):
    """What a processor returns for one step. Shapes: B batch, N nodes, H hidden, K idea size."""

    hidden: Tensor
    """[B, N, H] new node state, read by the decoders."""
    edge: Tensor | WrittenEdges | None
    """[B, N, N, H] new edge state for the decoders, or None."""
    state: Any
    """Whatever the processor wants back at the next step: tensors with the batch as their first axis (in the sparse
    layout nodes, edges or graphs), alone or in tuples, lists, dicts and dataclasses. Graphs whose run is over are taken
    out of it. Where `hidden` itself is in it,
    alone or in tuples, the net puts there what its dropout and LSTM made of it."""
    idea: Tensor | None
    """[B, K] the idea M_t written at this step, or None."""
    penalty: Tensor | None = None
    """[B] what this step adds to the loss of each graph, in the mean over its steps, or None."""


@runtime_checkable
class ProcessorModule(Protocol):
    """A torch module that makes one processing step; called as `module(node, edge, graph, adjacency, state)`.

    One with `reads_numbers_apart` takes one more argument, see `nar_bench.model.numbers`.
    """

    def initial_state(self, node: Tensor) -> Any:
        """Return the state before the first step; node [B, N, H] gives sizes, dtype and device."""
        ...

    def forward(self, node: Tensor, edge: Tensor, graph: Tensor, adjacency: Tensor, state: Any) -> StepOutput:
        """Make one step.

        Args:
            node: [B, N, H] encoded node features (inputs, and hints where the regime encodes them).
            edge: [B, N, N, H]; edge[b, i, j] belongs to the pair of sender i and receiver j.
            graph: [B, H].
            adjacency: [B, N, N] bool, symmetric, with self-loops.
            state: from `initial_state` or the step before.
        """
        ...


@runtime_checkable
class SparseProcessorModule(Protocol):
    """A torch module that makes one processing step on graphs as lists of edges, with the parameters of the dense form.

    On the same graph it computes what the dense form does, but that pairs of nodes without an edge do not exist.
    Shapes: B graphs, V nodes and E edges of all of them, see `nar_bench.model.sparse_graph`.
    """

    def sparse_state(self, node: Tensor, on: SparseGraph) -> Any:
        """Return the state before the first step; node [V, H] gives sizes, dtype and device."""
        ...

    def sparse_forward(self, node: Tensor, edge: EdgeVectors, graph: Tensor, on: SparseGraph, state: Any) -> StepOutput:
        """Make one step; hidden is [V, H], an idea [B, K], a penalty [B], and edge None.

        Args:
            node: [V, H] encoded node features.
            edge: of `values` [E, F]; row e belongs to the edge from on.source[e] to on.target[e].
            graph: [B, H].
            on: the graphs.
            state: from `sparse_state` or the step before; where `hidden` itself is in it, as in `StepOutput`.
        """
        ...


@dataclass(frozen=True, eq=False)
class Processor:
    """A processor.

    Args:
        source: the paper and equation.
        config: frozen dataclass of its options, all with defaults.
        build: `build(config, hidden) -> ProcessorModule`, a torch module; hidden is H.
        writes_ideas: whether its StepOutput has an idea, which the memory regime needs; its config then has
            `idea_size`, the K of its ideas.
        writes_edges: whether its StepOutput has edge vectors.
        masks_decoders: whether pointers on nodes and masks on edges may be answered only along the adjacency, as the
            reference's `*_mask` processors do.
        reads_graph: whether the vector of the graph changes what it computes; if not, a memory that feeds ideas back
            through that vector alone would be without effect.
        reads_order: whether the order of the nodes matters to it, so that relabelling them changes what it computes.
        unsupported: `unsupported(config, spec, regime, model) -> str`: "" where it can be built with these options for
            an algorithm of this spec, in this regime and network, or a sentence that says why not and what could be.
            A plan asks it, so it needs no torch and builds nothing.
        own_state: whether what it carries from step to step is made of something else than its hidden vectors, so that
            a net's dropout and LSTM cannot enter it (see `nar_bench.model.state`).
        reference_names: the reference's module names -> those of the module that is built, where the reference has this
            processor; see `nar_bench.model.reference_parameters`.
        layouts: of the graphs that it takes; with Layout.SPARSE the module is a `SparseProcessorModule` too.
    """

    name: str
    version: int
    source: str
    config: type
    build: Callable[[Any, int], Any]
    writes_ideas: bool = False
    writes_edges: bool = False
    masks_decoders: bool = False
    reads_graph: bool = True
    reads_order: bool = False
    unsupported: Callable[[Any, AlgorithmSpec, Regime, NetConfig], str] = _support_all
    own_state: bool = False
    reference_names: Mapping[str, str] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = (Layout.DENSE,)


class Level(StrEnum):
    """What a similarity scores."""

    STEP = "step"
    """Two ideas: phi(a [..., K], b [..., K]) -> [...], which a loss sums over the steps that two trajectories share."""
    TRAJECTORY = "trajectory"
    """Two trajectories of ideas: s(x [..., S, K], steps_x [...], y [..., R, K], steps_y [...]) -> [...]. Steps are
    at least 1; what stands beyond them is finite and is not to matter."""


@dataclass(frozen=True, eq=False)
class ProcessorWrapper:
    """Something that goes around any processor: `NAME_mpnn` is that of this name around mpnn.

    Args:
        wrap: `wrap(processor) -> Processor`: another, named f"{name}_{processor.name}", with a config of its own.
            Raises Unsupported where this processor cannot be wrapped, whatever the options. The version is the
            wrapper's; that of what is in it is recorded beside it.
    """

    name: str
    version: int
    source: str
    wrap: Callable[[Processor], Processor]


@dataclass(frozen=True, eq=False)
class Similarity:
    """A similarity of two ideas, phi(M_t, M'_t), or of two trajectories of ideas, s(X, Y).

    What is declared is checked exactly: where something holds that is said not to, conformance fails too. A learned
    similarity keeps it whatever its weights.

    Args:
        config: frozen dataclass of its options, all with defaults.
        build: `build(config, idea_size) -> phi or s`, a function or torch module; see `Level`. Leading axes broadcast.
        symmetric: phi(a, b) == phi(b, a).
        level: what it scores.
        bounds: least and greatest value (-inf or inf for one side alone), or None where unbounded.
        self_similarity: phi(a, a) where it is the same for every a but zero, else None.
        greatest_at_itself: phi(a, a) >= phi(a, b) for all a and b.
        scale_invariant: phi(c a, d b) == phi(a, b) for all c, d > 0.
        learned: it has parameters, which are trained with the network.
    """

    name: str
    version: int
    source: str
    config: type
    build: Callable[[Any, int], Callable[..., Tensor]]
    symmetric: bool
    level: Level = Level.STEP
    bounds: tuple[float, float] | None = None
    self_similarity: float | None = None
    greatest_at_itself: bool = False
    scale_invariant: bool = False
    learned: bool = False


class Invariant(StrEnum):
    """What a similar input keeps of the original run, of its nodes where the similar input has more."""

    TRAJECTORY = "trajectory"
    """Every hint at every step, and the output."""
    DISCRETE_HINTS = "discrete_hints"
    """Every hint that is not a scalar, at every step, and the output."""
    PREFIX = "prefix"
    """The original's hints are the first hints of the other run."""
    OUTPUT = "output"
    """The output."""


@dataclass(frozen=True, eq=False)
class SimilarInput:
    """A way to make another input that an algorithm treats alike.

    Args:
        invariant: what it keeps.
        algorithms: the algorithms for which it holds.
        transform: `transform(stream, inputs) -> inputs`: compact instance (name -> array) to compact instance of
            the same spec; draws from the `Stream`, does not change its argument.
        nodes: `nodes(N)`, more than N: how many nodes the similar input of one on N nodes has, of which the first N are
            the original's. None where it has as many.
    """

    name: str
    version: int
    source: str
    invariant: Invariant
    algorithms: tuple[str, ...]
    transform: Callable[[Stream, Mapping[str, Array]], dict[str, Array]]
    nodes: Callable[[int], int] | None = None


Component = (
    Algorithm | Processor | ProcessorWrapper | Similarity | SimilarInput | Executor | Observer | Target | Learner
)
"""Anything that the registry hands out, but for suites and data sets, which are files."""

CONTRACTS: Mapping[Kind, type[Component]] = {
    Kind.ALGORITHM: Algorithm,
    Kind.PROCESSOR: Processor,
    Kind.WRAPPER: ProcessorWrapper,
    Kind.SIMILARITY: Similarity,
    Kind.SIMILAR_INPUT: SimilarInput,
    Kind.EXECUTOR: Executor,
    Kind.OBSERVER: Observer,
    Kind.TARGET: Target,
    Kind.LEARNER: Learner,
}
