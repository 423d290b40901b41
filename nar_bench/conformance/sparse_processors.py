"""Steps of a processor in the sparse layout, on the graphs of its steps in the dense one.

Shapes: B graphs of N nodes each, V = B N nodes of all of them, H hidden.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nar_bench.conformance.kit import require
from nar_bench.model.edges import EdgeVectors
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.plugin.contracts import SparseProcessorModule, StepOutput


class SparseStep(NamedTuple):
    """The inputs of one step on complete graphs, where every pair is an edge."""

    node: Float[Tensor, "V H"]
    edge: EdgeVectors
    graph: Float[Tensor, "B H"]
    on: SparseGraph


def complete(node: Float[Tensor, "B N H"], edge: Float[Tensor, "B N N H"], graph: Float[Tensor, "B H"]) -> SparseStep:
    """Return what a dense step reads as the sparse form reads it; [b, i, j] of sender i and receiver j."""
    batch, nodes, hidden = node.shape
    index = torch.arange(batch * nodes * nodes)
    target, place = index // nodes, index % nodes
    on = SparseGraph(
        source=target // nodes * nodes + place,
        target=target,
        offsets=torch.arange(batch * nodes + 1) * nodes,
        graph_of_node=torch.arange(batch).repeat_interleave(nodes),
        node_offsets=torch.arange(batch + 1) * nodes,
    )
    values = edge.transpose(1, 2).reshape(-1, hidden)
    return SparseStep(
        node.flatten(0, 1), EdgeVectors(values, torch.eye(hidden, dtype=edge.dtype), edge.new_zeros(hidden)), graph, on
    )


def sparse_steps(module: nn.Module, at: SparseStep, count: int, state: Any = None) -> list[StepOutput]:
    """Make some steps on the same inputs, from a state or from the first."""
    require(isinstance(module, SparseProcessorModule), "the module has no sparse_state and sparse_forward.")
    assert isinstance(module, SparseProcessorModule)
    state = module.sparse_state(at.node, at.on) if state is None else state
    made = []
    for _ in range(count):
        out = module.sparse_forward(*at, state)
        require(isinstance(out, StepOutput), f"sparse_forward() returned a {type(out).__name__}, no StepOutput.")
        require(out.edge is None, "in the sparse layout edge has to be None.")
        require(
            out.hidden.shape == at.node.shape,
            f"in the sparse layout hidden has shape {tuple(out.hidden.shape)}; expected {tuple(at.node.shape)}.",
        )
        made.append(out)
        state = out.state
    return made
