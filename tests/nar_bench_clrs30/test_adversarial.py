"""Whatever one hands to an algorithm, it is refused with its name, or the run ends and shows what its spec says."""

from __future__ import annotations

import numpy as np
import pytest
from chosen import EACH_ALGORITHM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nar_bench
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Algorithm
from nar_bench.spec import MASKED, Feature, Layout, Location, Type

TINY, LARGEST = 5e-324, 1e100
EXTREMES = [0.0, -0.0, 1.0, LARGEST, -LARGEST, 1e308, TINY, -TINY, 1e-300, 0.1, -0.3, 2.0, 3.0, -1.0, 2.0**53]
EACH = pytest.mark.parametrize("name", EACH_ALGORITHM)


# ------------------------------------------------------------------ what may be drawn


def shape_of(feature: Feature, nodes: int, edges: int | None) -> tuple[int, ...]:
    on_edges = (nodes, nodes) if edges is None else (edges,)
    shape = {Location.NODE: (nodes,), Location.EDGE: on_edges, Location.GRAPH: ()}[feature.location]
    return (*shape, feature.classes) if feature.type is Type.CATEGORICAL else shape


def wild(rng: np.random.Generator, feature: Feature, nodes: int, edges: int | None) -> np.ndarray:
    """Any value of the right shape that is a number."""
    shape = shape_of(feature, nodes, edges)
    if feature.type is Type.MASK:
        return rng.choice([0, 1, 1, MASKED], shape)
    if feature.type is Type.MASK_ONE:
        return np.eye(nodes)[rng.integers(nodes)]
    if feature.type is Type.CATEGORICAL:
        return np.eye(feature.classes)[rng.integers(feature.classes, size=shape[:-1])]
    if feature.type in (Type.POINTER, Type.PERMUTATION_POINTER):
        return rng.integers(nodes, size=shape)
    few = rng.choice(EXTREMES, size=rng.integers(1, 5))
    return rng.choice([few, rng.integers(-2, 5, 4).astype(float), rng.uniform(-1, 1, 4)][rng.integers(3)], shape)


def tamed(rng: np.random.Generator, name: str, value: np.ndarray) -> np.ndarray:
    """Make what many algorithms demand of their inputs likelier: a sparse or symmetric graph, order, no sign."""
    ways = rng.random(5) < 0.5
    if ways[0]:
        value = np.abs(value)
    if value.ndim == 2:
        if ways[1]:
            value = np.where(rng.random(value.shape) < 0.4, value, 0.0)
        if ways[2]:
            value = np.where(np.tri(len(value), dtype=bool), value, value.T)
        elif ways[3]:
            order = rng.permutation(len(value))
            value = np.triu(value, 1)[order][:, order]
    elif value.ndim == 1 and (ways[4] or name == "string"):
        value = np.sort(value)
    return value


def fresh_inputs(algorithm: Algorithm, rng: np.random.Generator, nodes: int) -> dict:
    inputs, edges = {}, None
    if algorithm.spec.layout is Layout.SPARSE:
        linked = np.triu(rng.random((nodes, nodes)) < 0.5, 1)
        inputs["edges"] = rng.permutation(np.argwhere(linked | linked.T)).reshape(-1, 2)
        edges = len(inputs["edges"])
    for feature in algorithm.spec.inputs:
        if feature.name not in algorithm.derive or rng.random() < 0.1:
            inputs[feature.name] = wild(rng, feature, nodes, edges)
            if feature.type in (Type.SCALAR, Type.MASK):
                inputs[feature.name] = tamed(rng, feature.name, inputs[feature.name])
    return inputs


