"""What a run has to leave behind whatever happened to it on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from nar_bench.results.store import Store
from nar_bench.training.weights import load_weights

HISTORY = {"started", "finished", "seconds", "memory", "environment"}
"""Of a record, what tells of the way."""


def results_of(out: Path) -> dict[str, Any]:
    """Return every number of every record, but for those that tell of the way, and every weight, as bytes."""
    store = Store(out)
    good, bad = store.records()
    assert bad == []
    found: dict[str, Any] = {}
    for record in good:
        content = record.model_dump(exclude=HISTORY)
        if record.training:
            del content["training"]["resumed_from"]
        weights = load_weights(store.weights(record.trial), record.trial) if record.state == "done" else None
        states = [*weights.nets, weights.phi] if weights else []
        found[record.trial] = content, [{name: _bytes(value) for name, value in state.items()} for state in states]
    return found


def _bytes(tensor: torch.Tensor) -> tuple[torch.dtype, torch.Size, bytes]:
    return tensor.dtype, tensor.shape, tensor.contiguous().numpy().tobytes()
