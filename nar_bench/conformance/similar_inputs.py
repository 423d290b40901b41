"""What every similar input must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from nar_bench.conformance.kit import require
from nar_bench.data.generate import generate
from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Algorithm, Invariant, Kind, SimilarInput
from nar_bench.plugin.registry import registry
from nar_bench.spec import Feature, Location, Type
from nar_bench.trajectory import Array, Batch, Trajectory, compact_dtype, compact_shape, to_dense

SEED = 20261123
_COUNT = 12


def _algorithms(similar: SimilarInput) -> Iterator[Algorithm]:
    for name in similar.algorithms:
        yield registry().load(Kind.ALGORITHM, name)


def _pairs(
    similar: SimilarInput, algorithm: Algorithm
) -> Iterator[tuple[int, dict[str, Array], dict[str, Array], int]]:
    """Yield (sample, compact inputs, similar compact inputs, nodes), from test and training distributions."""
    size = max(algorithm.smallest, 10)
    for shift in ({}, algorithm.training):
        batch = generate(algorithm, size, _COUNT, SEED, **shift)
        for index in range(_COUNT):
            inputs = {name: column[index] for name, column in batch.inputs.items()}
            yield index, inputs, similar.transform(Stream(SEED, index), inputs), batch.nodes


def _nodes_of(similar: SimilarInput, nodes: int) -> int:
    return nodes if similar.nodes is None else similar.nodes(nodes)


def _run(algorithm: Algorithm, inputs: Mapping[str, Array], nodes: int) -> Trajectory:
    batch: Batch = algorithm.execute({name: np.asarray(value)[None] for name, value in inputs.items()}, nodes)
    return batch[0]


def is_described(similar: SimilarInput) -> None:
    """The source is named, the version is at least 1, and there is an algorithm that it holds for."""
    require(bool(similar.source.strip()), "source is empty; say why the invariant holds.")
    require(similar.version >= 1, f"version is {similar.version}; versions begin at 1.")
    require(bool(similar.algorithms), "it holds for no algorithm.")


def keeps_its_invariant(similar: SimilarInput) -> None:
    """What `invariant` names is the same at every step, of the nodes that both have."""
    for algorithm in _algorithms(similar):
        for index, inputs, other, nodes in _pairs(similar, algorithm):
            original, made = _run(algorithm, inputs, nodes), _run(algorithm, other, _nodes_of(similar, nodes))
            broken = _broken(similar.invariant, original, made, nodes)
            require(
                not broken,
                f"{algorithm.name}, size {max(algorithm.smallest, 10)}, seed {SEED}, sample {index}: {broken}.",
            )


def _broken(invariant: Invariant, one: Trajectory, other: Trajectory, nodes: int) -> str:
    """Say what differs on the first `nodes` nodes although the invariant forbids it, or return ""."""
    if invariant is not Invariant.PREFIX:
        for feature in one.spec.outputs:
            if not np.array_equal(one.outputs[feature.name], _among(feature, other.outputs[feature.name], nodes)):
                return f"output '{feature.name}' differs"
    if invariant is Invariant.OUTPUT:
        return ""
    if (other.length < one.length) if invariant is Invariant.PREFIX else (other.length != one.length):
        return f"the lengths are {one.length} and {other.length}"
    for feature in one.spec.hints:
        if feature.type is Type.SCALAR and invariant is Invariant.DISCRETE_HINTS:
            continue
        hints, others = one.hints[feature.name], other.hints[feature.name]
        wrong = [t for t in range(one.length) if not np.array_equal(hints[t], _among(feature, others[t], nodes))]
        if wrong:
            return f"hint '{feature.name}' differs at step {wrong[0]}"
    return ""


def _among(feature: Feature, value: Array, nodes: int) -> Array:
    """Return the part of a dense value that is on the first `nodes` nodes."""
    if feature.location is Location.EDGE:
        value = value[:nodes, :nodes]
    elif feature.location is Location.NODE:
        value = value[:nodes]
    return value


def has_as_many_nodes_as_declared(similar: SimilarInput) -> None:
    """Where `nodes` is declared there are more than the original's, at every size."""
    if similar.nodes is not None:
        wrong = next((n for n in range(1, 65) if similar.nodes(n) <= n), 0)
        require(not wrong, f"nodes({wrong}) is {similar.nodes(wrong) if wrong else 0}; more than {wrong} are needed.")


def makes_another_input(similar: SimilarInput) -> None:
    """The similar input is not simply the same one, in at least half of the cases."""
    for algorithm in _algorithms(similar):
        changed = [
            any(not np.array_equal(inputs[name], other[name]) for name in inputs)
            for _, inputs, other, _ in _pairs(similar, algorithm)
        ]
        require(
            sum(changed) * 2 >= len(changed),
            f"{algorithm.name}: only {sum(changed)} of {len(changed)} inputs were changed.",
        )


def is_deterministic(similar: SimilarInput) -> None:
    """Equal streams give equal inputs."""
    for algorithm in _algorithms(similar):
        for index, inputs, other, _ in _pairs(similar, algorithm):
            again = similar.transform(Stream(SEED, index), inputs)
            differs = next((name for name in other if not np.array_equal(other[name], again[name])), "")
            require(
                not differs, f"{algorithm.name}, sample {index}: two draws from equal streams differ in '{differs}'."
            )


def leaves_its_argument(similar: SimilarInput) -> None:
    """The given arrays are not written to."""
    for algorithm in _algorithms(similar):
        for index, inputs, _, _ in _pairs(similar, algorithm):
            before = {name: np.array(value) for name, value in inputs.items()}
            similar.transform(Stream(SEED, index), inputs)
            changed = next((name for name in inputs if not np.array_equal(before[name], inputs[name])), "")
            require(not changed, f"{algorithm.name}, sample {index}: transform() changed its argument '{changed}'.")


def fits_the_spec(similar: SimilarInput) -> None:
    """What it returns is a valid input of the algorithm, with every name of the spec."""
    for algorithm in _algorithms(similar):
        for index, inputs, other, nodes in _pairs(similar, algorithm):
            require(
                other.keys() == inputs.keys(),
                f"{algorithm.name}: it returns {sorted(other)}, the inputs are {sorted(inputs)}.",
            )
            dense = {}
            for feature in algorithm.spec.inputs:
                value = np.asarray(other[feature.name])
                expected = compact_shape(feature, _nodes_of(similar, nodes))
                require(
                    value.shape == expected,
                    f"{algorithm.name}, sample {index}: '{feature.name}' has shape {value.shape}, expected {expected}.",
                )
                made = _nodes_of(similar, nodes)
                dense[feature.name] = to_dense(feature, value.astype(compact_dtype(feature, made)), made)
            algorithm.compact_inputs(dense)


CHECKS: Mapping[str, Callable[[SimilarInput], None]] = {
    function.__name__: function
    for function in (
        is_described,
        has_as_many_nodes_as_declared,
        fits_the_spec,
        keeps_its_invariant,
        makes_another_input,
        is_deterministic,
        leaves_its_argument,
    )
}
