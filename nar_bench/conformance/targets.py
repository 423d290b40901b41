"""What every target of the alignment laboratory must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nar_bench.conformance.kit import require
from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.learnability import Function, Objects, Target, Values
from nar_bench.plugin.registry import registry

_COUNT = 64
_TOLERANCE = 1e-9


def _sizes(target: Target) -> list[int]:
    return [target.only] if target.only is not None else [target.smallest, target.smallest + 3]


def _drawn(target: Target, size: int, count: int = _COUNT, seed: int = 0) -> tuple[Objects, Values]:
    objects = target.sample(target.config(), Stream(seed), size, count)
    return objects, target.value(target.config(), objects)


def is_described(target: Target) -> None:
    """The source is named, versions begin at 1, and there is a size."""
    require(bool(target.source.strip()), "source is empty; name the paper and section, or say that it is yours.")
    require(target.version >= 1, f"version is {target.version}; versions begin at 1.")
    require(target.smallest >= 1, f"smallest is {target.smallest}; sizes begin at 1.")


def inputs_have_their_shapes(target: Target) -> None:
    """Nodes are [B, n, d], pairs [B, n, n, e] with e as declared, all finite."""
    for size in _sizes(target):
        objects, _ = _drawn(target, size)
        nodes, pairs = objects.nodes.shape, objects.pairs.shape
        require(len(nodes) == 3 and nodes[:2] == (_COUNT, size), f"nodes are {nodes}; [{_COUNT}, {size}, d] is needed.")
        wanted = (_COUNT, size, size, target.pairs)
        require(pairs == wanted, f"pairs are {pairs}; {wanted} is needed.")
        require(bool(np.isfinite(objects.flat()).all()), "inputs are not finite.")


def inputs_depend_on_the_stream_alone(target: Target) -> None:
    """Equal streams give equal inputs, unlike ones others."""
    size = _sizes(target)[-1]
    one, again, other = (_drawn(target, size, seed=seed)[0].flat() for seed in (0, 0, 1))
    require(np.array_equal(one, again), "two draws from equal streams differ.")
    require(not np.array_equal(one, other), "draws from unlike streams are equal.")


def values_have_their_shape(target: Target) -> None:
    """Values are [B, 1], or [B, n] where they are on nodes, and finite."""
    for size in _sizes(target):
        _, values = _drawn(target, size)
        wanted = (_COUNT, size if target.on_nodes else 1)
        require(values.shape == wanted, f"values are {values.shape}; {wanted} is needed.")
        require(bool(np.isfinite(values).all()), "values are not finite.")


def values_are_within_the_bounds(target: Target) -> None:
    """No value of a thousand inputs is outside of the bounds, which are finite."""
    for size in _sizes(target):
        low, high = target.bounds(target.config(), size)
        require(bool(np.isfinite([low, high]).all()), f"bounds are {low} and {high}; both must be finite.")
        _, values = _drawn(target, size, 1000)
        least, most = float(values.min()), float(values.max())
        inside = low - _TOLERANCE <= least and most <= high + _TOLERANCE
        require(inside, f"values from {least:.4g} to {most:.4g}; the bounds are {low:.4g} and {high:.4g}.")


def a_value_is_of_its_own_input(target: Target) -> None:
    """What else is in a batch changes nothing."""
    objects, values = _drawn(target, _sizes(target)[-1])
    few = target.value(target.config(), objects.at(slice(3, 7)))
    require(np.allclose(few, values[3:7], atol=_TOLERANCE), "a value depends on what else is in its batch.")


def values_are_not_all_equal(target: Target) -> None:
    """There is something to learn."""
    for size in _sizes(target):
        require(float(_drawn(target, size, 1000)[1].std()) > 0, f"all values at size {size} are equal.")


def is_symmetric_where_declared(target: Target) -> None:
    """Relabelling the objects changes nothing but the order of values on nodes exactly where `symmetric` says so."""
    size = _sizes(target)[-1]
    if size == 1:
        return
    objects, values = _drawn(target, size)
    order = Stream(5).permutation(size)
    if np.array_equal(order, np.arange(size)):
        order = order[::-1]
    moved = target.value(target.config(), Objects(objects.nodes[:, order], objects.pairs[:, order][:, :, order]))
    expected = values[:, order] if target.on_nodes else values
    same = bool(np.allclose(moved, expected, atol=1e-7))
    require(same == target.symmetric, f"symmetric is {target.symmetric}, but relabelled objects give "
            f"{'equal' if same else 'other'} values.")  # fmt: skip


def terms_are_the_target(target: Target) -> None:
    """The polynomial that it is said to be has its values, on unit vectors, with powers that are 1 or even."""
    if target.terms is None:
        return
    for size in _sizes(target):
        objects, values = _drawn(target, size)
        terms, x = target.terms(target.config(), size), objects.flat()
        require(all(one.power == 1 or one.power % 2 == 0 for one in terms), "a power is neither 1 nor even.")
        require(bool(np.allclose(np.linalg.norm(x, axis=1), 1)), "an input is no unit vector.")
        made = sum(alpha * (x @ np.array(beta)) ** power for alpha, beta, power in terms)
        require(bool(np.allclose(made, values[:, 0])), "its terms have other values than it.")


def modules_generate_it(target: Target) -> None:
    """Each claimed alignment holds: a network of the modules' own functions is the target, exactly."""
    for name, claim in target.decompositions.items():
        functions = {role: _function(module) for role, module in claim.modules.items()}
        for size in _sizes(target):
            objects, values = _drawn(target, size)
            made = claim.compose(functions, target.config(), objects)
            require(made.shape == values.shape, f"alignment '{name}': composed values are {made.shape}.")
            gap = float(np.abs(made - values).max())
            require(
                gap < 1e-7, f"alignment '{name}': the modules' functions do not generate it; they are off by {gap:.2g}."
            )


def _function(name: str) -> Function:
    target: Target = registry().load(Kind.TARGET, name)

    def function(inputs: Values) -> Values:
        flat = inputs.reshape(-1, 1, inputs.shape[-1])
        made = target.value(target.config(), Objects(flat, np.zeros((len(flat), 1, 1, 0))))
        return made.reshape(inputs.shape[:-1])

    return function


CHECKS: Mapping[str, Callable[[Target], None]] = {
    check.__name__: check
    for check in (
        is_described,
        inputs_have_their_shapes,
        inputs_depend_on_the_stream_alone,
        values_have_their_shape,
        values_are_within_the_bounds,
        a_value_is_of_its_own_input,
        values_are_not_all_equal,
        is_symmetric_where_declared,
        terms_are_the_target,
        modules_generate_it,
    )
}
