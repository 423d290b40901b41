from __future__ import annotations

import pytest
import torch

from nar_bench.model import triples
from nar_bench.model.triples import triple_scores


@pytest.mark.parametrize("at_once", [1, 20, 64, 10**6])
def test_values_and_gradients_are_automatic_differentiations_however_they_are_split(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(triples._TRIPLES_AT_ONCE, "cpu", at_once)
    generator = torch.Generator().manual_seed(0)
    shapes = ((3, 4, 4, 5), (3, 4, 5), (5,))
    arguments = [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]
    pairs, nodes, score = arguments
    expected = torch.maximum(pairs[:, :, :, None], nodes[:, None, None]) @ score
    got = triple_scores(*arguments)
    torch.testing.assert_close(got, expected)
    weights = torch.randn(got.shape, generator=generator, dtype=torch.float64)
    gradients = [torch.autograd.grad((scores * weights).sum(), arguments) for scores in (got, expected)]
    for ours, automatic in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, automatic)


def test_where_both_sides_are_equal_the_node_takes_the_gradient() -> None:
    pairs, nodes = torch.ones(1, 2, 2, 3, requires_grad=True), torch.ones(1, 2, 3, requires_grad=True)
    triple_scores(pairs, nodes, torch.ones(3)).sum().backward()
    assert pairs.grad is not None
    assert nodes.grad is not None
    assert (pairs.grad == 0).all()
    assert (nodes.grad == 4).all()
