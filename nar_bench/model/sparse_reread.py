"""Predicted hints on sparse graphs as what the encoder reads at the next step; see `nar_bench.model.reread`."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from nar_bench.model.reread import harden, soften
from nar_bench.model.segments import max_into_nodes, softmax_over_incoming
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.spec import Feature, Location, Type


def sparse_reread(feature: Feature, raw: Tensor, on: SparseGraph, *, hard: bool) -> Tensor:
    """Return what the sparse encoder reads of one feature, from its raw prediction (`nar_bench.model.sparse_decoders`).

    A pointer of node i at node j is decoded at the edge from j to i, and read at the edge from i to j.
    """
    if feature.type is Type.POINTER and feature.location is Location.NODE:
        if hard:
            return torch.zeros_like(raw).index_fill(0, on.reverse[likeliest(on, raw)], 1.0)
        return softmax_over_incoming(on, raw[:, None])[:, 0].index_select(0, on.reverse)
    read = (harden if hard else soften)(feature, raw)
    return read.flatten() if feature.type in (Type.MASK_ONE, Type.POINTER) else read


def likeliest(on: SparseGraph, raw: Float[Tensor, " E"]) -> Int[Tensor, " V"]:
    """Return the edge of the greatest logit among the edges into each node, the first of equal ones."""
    raw = raw.detach()
    largest = max_into_nodes(on, raw[:, None])[:, 0].index_select(0, on.target)
    edge = torch.arange(on.E, device=raw.device)
    place = torch.where(raw == largest, edge, on.E)
    return torch.full((on.V,), on.E, device=raw.device).scatter_reduce(0, on.target, place, "amin")
