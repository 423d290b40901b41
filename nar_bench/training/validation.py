"""Answers of a network, and the score by which it is decided which weights are kept."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nar_bench.evaluation.evaluate import Answers
from nar_bench.evaluation.metrics import selection_score
from nar_bench.layouts import as_sparse, on_pairs
from nar_bench.model.answers import hard_hints, hard_outputs
from nar_bench.model.net import Net
from nar_bench.model.sparse_answers import hard_sparse, sparse_columns_of
from nar_bench.model.sparse_graph import SparseGraph
from nar_bench.model.sparse_tensors import to_sparse_tensors
from nar_bench.model.tensors import to_tensors
from nar_bench.spec import Location
from nar_bench.trajectory import Batch, Columns, SparseBatch


def predict(net: Net, batch: Batch | SparseBatch, *, hints: bool = True) -> Answers:
    """Return what `net` answers to `batch`, in the layout of the batch, whichever the network's own is.

    Args:
        hints: whether to answer them too. They are decided step by step, so that few raw ones are held.
    """
    if net.config.layout == "sparse":
        return _predict_sparse(net, batch, hints)
    assert isinstance(batch, Batch)  # a plan refuses anything else
    with torch.no_grad():
        made = net(
            to_tensors(batch, net.device), keep_hints=lambda raw, _: hard_hints(batch.spec, raw) if hints else {}
        )
    decided = {name: value.cpu().numpy() for name, value in made.hints.items()}
    return Answers(hard_outputs(batch.spec, made.outputs, batch.nodes), decided, made.steps.cpu().numpy())


def _predict_sparse(net: Net, batch: Batch | SparseBatch, hints: bool) -> Answers:
    sparse = batch if isinstance(batch, SparseBatch) else as_sparse(batch)
    spec, tensors = sparse.spec, to_sparse_tensors(sparse, net.device, truth=False)

    def keep(raw: dict[str, Tensor], on: SparseGraph | None) -> dict[str, Tensor]:
        assert on is not None
        return hard_sparse(net.decoded, raw, on) if hints else {}

    with torch.no_grad():
        made = net(tensors, keep_hints=keep)

    def answered(decided: dict[str, Tensor]) -> Columns:
        columns = sparse_columns_of(spec, decided, tensors)
        if isinstance(batch, SparseBatch):
            return columns
        on_edges = [name for name in columns if spec[name].location is Location.EDGE]
        return {**columns, **{name: on_pairs(spec[name], columns[name], sparse) for name in on_edges}}

    outputs = answered(hard_sparse(spec.outputs, made.outputs, tensors.graph))
    return Answers(outputs, answered(made.hints), made.steps.cpu().numpy())


def validation_score(net: Net, batch: Batch | SparseBatch, at_once: int) -> float:
    """Return `selection_score` of `net` on all of `batch`: greater is better; the net is left in training mode.

    Args:
        at_once: samples in one forward pass, at least 1; it bounds the memory and does not change the result.
    """
    net.eval()
    answers = []
    for start in range(0, len(batch), at_once):
        part = batch.select(np.arange(start, min(start + at_once, len(batch))))
        answers.append(predict(net, part, hints=False).outputs)
    net.train()
    whole = {name: np.concatenate([one[name] for one in answers]) for name in answers[0]}
    return selection_score(batch.spec, batch.outputs, whole)
