"""Similarity functions: their values, worked out by other means than theirs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import registry


def built(name: str, idea_size: int = 3, **options: Any) -> Any:
    similarity = registry().load(Kind.SIMILARITY, name)
    return similarity.build(similarity.config(**options), idea_size)


def draws(*shape: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def squared(a: list[float], b: list[float]) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def product(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


STEPWISE = {
    ("dot", ()): product,
    ("cosine", ()): lambda a, b: product(a, b) / math.sqrt(product(a, a) * product(b, b)),
    ("negative_squared_distance", ()): lambda a, b: -squared(a, b),
    ("rbf", ()): lambda a, b: math.exp(-squared(a, b) / (2 * 3)),
    ("rbf", (("bandwidth", 0.5),)): lambda a, b: math.exp(-squared(a, b) / (2 * 0.25 * 3)),
    ("bilinear", ()): product,
}


@pytest.mark.parametrize(("name", "options"), list(STEPWISE), ids=str)
def test_stepwise_values(name: str, options: Any) -> None:
    phi = built(name, **dict(options))
    if isinstance(phi, torch.nn.Module):
        phi.double()
    a, b = draws(4, 1, 3), draws(1, 5, 3, seed=1)
    with torch.no_grad():
        table = phi(a, b)
    for i, j in itertools.product(range(4), range(5)):
        expected = STEPWISE[name, options](a[i, 0].tolist(), b[0, j].tolist())
        assert table[i, j].item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("symmetric", [False, True])
def test_bilinear_forms_are_symmetric_where_asked_for(symmetric: bool) -> None:
    phi = built("bilinear", symmetric=symmetric).double()
    with torch.no_grad():
        phi.weight.copy_(draws(3, 3))
    a, b = draws(6, 3, seed=1), draws(6, 3, seed=2)
    weight = (phi.weight + phi.weight.T) / 2 if symmetric else phi.weight
    torch.testing.assert_close(phi(a, b), torch.stack([x @ weight @ y for x, y in zip(a, b, strict=True)]))
    assert torch.allclose(phi(a, b), phi(b, a)) == symmetric
    phi(a, b).sum().backward()
    assert (phi.weight.grad != 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4))
def test_the_length_normalised_value_counts_missing_steps(S: int, R: int) -> None:
    x, y = draws(S, 3), draws(R, 3, seed=1)
    expected = sum(product(x[t].tolist(), y[t].tolist()) for t in range(min(S, R))) / math.sqrt(S * R)
    value = built("length_normalised")(x, torch.tensor(S), y, torch.tensor(R))
    assert value.item() == pytest.approx(expected, rel=1e-12)


def alignments(S: int, R: int) -> Iterator[list[tuple[int, int]]]:
    """Every path from (0, 0) to (S - 1, R - 1) that goes down, to the right, or both."""

    def go(path: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        i, j = path[-1]
        if (i, j) == (S - 1, R - 1):
            yield path
        for down, right in ((1, 0), (0, 1), (1, 1)):
            if i + down < S and j + right < R:
                yield from go([*path, (i + down, j + right)])

    return go([(0, 0)])


def test_there_are_as_many_alignments_as_delannoy_numbers() -> None:
    assert [sum(1 for _ in alignments(n, n)) for n in (1, 2, 3, 4)] == [1, 3, 13, 63]


def soft_cost(x: list, y: list, gamma: float) -> float:
    """Minus gamma log sum e^(-cost / gamma), over all alignments one by one."""
    costs = [sum(squared(x[i], y[j]) for i, j in path) for path in alignments(len(x), len(y))]
    least = min(costs)
    return least - gamma * math.log(sum(math.exp((least - cost) / gamma) for cost in costs))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from([1e-3, 0.1, 1.0, 10.0]), st.integers(0, 99))
def test_soft_dtw_is_the_soft_minimum_over_all_alignments(S: int, R: int, gamma: float, seed: int) -> None:
    x, y = draws(S, 3, seed=seed), draws(R, 3, seed=seed + 100)
    value = built("soft_dtw", gamma=gamma)(x, torch.tensor(S), y, torch.tensor(R))
    assert value.item() == pytest.approx(-soft_cost(x.tolist(), y.tolist(), gamma), rel=1e-9, abs=1e-9)


def test_soft_dtw_of_all_pairs_of_unequal_lengths_is_that_of_each() -> None:
    ideas, steps = draws(5, 4, 3), torch.tensor([4, 1, 3, 2, 4])
    table = built("soft_dtw")(ideas[:, None], steps[:, None], ideas[None], steps[None])
    for a, b in itertools.product(range(5), repeat=2):
        expected = -soft_cost(ideas[a, : steps[a]].tolist(), ideas[b, : steps[b]].tolist(), 1.0)
        assert table[a, b].item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("gamma", [0.1, 1.0])
def test_the_gradient_of_soft_dtw_is_that_of_finite_differences(gamma: float) -> None:
    x, y = draws(3, 1, 4, 2).requires_grad_(), draws(1, 2, 5, 2, seed=1).requires_grad_()
    steps_x, steps_y = torch.tensor([[4], [1], [3]]), torch.tensor([[5, 2]])
    s = built("soft_dtw", 2, gamma=gamma)
    assert torch.autograd.gradcheck(lambda a, b: s(a, steps_x, b, steps_y), (x, y))


def test_the_gradient_of_soft_dtw_is_that_of_autograd_through_the_enumeration() -> None:
    x, y = draws(3, 2).requires_grad_(), draws(4, 2, seed=1).requires_grad_()
    costs = torch.stack([sum((x[i] - y[j]).square().sum() for i, j in path) for path in alignments(3, 4)])
    expected = torch.autograd.grad((-costs).logsumexp(dim=0), (x, y))
    got = torch.autograd.grad(built("soft_dtw", 2)(x, torch.tensor(3), y, torch.tensor(4)), (x, y))
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e4, 1e12])
@pytest.mark.parametrize("gamma", [1e-6, 1.0, 1e6])
def test_soft_dtw_overflows_nothing(scale: float, gamma: float) -> None:
    x, y = ((scale * draws(2, 20, 3, seed=seed)).float().requires_grad_() for seed in (0, 1))
    steps = torch.full((2,), 20)
    values = built("soft_dtw", gamma=gamma)(x, steps, y, steps)
    values.sum().backward()
    assert values.isfinite().all()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_soft_dtw_forgives_a_run_that_lingers_where_a_sum_over_steps_does_not() -> None:
    x = draws(6, 3, scale=3.0)
    lingering = x[[0, 0, 1, 2, 2, 3]]
    other = draws(6, 3, seed=1, scale=3.0)
    six = torch.tensor(6)
    soft = built("soft_dtw", gamma=0.1)
    stepwise = built("negative_squared_distance")
    assert soft(x[:4], torch.tensor(4), lingering, six) > -1.0
    assert soft(x[:4], torch.tensor(4), other, six) < -30.0
    assert stepwise(x, lingering).sum() < -30.0


@pytest.mark.parametrize(("name", "option"), [("rbf", "bandwidth"), ("soft_dtw", "gamma"), ("cosine", "epsilon")])
def test_options_out_of_range_are_faults(name: str, option: str) -> None:
    faults: list[Fault] = []
    build_options(registry().load(Kind.SIMILARITY, name).config, {option: 0.0}, f"similarity.{name}", faults)
    assert [str(fault) for fault in faults] == [f"similarity.{name}.{option}: got 0.0; it must be above 0"]
