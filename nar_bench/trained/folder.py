"""A trained trial as a folder: what the Hub takes for a model, and what a network is built from again.

model.safetensors   every weight, float32; what several networks share is stored once
config.json         which weight is which network's, and the versions that trained it
record.json         the trial's record: every option and every score
README.md           the card, with the scores as the Hub's model-index
.eval_results/*.yaml  scores on a published data set, for the Hub's own leaderboards; where one was read
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nar_bench.errors import CheckpointError
from nar_bench.model.net import Net
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.files import write_whole
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.definition import Trial
from nar_bench.runner.trial import build_nets, build_phi, trial_of
from nar_bench.trained.card import eval_results, model_card
from nar_bench.training.weights import Weights, load_weights

WEIGHTS, CONFIG, RECORD, CARD = "model.safetensors", "config.json", "record.json", "README.md"
_FORMAT = 1
_PHI = "phi"


@dataclass(frozen=True)
class Restored:
    """A trained trial, built again.

    Attributes:
        nets: one for each algorithm, in evaluation mode.
        phi: its similarity, or None.
    """

    trial: Trial
    record: Record
    algorithms: Sequence[Algorithm]
    nets: Sequence[Net]
    phi: Any


def files_of(store: Store, record: Record, repository: str = "") -> dict[str, bytes]:
    """Return the files of a finished trial, by name.

    Args:
        repository: where it is published; "" where it is not known.

    Raises:
        CheckpointError: the trial failed, or its weights are not there or damaged.
    """
    if record.state != "done":
        raise CheckpointError(f"trial {record.trial} failed, so there is no model; run its suite with --retry failed.")
    weights = load_weights(store.weights(record.trial), record.trial)
    tensors, names = _stored_once(weights)
    config = {
        "format": _FORMAT,
        "library_name": "nar-bench",
        "model_type": record.processor.name,
        "trial": record.trial,
        "weights": names,
        "environment": {key: record.environment.get(key) for key in ("nar_bench", "torch", "numpy", "python")},
    }
    return {
        WEIGHTS: _safetensors(tensors),
        CONFIG: (json.dumps(config, indent=1) + "\n").encode(),
        RECORD: record.to_json().encode(),
        CARD: model_card(record, repository).encode(),
        **{name: text.encode() for name, text in eval_results(record).items()},
    }


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files. Raises StoreError."""
    for name, content in files.items():
        write_whole(folder / name, content)


def restore(folder: Path, registry: Registry) -> Restored:
    """Build the networks of a folder again.

    Raises:
        CheckpointError: a file is missing, damaged, or of other code than is here.
        RecordError: the record cannot be read.
        UnknownName, PluginError: a component is not there.
    """
    record = Record.from_json(_read(folder / RECORD), str(folder / RECORD))
    config = json.loads(_read(folder / CONFIG))
    if config.get("format") != _FORMAT or config.get("trial") != record.trial:
        raise CheckpointError(f"{folder / CONFIG}: it is not of trial {record.trial} in format {_FORMAT}.")
    tensors = _tensors(folder / WEIGHTS)
    try:
        states = [{name: tensors[stored] for name, stored in net.items()} for net in config["weights"]["nets"]]
        phi_state = {name: tensors[stored] for name, stored in config["weights"][_PHI].items()}
    except KeyError as error:
        raise CheckpointError(f"{folder / WEIGHTS}: weight {error} is missing; fetch the model again.") from None
    trial = trial_of(record)
    algorithms: list[Algorithm] = [registry.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
    nets, phi = build_nets(trial, algorithms, registry), build_phi(trial, registry)
    Weights(folder / WEIGHTS, states, phi_state).put_into(nets, phi)
    return Restored(trial, record, algorithms, [net.eval() for net in nets], phi)


def _stored_once(weights: Weights) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return the tensors to store, and for each network which of its weights is which of them."""
    tensors: dict[str, torch.Tensor] = {}
    places: dict[tuple[Any, ...], str] = {}

    def store(state: dict[str, torch.Tensor], prefix: str) -> dict[str, str]:
        names = {}
        for name, tensor in state.items():
            place: tuple[Any, ...] = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
            place = place if tensor.numel() else (prefix, name)
            if place not in places:
                places[place] = f"{prefix}.{name}"
                tensors[places[place]] = tensor.clone().contiguous()
            names[name] = places[place]
        return names

    nets = [store(net, f"nets.{number}") for number, net in enumerate(weights.nets)]
    return tensors, {"nets": nets, _PHI: store(weights.phi, _PHI)}


def _safetensors(tensors: dict[str, torch.Tensor]) -> bytes:
    from safetensors.torch import save

    return save(tensors, metadata={"format": "pt", "library": "nar-bench"})


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(_read(path))
    except SafetensorError as error:
        raise CheckpointError(f"{path}: the weights cannot be read ({error}); fetch the model again.") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be read: {error.strerror}. A model's folder is made by: nar-bench model pull"
        ) from None
