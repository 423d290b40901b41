"""Pairs of inputs for tests."""

from __future__ import annotations

import torch

from nar_bench.training.contrastive import Pairs


def pairs_of_groups(groups: torch.Tensor) -> Pairs:
    """Rows with equal numbers are similar, all others are not."""
    same = groups[:, None] == groups[None]
    return Pairs(same & ~torch.eye(len(groups), dtype=torch.bool, device=groups.device), ~same)
