"""The contrastive trajectory loss: the formula, worked out by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from training.groups import pairs_of_groups

from nar_bench.plugin.contracts import Kind, Level
from nar_bench.plugin.registry import registry
from nar_bench.training.contrastive import (
    Pairs,
    contrastive_trajectory_loss,
    trajectory_similarity,
)

Rows = list[list[bool]]


def dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(-1)


def ideas_of(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


WEIGHTS = {
    "uniform": lambda t, T: 1.0,
    "mean": lambda t, T: 1.0 / T,
    "late": lambda t, T: 2.0 * t / (T + 1),
    "early": lambda t, T: 2.0 * (T + 1 - t) / (T + 1),
    (0.5, 2.0): lambda t, T: [0.5, 2.0][min(t, 2) - 1],
}


def by_hand(
    ideas: list, steps: list[int], positive: Rows, negative: Rows, temperature: float = 1.0, weights: Any = "uniform"
) -> float:
    """The formula: L = - sum_X sum_{Xa ~ X} log[e^s(X,Xa) / (e^s(X,Xa) + sum_{Xb not ~ X} e^s(X,Xb))]."""

    def s(x: int, y: int) -> float:
        T, total = min(steps[x], steps[y]), 0.0
        for t in range(1, T + 1):
            phi = 0.0
            for k in range(len(ideas[x][0])):
                phi += ideas[x][t - 1][k] * ideas[y][t - 1][k]
            total += WEIGHTS[weights](t, T) * phi
        return total / temperature

    loss = 0.0
    for x, xa in itertools.product(range(len(steps)), repeat=2):
        if positive[x][xa]:
            negatives = sum(math.exp(s(x, xb)) for xb in range(len(steps)) if negative[x][xb])
            loss -= math.log(math.exp(s(x, xa)) / (math.exp(s(x, xa)) + negatives))
    return loss


@st.composite
def batches(draw: st.DrawFn) -> tuple[torch.Tensor, torch.Tensor, Pairs]:
    """Ideas, steps, and any disjoint pairs: several positives and negatives, one-sided ones, none at all."""
    rows, most = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    steps = draw(st.lists(st.integers(1, most), min_size=rows, max_size=rows))
    kinds = draw(st.lists(st.sampled_from("pn-"), min_size=rows * rows, max_size=rows * rows))
    table = [[kinds[x * rows + y] if x != y else "-" for y in range(rows)] for x in range(rows)]
    positive, negative = (torch.tensor([[one == kind for one in row] for row in table]) for kind in "pn")
    return ideas_of(rows, most, 3, seed=draw(st.integers(0, 99))), torch.tensor(steps), Pairs(positive, negative)


@settings(max_examples=100, deadline=None)
@given(batches(), st.sampled_from([1.0, 0.5, 3.0]), st.sampled_from(list(WEIGHTS)))
def test_the_loss_is_the_formula(batch: Any, temperature: float, weights: Any) -> None:
    ideas, steps, pairs = batch
    expected = by_hand(
        ideas.tolist(), steps.tolist(), pairs.positive.tolist(), pairs.negative.tolist(), temperature, weights
    )
    loss = contrastive_trajectory_loss(ideas, steps, *pairs, dot, temperature=temperature, step_weights=weights)
    assert loss.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_defaults_are_the_formula() -> None:
    ideas, steps, pairs = ideas_of(4, 3, 2), torch.tensor([3, 2, 3, 1]), pairs_of_groups(torch.tensor([0, 1, 0, 1]))
    expected = by_hand(ideas.tolist(), steps.tolist(), pairs.positive.tolist(), pairs.negative.tolist())
    assert contrastive_trajectory_loss(ideas, steps, *pairs, dot).item() == pytest.approx(expected, rel=1e-12)


def test_two_steps_and_four_inputs_worked_out_on_paper() -> None:
    # X, Y, X', Y' with X ~ X' and Y ~ Y'; one-dimensional ideas. s(X, X') = 1*1 + 2*1 = 3, s(X, Y) = 0,
    # s(X, Y') = 1*0 + 2*1 = 2, s(X', Y) = 0, s(X', Y') = 1, s(Y, Y') = 0.
    ideas = torch.tensor([[[1.0], [2.0]], [[0.0], [0.0]], [[1.0], [1.0]], [[0.0], [1.0]]])
    expected = (
        -math.log(math.exp(3) / (math.exp(3) + math.exp(0) + math.exp(2)))  # X
        - math.log(math.exp(3) / (math.exp(3) + math.exp(0) + math.exp(1)))  # X'
        - math.log(1 / (1 + math.exp(0) + math.exp(0)))  # Y
        - math.log(1 / (1 + math.exp(2) + math.exp(1)))  # Y'
    )
    loss = contrastive_trajectory_loss(ideas, torch.full((4,), 2), *pairs_of_groups(torch.tensor([0, 1, 0, 1])), dot)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(batches(), st.integers(1, 5))
def test_the_hardest_negatives_are_those_of_greatest_s(batch: Any, count: int) -> None:
    ideas, steps, pairs = batch
    s = trajectory_similarity(ideas, steps, dot)
    hardest = torch.zeros_like(pairs.negative)
    for x in range(len(steps)):
        others = pairs.negative[x].nonzero()[:, 0].tolist()
        hardest[x, sorted(others, key=lambda y: -s[x, y].item())[:count]] = True
    chosen = contrastive_trajectory_loss(ideas, steps, *pairs, dot, hardest=count, temperature=0.5)
    expected = by_hand(ideas.tolist(), steps.tolist(), pairs.positive.tolist(), hardest.tolist(), temperature=0.5)
    assert chosen.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("weights", list(WEIGHTS), ids=str)
def test_its_gradient_is_that_of_finite_differences(weights: Any) -> None:
    ideas = ideas_of(4, 3, 2, seed=1).requires_grad_()
    steps, pairs = torch.tensor([3, 2, 3, 1]), pairs_of_groups(torch.tensor([0, 1, 0, 1]))
    assert torch.autograd.gradcheck(
        lambda x: contrastive_trajectory_loss(x, steps, *pairs, dot, step_weights=weights, temperature=0.7), (ideas,)
    )


@settings(max_examples=40, deadline=None)
@given(batches())
def test_its_gradient_is_that_of_the_plain_formula(batch: Any) -> None:
    ideas, steps, pairs = batch
    plain, ours = ideas.clone().requires_grad_(), ideas.clone().requires_grad_()
    loss = plain.sum() * 0.0
    for x in range(len(steps)):
        s = [(plain[x, :T] * plain[y, :T]).sum().exp() for y, T in enumerate(torch.minimum(steps[x], steps).tolist())]
        for xa in pairs.positive[x].nonzero().flatten().tolist():
            negatives = sum(s[xb] for xb in pairs.negative[x].nonzero().flatten().tolist())
            loss = loss - torch.log(s[xa] / (s[xa] + negatives))
    loss.backward()
    contrastive_trajectory_loss(ours, steps, *pairs, dot).backward()
    torch.testing.assert_close(ours.grad, plain.grad, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["dot", "length_normalised", "soft_dtw"])
def test_what_stands_beyond_a_trajectory_is_never_read(name: str) -> None:
    similarity = registry().load(Kind.SIMILARITY, name)
    phi, level = similarity.build(similarity.config(), 3), similarity.level
    ideas = ideas_of(4, 5, 3, seed=2, dtype=torch.float32)
    steps, pairs = torch.tensor([5, 2, 3, 2]), pairs_of_groups(torch.tensor([0, 1, 0, 1]))
    padded = ideas.clone()
    for row, count in enumerate(steps.tolist()):
        padded[row, count:] = float("nan")
    padded.requires_grad_()
    loss = contrastive_trajectory_loss(padded, steps, *pairs, phi, level=level)
    assert loss.item() == contrastive_trajectory_loss(ideas, steps, *pairs, phi, level=level).item()
    loss.backward()
    assert padded.grad is not None
    assert padded.grad.isfinite().all()
    assert (padded.grad[1, 2:] == 0).all()
    assert (padded.grad[1, :2] != 0).any()


@settings(max_examples=40, deadline=None)
@given(batches(), st.randoms(use_true_random=False))
def test_the_order_of_the_batch_does_not_matter(batch: Any, random: Any) -> None:
    ideas, steps, pairs = batch
    order = list(range(len(steps)))
    random.shuffle(order)
    loss = contrastive_trajectory_loss(ideas, steps, *pairs, dot)
    shuffled = (matrix[order][:, order] for matrix in pairs)
    again = contrastive_trajectory_loss(ideas[order], steps[order], *shuffled, dot)
    assert again.item() == pytest.approx(loss.item(), rel=1e-12, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(batches())
def test_it_is_never_negative_and_a_negative_more_never_lowers_it(batch: Any) -> None:
    ideas, steps, pairs = batch
    loss = contrastive_trajectory_loss(ideas, steps, *pairs, dot).item()
    free = ~pairs.positive & ~torch.eye(len(steps), dtype=torch.bool)
    more = contrastive_trajectory_loss(ideas, steps, pairs.positive, free, dot).item()
    assert 0 <= loss <= more + 1e-9


def with_similarities(s: torch.Tensor) -> Any:
    """Return a phi that gives one step of ideas [M, 1, M] (rows of the identity) the similarities s."""
    return lambda a, b: torch.einsum("...k,kl,...l->...", a, s, b)


@pytest.mark.parametrize("size", [1e4, 1e10, 1e30])
@pytest.mark.parametrize("sign", [1, -1])
def test_huge_similarities_overflow_nothing(size: float, sign: int) -> None:
    # Rows 0 and 1 are similar, 2 is not: the loss is log(1 + e^(s02 - s01)), and so on, where it is not plainly 0.
    s = torch.zeros(3, 3)
    s[0, 1] = s[1, 0] = sign * size
    ideas = torch.eye(3)[:, None].requires_grad_()
    steps, pairs = torch.ones(3, dtype=torch.int64), pairs_of_groups(torch.tensor([0, 0, 1]))
    loss = contrastive_trajectory_loss(ideas, steps, *pairs, with_similarities(s))
    assert loss.item() == pytest.approx(0.0 if sign > 0 else 2 * size)
    loss.backward()
    assert ideas.grad is not None
    assert ideas.grad.isfinite().all()


@pytest.mark.parametrize("scale", [0.0, 1e3, 1e10])
def test_long_runs_of_huge_ideas_overflow_nothing(scale: float) -> None:
    ideas = (ideas_of(4, 6, 3, seed=4, dtype=torch.float32) * scale).requires_grad_()
    loss = contrastive_trajectory_loss(ideas, torch.full((4,), 6), *pairs_of_groups(torch.tensor([0, 1, 0, 1])), dot)
    loss.backward()
    assert loss.isfinite()
    assert ideas.grad is not None
    assert ideas.grad.isfinite().all()


def test_without_positives_or_without_negatives_there_is_nothing_to_learn() -> None:
    ideas = torch.randn(3, 2, 2, requires_grad=True)
    steps = torch.full((3,), 2)
    for groups in ([0, 1, 2], [0, 0, 0]):
        for reduction in ("sum", "mean"):
            pairs = pairs_of_groups(torch.tensor(groups))
            loss = contrastive_trajectory_loss(ideas, steps, *pairs, dot, reduction=reduction)
            assert loss.item() == 0.0
            loss.backward()
    assert ideas.grad is not None
    assert (ideas.grad == 0).all()


def test_one_input_of_one_step_has_no_loss() -> None:
    nothing = torch.zeros(1, 1, dtype=torch.bool)
    loss = contrastive_trajectory_loss(torch.ones(1, 1, 2), torch.ones(1, dtype=torch.int64), nothing, nothing, dot)
    assert loss.item() == 0.0


def test_the_mean_is_the_sum_over_the_number_of_pairs() -> None:
    ideas, steps, pairs = ideas_of(5, 2, 2), torch.full((5,), 2), pairs_of_groups(torch.tensor([0, 0, 0, 1, 1]))
    total = contrastive_trajectory_loss(ideas, steps, *pairs, dot)
    mean = contrastive_trajectory_loss(ideas, steps, *pairs, dot, reduction="mean")
    assert mean.item() == pytest.approx(total.item() / 8, rel=1e-6)


def test_similarities_are_symmetric_where_phi_is() -> None:
    s = trajectory_similarity(ideas_of(4, 3, 2), torch.tensor([3, 1, 2, 3]), dot)
    assert torch.allclose(s, s.T)


def test_weights_of_steps_change_how_much_each_counts_and_not_how_much_all_do() -> None:
    ideas, steps = torch.ones(2, 5, 1), torch.tensor([5, 4])
    for kind, total in (
        ("uniform", 4.0),
        ("late", 4.0),
        ("early", 4.0),
        ("mean", 1.0),
        ((0.5, 2.0), 6.5),
        ((3.0,) * 9, 12.0),
    ):
        s = trajectory_similarity(ideas, steps, dot, step_weights=kind)
        assert s[0, 1].item() == pytest.approx(total)
    last = torch.zeros(2, 5, 1)
    last[:, 3] = 1.0
    late, early = (
        trajectory_similarity(last, steps, dot, step_weights=kind)[0, 1].item() for kind in ("late", "early")
    )
    assert (late, early) == (pytest.approx(8 / 5), pytest.approx(2 / 5))


def test_a_similarity_of_trajectories_is_s_itself() -> None:
    def s(x: torch.Tensor, steps_x: torch.Tensor, y: torch.Tensor, steps_y: torch.Tensor) -> torch.Tensor:
        return x.sum(dim=(-1, -2)) * 10 + steps_x + 100 * y.sum(dim=(-1, -2)) + 1000 * steps_y

    ideas, steps = torch.ones(2, 3, 1), torch.tensor([3, 1])
    table = trajectory_similarity(ideas, steps, s, level=Level.TRAJECTORY)
    assert table.tolist() == [[3333.0, 1133.0], [3311.0, 1111.0]]
    with pytest.raises(ValueError, match="step_weights='late' for a similarity of trajectories; allowed: 'uniform'"):
        trajectory_similarity(ideas, steps, s, level=Level.TRAJECTORY, step_weights="late")


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"temperature": -1.0}, {"reduction": "max"}])
def test_options_that_are_not_allowed_are_refused(wrong: dict) -> None:
    nothing = torch.zeros(2, 2, dtype=torch.bool)
    with pytest.raises(ValueError, match="allowed: > 0, and 'sum' or 'mean'"):
        contrastive_trajectory_loss(torch.zeros(2, 1, 1), torch.ones(2), nothing, nothing, dot, **wrong)
    with pytest.raises(ValueError, match="got step_weights='lat'; allowed: 'uniform', 'mean', 'late', 'early' or"):
        trajectory_similarity(torch.zeros(2, 1, 1), torch.ones(2), dot, step_weights="lat")