def drawn_inputs(algorithm: Algorithm, rng: np.random.Generator, size: int) -> dict:
    """An instance of the input distribution, with some numbers replaced by extreme ones or scaled."""
    (trajectory,) = nar_bench.generate(algorithm.name, size, 1, seed=int(rng.integers(1000)))
    inputs = {name: np.array(value) for name, value in trajectory.inputs.items() if name not in algorithm.derive}
    for feature in algorithm.spec.inputs:
        if feature.type is Type.SCALAR and feature.name in inputs and rng.random() < 0.7:
            value, extreme = inputs[feature.name], rng.choice(EXTREMES)
            if rng.random() < 0.5:
                inputs[feature.name] = np.where((rng.random(value.shape) < 0.3) & (value != 0), extreme, value)
            else:
                with np.errstate(over="ignore", under="ignore"):
                    inputs[feature.name] = np.clip(value * extreme, -1e308, 1e308)
            value = inputs[feature.name]
            if value.ndim == 2 and rng.random() < 0.5:
                inputs[feature.name] = np.where(np.tri(len(value), dtype=bool), value, value.T)
    return inputs


# ------------------------------------------------------------------ what must come of it


def assert_fits(feature: Feature, values: np.ndarray, nodes: int) -> None:
    where = f"{feature.stage} {feature.name}"
    assert np.isfinite(values).all(), where
    if feature.type is Type.MASK:
        assert np.isin(values, (MASKED, 0, 1)).all(), where
    elif feature.type is Type.MASK_ONE:
        assert np.isin(values, (0, 1)).all(), where
        assert (values.sum(axis=-1) == 1).all(), where
    elif feature.type is Type.CATEGORICAL:
        masked = (values[..., :-1] == 0).all(axis=-1) & (values[..., -1] == MASKED)
        one_hot = np.isin(values, (0, 1)).all(axis=-1) & (values.sum(axis=-1) == 1)
        assert (masked | one_hot).all(), where
    elif feature.type is not Type.SCALAR:
        assert ((values >= 0) & (values < nodes)).all(), where
    if feature.type is Type.PERMUTATION_POINTER:
        assert len(set(values.tolist())) == nodes - (nodes > 1), where
        assert (values == np.arange(nodes)).sum() == 1, where


def run_or_refuse(algorithm: Algorithm, inputs: dict) -> bool:
    """Return whether the algorithm ran; anything but a refusal that names an input or a proper run is an error."""
    try:
        trajectory = algorithm.run(**inputs)
    except InputError as refusal:
        known = {feature.name for feature in algorithm.spec.inputs} | {"edges", *inputs}
        named = any(f"'{name}'" in str(refusal) for name in known)
        if not named and "nodes; at least" not in str(refusal) and "number of nodes is not known" not in str(refusal):
            raise AssertionError(f"the refusal names no input: {refusal}") from refusal
        return False
    nodes = next(
        trajectory.inputs[f.name].shape[0]
        for f in algorithm.spec.inputs
        if f.location is Location.NODE and f.type is not Type.CATEGORICAL
    )
    assert 1 <= trajectory.length <= 20 * nodes**3 + 20
    for columns in (trajectory.inputs, trajectory.hints, trajectory.outputs):
        for name, values in columns.items():
            if name != "edges":
                assert_fits(algorithm.spec[name], values, nodes)
    assert {*trajectory.hints} == {f.name for f in algorithm.spec.hints}
    assert {*trajectory.outputs} == {f.name for f in algorithm.spec.outputs}
    return True


@EACH
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), more=st.integers(0, 6), fresh=st.booleans())
def test_extreme_numbers_are_refused_or_the_run_is_what_the_spec_says(name: str, seed: int, more: int, fresh) -> None:
    algorithm, rng = nar_bench.algorithm(name), np.random.default_rng(seed)
    size = algorithm.smallest + more
    if fresh:
        run_or_refuse(algorithm, fresh_inputs(algorithm, rng, algorithm.nodes(size)))
    else:
        run_or_refuse(algorithm, drawn_inputs(algorithm, rng, size))


def spoil_number(rng, value, number):
    value = np.array(value, dtype=np.float64)
    value[tuple(rng.integers(length) for length in value.shape) if value.size else ...] = number
    return value


