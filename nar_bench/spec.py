"""Stage, location, type, feature, spec: what an algorithm reads, shows at each step and returns.

The vocabulary is that of CLRS-30 (Velickovic et al. 2022, section 2.1). Shapes below use B batch,
T steps, N nodes, C classes. The *dense* layout is the reference's; the *compact* layout is how
trajectories are stored (`nar_bench.trajectory`).
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from nar_bench.errors import SpecError, UnknownName, did_you_mean

MASKED = -1
"""The value of a mask or a class that is neither trained nor scored."""


GRAPH = "edges"
"""The name of the graph among the inputs."""

RESERVED = (GRAPH, "row", "column")
"""Names of the graph in the sparse layout: its edges [E, 2], and the same as lists of neighbours (see
`nar_bench.sparse_kernel`)."""


class Stage(StrEnum):
    """When a feature is seen."""

    INPUT = "input"
    HINT = "hint"
    OUTPUT = "output"


class Location(StrEnum):
    """Where a feature lives: on each node [N], on each ordered pair of nodes [N, N], or on the whole graph []."""

    NODE = "node"
    EDGE = "edge"
    GRAPH = "graph"


class Layout(StrEnum):
    """How graphs are laid out."""

    DENSE = "dense"
    """Every ordered pair of nodes has a place: edge features are [N, N]."""
    SPARSE = "sparse"
    """Only edges have a place: edge features are [E], E directed edges, each undirected edge both ways."""


class Type(StrEnum):
    """What the values of a feature mean."""

    SCALAR = "scalar"
    """A real number."""
    CATEGORICAL = "categorical"
    """One of C classes; dense one-hot [..., C], compact class index."""
    MASK = "mask"
    """0, 1 or MASKED."""
    MASK_ONE = "mask_one"
    """Exactly one node; dense one-hot [N], compact node index."""
    POINTER = "pointer"
    """The index of a node, in [0, N)."""
    PERMUTATION_POINTER = "permutation_pointer"
    """Predecessor pointers of an order of all nodes; the first node points at itself."""


@dataclass(frozen=True)
class Feature:
    """One named quantity of an algorithm.

    Args:
        name: a Python identifier, unique within the spec; the reference's name where it has one.
        stage, location, type: see the enums; their words, such as "input", are taken too.
        classes: number of classes C; only for `categorical`, where it is at least 2.
        given: a hint that is shown and not to be predicted, such as the random numbers of a step. It ends with the
            true run, so only a network that makes the true run's steps can be shown it.

    Raises:
        SpecError: the combination is not one that CLRS-30 defines.
    """

    name: str
    stage: Stage
    location: Location
    type: Type
    classes: int = 0
    given: bool = False

    def __post_init__(self) -> None:
        if self.given and self.stage != Stage.HINT:
            raise SpecError(f"feature '{self.name}': given=True is for hints; an {self.stage} has it by nature.")
        where = f"feature '{self.name}'"
        for attribute, words in (("stage", Stage), ("location", Location), ("type", Type)):
            word = getattr(self, attribute)
            if word not in tuple(words):
                raise SpecError(f"{where}: {attribute} '{word}' is not known.{did_you_mean(str(word), words)}")
            object.__setattr__(self, attribute, words(word))
        if not self.name.isidentifier() or keyword.iskeyword(self.name):
            raise SpecError(f"{where}: the name must be a Python identifier and no keyword.")
        if (self.type is Type.CATEGORICAL) != (self.classes >= 2):
            raise SpecError(
                f"{where}: classes={self.classes} with type {self.type}; "
                "categorical features have at least 2 classes, all others have 0."
            )
        if self.type in (Type.MASK_ONE, Type.PERMUTATION_POINTER) and self.location is not Location.NODE:
            raise SpecError(f"{where}: type {self.type} lives on nodes, got location {self.location}.")


@dataclass(frozen=True)
class AlgorithmSpec:
    """The features of one algorithm, in the order in which its stepping function yields its hints.

    In the sparse layout the graph itself is an input of its own, `edges` [E, 2], that no feature describes.

    Args:
        along_edges: of the dense layout, whether all that the features say is along the edges of a graph: every pointer
            on nodes points at a neighbour or at its own node, and every feature on edges has one and the same value
            wherever there is no edge. The graph is where an input on edges is not 0, in either direction. Such an
            algorithm has a sparse form (see `nar_bench.layouts`).

    Raises:
        SpecError: a name occurs twice, there is no input or no output, or a feature does not fit the layout.
    """

    features: tuple[Feature, ...]
    layout: Layout = Layout.DENSE
    along_edges: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        if self.along_edges:
            self._check_along_edges()
        if self.layout is Layout.SPARSE:
            for feature in self.features:
                pointer = feature.location is Location.EDGE and feature.type not in (Type.SCALAR, Type.MASK)
                if feature.name in RESERVED or pointer:
                    raise SpecError(
                        f"feature '{feature.name}': in the sparse layout edges carry scalars and masks, and the names "
                        f"{', '.join(RESERVED)} are taken by the graph."
                    )
        names = [feature.name for feature in self.features]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SpecError(f"spec: feature names must be unique, got twice: {', '.join(twice)}.")
        for stage in (Stage.INPUT, Stage.OUTPUT):
            if not self.at(stage):
                raise SpecError(f"spec: at least one {stage} feature is needed, got none.")

    def _check_along_edges(self) -> None:
        dense_alone = next((f.name for f in self.features if f.type is Type.PERMUTATION_POINTER), "")
        graph = any(f.location is Location.EDGE for f in self.inputs)
        if dense_alone or not graph or self.layout is not Layout.DENSE:
            why = f"'{dense_alone}' orders all nodes" if dense_alone else "it needs an input on edges"
            why = why if self.layout is Layout.DENSE else "the layout is sparse anyway"
            raise SpecError(f"spec: along_edges=True cannot be: {why}.")

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.features, self.layout))

    def at(self, stage: Stage) -> tuple[Feature, ...]:
        """Return the features of one stage, in order."""
        return tuple(feature for feature in self.features if feature.stage is stage)

    @cached_property
    def inputs(self) -> tuple[Feature, ...]:
        """The input features, in order."""
        return self.at(Stage.INPUT)

    @cached_property
    def hints(self) -> tuple[Feature, ...]:
        """The hint features, in the order in which the stepping function yields them."""
        return self.at(Stage.HINT)

    @cached_property
    def outputs(self) -> tuple[Feature, ...]:
        """The output features, in order."""
        return self.at(Stage.OUTPUT)

    def __getitem__(self, name: str) -> Feature:
        for feature in self.features:
            if feature.name == name:
                return feature
        raise UnknownName("feature", name, [feature.name for feature in self.features])
