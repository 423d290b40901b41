"""Messages along some of the pairs, edge by edge and on all pairs, against the plain formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from nar_bench_processors import messages
from nar_bench_processors.edge_messages import few_edges
from nar_bench_processors.messages import NONE, max_messages
from torch import Tensor, nn

WIDTH = 4


class Case(NamedTuple):
    tensors: list[Tensor]
    inner: nn.Linear
    outer: nn.Linear
    adjacency: Tensor

    def run(self, function: Callable[..., Tensor] = max_messages) -> Tensor:
        return function(*self.tensors, self.inner, self.outer, self.adjacency)

    @property
    def parameters(self) -> list[Tensor]:
        return [*self.tensors, *self.inner.parameters(), *self.outer.parameters()]


def case(graphs: int = 2, nodes: int = 5, features: int = 2, density: float = 0.3) -> Case:
    generator = torch.Generator().manual_seed(0)
    shapes = [(graphs, nodes, nodes, features), (WIDTH, features), (graphs, nodes, WIDTH), (graphs, nodes, WIDTH)]
    tensors = [torch.randn(s, dtype=torch.float64, generator=generator).requires_grad_() for s in shapes]
    torch.manual_seed(0)
    inner, outer = nn.Linear(WIDTH, WIDTH).double(), nn.Linear(WIDTH, WIDTH).double()
    return Case(tensors, inner, outer, torch.rand(graphs, nodes, nodes, generator=generator) < density)


def plain(
    values: Tensor,
    weight: Tensor,
    sender: Tensor,
    receiver: Tensor,
    inner: nn.Linear,
    outer: nn.Linear,
    adjacency: Tensor,
) -> Tensor:
    first = (values @ weight.T + sender[:, :, None] + receiver[:, None]).relu()
    return torch.where(adjacency[..., None], outer(inner(first).relu()), NONE).amax(dim=1)


@pytest.fixture(params=[True, False], ids=["edges", "pairs"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take either way, whatever the density."""
    monkeypatch.setattr(messages, "few_edges", lambda adjacency: request.param)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("features", [0, 1, 3])
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_values_and_gradients_are_those_of_the_formula(features: int, density: float) -> None:
    at = case(features=features, density=density)
    ours, expected = at.run(), at.run(plain)
    torch.testing.assert_close(ours, expected)
    weights = torch.randn_like(ours)
    for left, right in zip(
        torch.autograd.grad((ours * weights).sum(), at.parameters),
        torch.autograd.grad((expected * weights).sum(), at.parameters),
        strict=True,
    ):
        torch.testing.assert_close(left, right)


@pytest.mark.usefixtures("few")
def test_gradients_are_those_of_finite_differences() -> None:
    at = case()
    assert torch.autograd.gradcheck(lambda *tensors: at._replace(tensors=list(tensors)).run(), at.tensors)


@pytest.mark.usefixtures("few")
def test_a_receiver_without_any_sender_receives_the_references_number_and_passes_no_gradient() -> None:
    at = case(density=1.0)
    at.adjacency[0, :, 3] = False
    largest = at.run()
    assert (largest[0, 3] == NONE).all()
    assert (largest[0, 2] > NONE / 2).all()
    for gradient in torch.autograd.grad(largest[0, 3].sum(), at.parameters):
        assert not gradient.any()


@pytest.mark.usefixtures("few")
def test_equal_messages_share_the_gradient_among_edges_alone() -> None:
    at = case(graphs=1, features=0)
    at.adjacency[:] = False
    at.adjacency[0, :3, 1] = True
    same = torch.ones_like(at.tensors[2]).requires_grad_()
    at._replace(tensors=[*at.tensors[:2], same, at.tensors[3]]).run()[0, 1].sum().backward()
    assert same.grad is not None
    assert same.grad[0, 0].any()
    torch.testing.assert_close(same.grad[0, 1], same.grad[0, 0])
    torch.testing.assert_close(same.grad[0, 2], same.grad[0, 0])
    assert not same.grad[0, 3:].any()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("nodes", [1, 40])
def test_a_batch_is_its_graphs_one_by_one_with_and_without_gradients(nodes: int) -> None:
    at = case(graphs=5, nodes=nodes, density=1.0 if nodes == 1 else 0.3)
    together = at.run()
    with torch.no_grad():
        torch.testing.assert_close(at.run(), together)
    for graph in range(5):
        one = slice(graph, graph + 1)
        values, weight, sender, receiver = at.tensors
        alone = at._replace(tensors=[values[one], weight, sender[one], receiver[one]], adjacency=at.adjacency[one])
        torch.testing.assert_close(alone.run(), together[one])


@pytest.mark.usefixtures("few")
def test_the_graph_can_be_used_twice() -> None:
    at = case()
    total = at.run().sum()
    first = torch.autograd.grad(total, at.tensors, retain_graph=True)
    for left, right in zip(first, torch.autograd.grad(total, at.tensors), strict=True):
        assert torch.equal(left, right)


def test_edges_are_listed_where_they_are_few() -> None:
    assert few_edges(torch.eye(8, dtype=torch.bool)[None])
    assert not few_edges(torch.ones(1, 8, 8, dtype=torch.bool))