SPOILS = {
    "another axis": lambda rng, value: np.asarray(value)[None],
    "one axis less": lambda rng, value: np.asarray(value)[0] if np.ndim(value) else np.array([value]),
    "cut": lambda rng, value: np.asarray(value)[:-1] if np.ndim(value) else value,
    "nothing": lambda rng, value: np.zeros((0,) * max(np.ndim(value), 1)),
    "None": lambda rng, value: None,
    "a word": lambda rng, value: "x",
    "a dictionary": lambda rng, value: {"x": 1},
    "objects": lambda rng, value: np.asarray(value).astype(object),
    "words": lambda rng, value: np.asarray(value).astype(str),
    "complex": lambda rng, value: np.asarray(value) * 1j,
    "dates": lambda rng, value: np.zeros(np.shape(value), "datetime64[s]"),
    "bool": lambda rng, value: np.asarray(value) != 0,
    "small integers": lambda rng, value: np.clip(value, 0, 100).astype(np.uint8),
    "half precision": lambda rng, value: np.clip(value, -6e4, 6e4).astype(np.float16),
    "lists": lambda rng, value: np.asarray(value).tolist(),
    "Fortran order": lambda rng, value: np.asfortranarray(value),
    "every other": lambda rng, value: np.repeat(value, 2, axis=-1)[..., ::2] if np.ndim(value) else value,
    "transposed": lambda rng, value: np.asarray(value).T,
    "NaN": lambda rng, value: spoil_number(rng, value, np.nan),
    "infinity": lambda rng, value: spoil_number(rng, value, -np.inf),
    "a fraction": lambda rng, value: spoil_number(rng, value, 0.5),
    "too great": lambda rng, value: spoil_number(rng, value, 1e308),
    "below zero": lambda rng, value: spoil_number(rng, value, -1),
    "minus two": lambda rng, value: spoil_number(rng, value, -2),
    "the number of nodes": lambda rng, value: spoil_number(rng, value, len(value) if np.ndim(value) else 1),
    "2 to the 64": lambda rng, value: np.add(value, 2**64, dtype=object),
}


@EACH
@pytest.mark.parametrize("spoil", SPOILS)
def test_wrong_shapes_types_and_ranges_are_refused_or_harmless(name: str, spoil: str) -> None:
    algorithm = nar_bench.algorithm(name)
    size = max(5, algorithm.smallest)
    (trajectory,) = nar_bench.generate(name, size, 1, seed=1)
    for seed, spoiled in enumerate([*trajectory.inputs]):
        rng = np.random.default_rng(seed)
        inputs = {key: value for key, value in trajectory.inputs.items() if key not in algorithm.derive}
        run_or_refuse(algorithm, inputs | {spoiled: SPOILS[spoil](rng, trajectory.inputs[spoiled])})
        inputs.pop(spoiled, None)
        run_or_refuse(algorithm, inputs)


@EACH
def test_at_least_some_of_what_is_drawn_is_run(name: str) -> None:
    """So that the tests above do not see refusals alone."""
    algorithm = nar_bench.algorithm(name)
    ran = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ran += run_or_refuse(algorithm, drawn_inputs(algorithm, rng, algorithm.smallest + seed % 5))
    assert ran >= 3


@EACH
def test_arguments_are_not_changed(name: str) -> None:
    algorithm = nar_bench.algorithm(name)
    (trajectory,) = nar_bench.generate(name, max(5, algorithm.smallest), 1, seed=2)
    given_inputs = {key: np.array(value) for key, value in trajectory.inputs.items()}
    algorithm.run(**given_inputs)
    for key, value in trajectory.inputs.items():
        np.testing.assert_array_equal(given_inputs[key], value)


@pytest.mark.parametrize(
    "key",
    [[[0.0], [1.0, 2.0]], np.array([0.0, 1.0], np.longdouble) * np.longdouble("1e4000")],
    ids=["ragged", "beyond float64"],
)
@pytest.mark.parametrize("name", ["minimum", "quicksort"])
def test_lists_that_are_no_array_and_numbers_beyond_float64_are_refused(name: str, key) -> None:
    with pytest.raises(InputError, match=r"input 'key'"):
        nar_bench.algorithm(name).run(key=key)
