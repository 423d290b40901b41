"""Graphs of networks as DGL has them, edges in the same order."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from nar_bench.errors import Unsupported
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench_dgl.library import dgl


def dgl_graph(on: SparseGraph) -> Any:
    """Return the union as one batched DGLGraph, whose edge e is edge e of `on`.

    Raises:
        Unsupported: it is not on the CPU.
    """
    if on.source.device.type != "cpu":
        raise Unsupported(
            f"the DGL of the package index computes on the CPU alone, and the graphs are on {on.source.device}. Leave "
            "--device away, or take the processor without 'dgl_'."
        )
    graph = dgl.graph(("csc", (on.offsets, on.source, torch.arange(on.E, device="cpu"))), num_nodes=on.V)
    graph.set_batch_num_nodes(on.node_offsets.diff())
    graph.set_batch_num_edges(on.offsets[on.node_offsets].diff())
    return graph


class LastGraph:
    """Makes the DGLGraph of a union once for all steps of a run on it."""

    def __init__(self) -> None:
        self._of: weakref.ref[SparseGraph] | None = None
        self._graph: Any = None

    def __call__(self, on: SparseGraph) -> Any:
        """Return `dgl_graph(on)`, the one made before where it is of the same object."""
        if self._of is None or self._of() is not on:
            self._graph, self._of = dgl_graph(on), weakref.ref(on)
        return self._graph

    def __reduce__(self) -> tuple[type[LastGraph], tuple[()]]:
        """Copy and pickle it empty: what it keeps is of this process."""
        return LastGraph, ()


def union(adjacency: Bool[Tensor, "B N N"]) -> SparseGraph:
    """Return the graphs of an adjacency, symmetric and with self-loops, as one."""
    batch, nodes = adjacency.shape[:2]
    device = adjacency.device
    graph, target, source = adjacency.transpose(1, 2).nonzero().unbind(dim=1)
    starts = torch.arange(batch + 1, device=device) * nodes
    source, target = source + starts[graph], target + starts[graph]
    offsets = torch.zeros(batch * nodes + 1, dtype=torch.int64, device=device)
    torch.cumsum(torch.bincount(target, minlength=batch * nodes), dim=0, out=offsets[1:])
    of_node = torch.arange(batch, device=device).repeat_interleave(nodes)
    return SparseGraph(source, target, offsets, of_node, starts)
