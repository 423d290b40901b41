"""Reductions over edges and nodes against plain dense formulas, on every path."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nar_bench.model import loops
from nar_bench.model import segments as module
from nar_bench.model.segments import (
    gather_max,
    gather_sum,
    max_into_nodes,
    mean_into_nodes,
    pool_nodes,
    softmax_over_incoming,
    sum_into_nodes,
    sum_of_ends,
)
from nar_bench.model.sparse_graph import SparseGraph

WIDTH, HEADS = 6, 3


def graph_of(nodes: list[int], edges: set[tuple[int, int]]) -> SparseGraph:
    """Return graphs of so many nodes each, with edges (source, target)."""
    ordered = sorted((target, source) for source, target in edges)
    target, source = (torch.tensor([pair[at] for pair in ordered], dtype=torch.int64) for at in range(2))
    total = sum(nodes)
    offsets = torch.zeros(total + 1, dtype=torch.int64)
    offsets[1:] = torch.bincount(target, minlength=total).cumsum(0)
    return SparseGraph(
        source=source,
        target=target,
        offsets=offsets,
        graph_of_node=torch.repeat_interleave(torch.arange(len(nodes)), torch.tensor(nodes, dtype=torch.int64)),
        node_offsets=torch.tensor([0, *np.cumsum(nodes)], dtype=torch.int64),
    )


@st.composite
def graphs(draw: st.DrawFn) -> SparseGraph:
    nodes = draw(st.lists(st.integers(0, 5), max_size=4))
    starts = np.cumsum([0, *nodes])
    pairs = [
        (int(start) + i, int(start) + j)
        for start, count in zip(starts, nodes, strict=False)
        for i in range(count)
        for j in range(count)
    ]
    return graph_of(nodes, set(draw(st.lists(st.sampled_from(pairs)))) if pairs else set())


BATCH = graph_of([4, 0, 3, 1], {(0, 1), (2, 1), (3, 1), (1, 1), (1, 0), (3, 2), (4, 5), (6, 5), (5, 4), (6, 6)})
"""Node 3 and the only one of the last graph have no edge into them, and one graph no node."""


@pytest.fixture(params=["compiled", "threads", "elsewhere"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the compiled loops on one thread, on several, or what devices other than the CPU take."""
    if request.param == "threads":
        monkeypatch.setattr(loops, "NUMBERS_OF_A_THREAD", 1)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    if request.param == "elsewhere":
        monkeypatch.setattr(module, "_on_cpu", lambda tensor: False)


def normal(*shape: int, seed: int = 0) -> Tensor:
    made = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return made.requires_grad_()


def reduced(rows: list[Tensor], how: str, width: int) -> Tensor:
    """Reduce rows [H] with torch's dense operations, whose gradients are shared among equal maxima."""
    if not rows:
        return torch.zeros(width, dtype=torch.float64)
    stacked = torch.stack(rows)
    return {"max": lambda: stacked.amax(0), "sum": lambda: stacked.sum(0), "mean": lambda: stacked.mean(0)}[how]()


def into(graph: SparseGraph, row_of: Callable[[int], Tensor], how: str, width: int = WIDTH) -> Tensor:
    """Reduce row_of(edge) into each node, node by node."""
    edges = [[e for e in range(graph.E) if int(graph.target[e]) == v] for v in range(graph.V)]
    rows = [reduced([row_of(e) for e in some], how, width) for some in edges]
    return torch.stack(rows) if rows else torch.zeros(0, width, dtype=torch.float64)


