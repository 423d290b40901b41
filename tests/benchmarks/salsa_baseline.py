"""The baseline networks of SALSA-CLRS, by their authors' own code, for one batch of ours.

The code is read from a checkout of https://github.com/jkminder/SALSA-CLRS named by NAR_BENCH_SALSA. Of what it imports,
torch-scatter cannot be installed beside every torch, and two packages write logs and read settings: small stand-ins
take their place, the operations of torch-scatter being PyG's own.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import scatter, softmax

from nar_bench.model.sparse_tensors import SparseTensorBatch

SETTINGS = {
    "pgn": ("PGN", {"aggr": "max"}, False),
    "gin": ("GINConv", {"layers": 2, "train_eps": True, "use_bn": True, "aggr": "max"}, True),
    "gine": ("GINEConv", {"layers": 2, "train_eps": True, "use_bn": True, "aggr": "max"}, True),
    "recgnn": ("RecGNNConv", {"layers": 2, "use_bn": True, "aggr": "max"}, False),
}
"""Ours -> its name, options and whether a GRU follows, as in baselines/configs."""


def _stand_ins() -> dict[str, Any]:
    def log_softmax(values: Tensor, index: Tensor, dim: int) -> Tensor:
        return (softmax(values, index, dim=dim) + 1e-16).log()

    loguru = ModuleType("loguru")
    loguru.logger = logging.getLogger("salsa")  # type: ignore[attr-defined]
    operations = ModuleType("torch_scatter")
    operations.scatter_log_softmax = log_softmax  # type: ignore[attr-defined]
    operations.scatter = lambda values, index, dim: scatter(values, index, dim)  # type: ignore[attr-defined]
    return {"loguru": loguru, "torch_scatter": operations}


def salsa_step(checkout: Path, name: str, batch: SparseTensorBatch, hidden: int) -> Callable[[], Tensor]:
    """Return a training step: forward, the output's loss and that of hidden vectors, AdamW."""
    sys.modules.update({key: made for key, made in _stand_ins().items() if key not in sys.modules})
    package = ModuleType("salsa_core")  # its __init__ would import what trains
    package.__path__ = [str(checkout / "baselines" / "core")]
    sys.modules["salsa_core"] = package
    from salsa_core.loss import CLRSLoss  # type: ignore[import-not-found]
    from salsa_core.models.network import EncodeProcessDecode  # type: ignore[import-not-found]

    conv, options, gru = SETTINGS[name]
    if name == "recgnn":
        options = {**options, "is_weighted": "A" in batch.inputs}
    processor = SimpleNamespace(NAME=conv, KWARGS=[options], LAYERNORM=SimpleNamespace(ENABLE=True, MODE="node"))
    model = SimpleNamespace(
        HIDDEN_DIM=hidden,
        MSG_PASSING_STEPS=1,
        PROCESSOR=processor,
        GRU=SimpleNamespace(ENABLE=gru),
        DECODER_USE_LAST_HIDDEN=True,
        PROCESSOR_USE_LAST_HIDDEN=True,
    )
    weights = SimpleNamespace(HINT_LOSS_WEIGHT=0.0)
    cfg = SimpleNamespace(MODEL=model, TRAIN=SimpleNamespace(LOSS=weights))
    specs = {
        "pos": ("input", "node", "scalar", None),
        "s": ("input", "node", "mask_one", None),
        "pi": ("output", "node", "pointer", None),
    }
    if "A" in batch.inputs:
        specs["A"] = ("input", "edge", "scalar", None)
    net, loss = EncodeProcessDecode(specs, cfg), CLRSLoss(specs, "l2")
    data = _as_data(batch)
    optimizer = torch.optim.AdamW(net.parameters(), 4.2e-4)

    def step() -> Tensor:
        outputs, hints, last = net(data)
        of_output, _, of_hidden = loss(data, outputs, hints, last)
        total: Tensor = of_output + 0.01 * of_hidden
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return total.detach()

    return step


def _as_data(batch: SparseTensorBatch) -> Data:
    """Return the batch as that code reads it: the pointer of a node is a 1 at one of the edges that leave it."""
    on = batch.graph
    at_source = torch.zeros(on.V).index_fill(0, batch.inputs["s"] + on.node_offsets[:-1], 1.0)
    pointers = torch.zeros(on.E).index_fill(0, on.reverse[batch.outputs["pi"]], 1.0)
    data = Data(
        edge_index=torch.stack([on.source, on.target]),
        pos=batch.inputs["pos"],
        s=at_source,
        pi=pointers,
        batch=on.graph_of_node,
        length=(batch.last_steps() + 1),
        num_nodes=on.V,
    )
    if "A" in batch.inputs:
        data.weights = batch.inputs["A"]
    data.inputs, data.outputs, data.hints = ["pos", "s"], ["pi"], []
    return data
