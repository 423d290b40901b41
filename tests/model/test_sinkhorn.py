"""Properties of log-Sinkhorn; its values are compared with the reference's in test_units.py."""

from __future__ import annotations

import math

import torch

from nar_bench.model.sinkhorn import log_sinkhorn

SCORES = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(0))


def test_rows_and_columns_sum_to_one_and_nothing_points_at_itself() -> None:
    matrix = log_sinkhorn(SCORES, 500, temperature=1.0).exp()
    torch.testing.assert_close(matrix.sum(dim=1), torch.ones(3, 6))
    torch.testing.assert_close(matrix.sum(dim=2), torch.ones(3, 6))
    assert matrix.diagonal(dim1=1, dim2=2).max() == 0


def test_without_a_zero_diagonal_a_node_may_point_at_itself() -> None:
    matrix = log_sinkhorn(torch.eye(4)[None], 10, zero_diagonal=False).exp()
    torch.testing.assert_close(matrix[0], torch.eye(4), rtol=0, atol=1e-3)


def test_relabelling_rows_and_columns_alike_relabels_the_result() -> None:
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    there = log_sinkhorn(SCORES[:, order][:, :, order], 10)
    torch.testing.assert_close(there, log_sinkhorn(SCORES, 10)[:, order][:, :, order], rtol=1e-4, atol=1e-3)


def test_noise_is_gumbel_noise() -> None:
    # A doubly stochastic 2 x 2 matrix has log(p_00 / p_01) = (s_00 + s_11 - s_01 - s_10) / 2, here of four independent
    # Gumbel variables, whose variance is pi^2 / 6 each: mean 0, variance pi^2 / 6.
    zeros = torch.zeros(20_000, 2, 2)
    drawn = log_sinkhorn(zeros, 100, 1.0, zero_diagonal=False, noise=torch.Generator().manual_seed(0))
    differences = drawn[:, 0, 0] - drawn[:, 0, 1]
    assert math.isclose(differences.mean().item(), 0, abs_tol=0.03)
    assert math.isclose(differences.std().item(), math.pi / math.sqrt(6), rel_tol=0.02)