def same(ours: Tensor, expected: Tensor, given: list[Tensor]) -> None:
    """Check values, and gradients of a weighted sum."""
    torch.testing.assert_close(ours, expected, rtol=1e-12, atol=1e-12)
    weights = torch.arange(1.0, ours.numel() + 1, dtype=torch.float64).view(ours.shape).sin()
    if not expected.requires_grad:  # nothing was reduced
        return
    ours_back = torch.autograd.grad((ours * weights).sum(), given, allow_unused=True, materialize_grads=True)
    back = torch.autograd.grad((expected * weights).sum(), given, allow_unused=True, materialize_grads=True)
    for one, other in zip(ours_back, back, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def check_all(graph: SparseGraph, messages: Tensor, x: Tensor, logits: Tensor) -> None:
    for how, function in {"max": max_into_nodes, "sum": sum_into_nodes, "mean": mean_into_nodes}.items():
        same(function(graph, messages), into(graph, lambda e: messages[e], how), [messages])
    for how, function in {"max": gather_max, "sum": gather_sum}.items():
        same(function(graph, x), into(graph, lambda e: x[graph.source[e]], how), [x])
    by_head = lambda e: (x[graph.source[e]].view(HEADS, -1) * logits[e, :, None]).flatten()  # noqa: E731
    same(gather_sum(graph, x, logits), into(graph, by_head, "sum"), [x, logits])
    ends = [x[graph.source[e]] + messages.new_ones(WIDTH) * x[graph.target[e]].square() for e in range(graph.E)]
    stacked = torch.stack(ends) if ends else torch.zeros(0, WIDTH, dtype=torch.float64)
    same(sum_of_ends(graph, x, x.square()), stacked, [x])
    powers = logits.exp()
    totals = into(graph, lambda e: powers[e], "sum", HEADS)
    same(softmax_over_incoming(graph, logits), powers / totals[graph.target], [logits])
    for how in ("mean", "max"):
        rows = [
            reduced([x[v] for v in range(graph.V) if int(graph.graph_of_node[v]) == b], how, WIDTH)
            for b in range(graph.B)
        ]
        pooled = torch.stack(rows) if rows else torch.zeros(0, WIDTH, dtype=torch.float64)
        same(pool_nodes(graph, x, how), pooled, [x])


@pytest.mark.usefixtures("path")
def test_values_and_gradients_are_those_of_dense_formulas() -> None:
    check_all(BATCH, normal(BATCH.E, WIDTH), normal(BATCH.V, WIDTH, seed=1), normal(BATCH.E, HEADS, seed=2))


@given(graph=graphs(), seed=st.integers(0, 99), levels=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_any_graph_with_any_ties_is_reduced_as_the_dense_formulas_do(
    graph: SparseGraph, seed: int, levels: int
) -> None:
    messages, x = (
        (normal(rows, WIDTH, seed=seed).detach() * levels).round().requires_grad_() for rows in (graph.E, graph.V)
    )
    check_all(graph, messages, x, normal(graph.E, HEADS, seed=seed))


@pytest.mark.usefixtures("path")
def test_gradients_are_those_of_finite_differences() -> None:
    x, messages, logits = normal(BATCH.V, WIDTH), normal(BATCH.E, WIDTH), normal(BATCH.E, HEADS)
    check = torch.autograd.gradcheck
    assert check(lambda m: max_into_nodes(BATCH, m), messages)
    assert check(lambda m: mean_into_nodes(BATCH, m), messages)
    assert check(lambda y: gather_max(BATCH, y), x)
    assert check(lambda y, w: gather_sum(BATCH, y, w), (x, logits))
    assert check(lambda w: softmax_over_incoming(BATCH, w), logits)
    assert check(lambda y, z: sum_of_ends(BATCH, y, z), (x, normal(BATCH.V, WIDTH, seed=1)))
    assert check(lambda y: pool_nodes(BATCH, y, "max"), x)


@pytest.mark.usefixtures("path")
def test_equal_maxima_share_the_gradient() -> None:
    graph = graph_of([4], {(0, 3), (1, 3), (2, 3)})
    x = torch.tensor([[1.0], [1.0], [0.0], [5.0]], requires_grad=True)
    (to_x,) = torch.autograd.grad(gather_max(graph, x).sum(), x)
    assert to_x.flatten().tolist() == [0.5, 0.5, 0, 0]


@pytest.mark.usefixtures("path")
def test_a_node_without_edges_gets_zero_and_gives_no_gradient() -> None:
    x = normal(BATCH.V, WIDTH)
    for made in (gather_max(BATCH, x - 10), gather_sum(BATCH, x - 10)):
        assert made[3].eq(0).all()
        (to_x,) = torch.autograd.grad(made[3].sum(), x)
        assert to_x.eq(0).all()


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("at", range(4))
def test_a_number_that_is_none_comes_through_wherever_it_stands(at: int) -> None:
    messages = torch.zeros(BATCH.E, 1)
    into_one = (BATCH.target == 1).nonzero()[:, 0]
    messages[into_one[at]] = torch.nan
    messages[into_one[(at + 1) % 4]] = 7
    assert max_into_nodes(BATCH, messages)[1].isnan()
    assert max_into_nodes(BATCH, messages.requires_grad_())[1].isnan()


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_narrow_numbers_stay_narrow_and_are_near_the_wide_ones(dtype: torch.dtype) -> None:
    wide = [normal(BATCH.V, WIDTH), normal(BATCH.E, HEADS)]
    narrow = [tensor.detach().to(dtype).requires_grad_() for tensor in wide]

    def both(x: Tensor, logits: Tensor) -> Tensor:
        return gather_max(BATCH, x) + gather_sum(BATCH, x, softmax_over_incoming(BATCH, logits))

    ours, expected = both(*narrow), both(*wide)
    assert ours.dtype == dtype
    torch.testing.assert_close(ours.double(), expected, rtol=0.05, atol=0.05)
    for one, other in zip(
        torch.autograd.grad(ours.sum(), narrow), torch.autograd.grad(expected.sum(), wide), strict=True
    ):
        assert one.dtype == dtype
        torch.testing.assert_close(one.double(), other, rtol=0.05, atol=0.05)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = np.random.default_rng(0)
    graph = graph_of([50, 30], {(int(a), int(b)) for a, b in drawn.integers(0, 50, (600, 2))})
    x, weights = (normal(rows, columns).detach().float().requires_grad_() for rows, columns in ((80, 32), (graph.E, 4)))

    def bits() -> list[Tensor]:
        made = gather_sum(graph, x, softmax_over_incoming(graph, weights)) + gather_max(graph, x) + gather_sum(graph, x)
        made = made + max_into_nodes(graph, sum_of_ends(graph, x, x).relu())
        return [made, *torch.autograd.grad((made * made.detach()).sum(), [x, weights])]

    one = bits()
    monkeypatch.setattr(loops, "NUMBERS_OF_A_THREAD", 1)
    for threads in (2, 3, 7):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert all(torch.equal(a, b) for a, b in zip(one, bits(), strict=True))


def test_heads_that_do_not_divide_the_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="got 4 heads for 6 columns"):
        gather_sum(BATCH, normal(BATCH.V, 6), normal(BATCH.E, 4))
