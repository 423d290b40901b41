"""Options that there were not yet when a record was written: it was made by what is their default now."""

from __future__ import annotations

import dataclasses
from typing import Any

from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import Regime
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig

_OPTIONS = {"regime": Regime, "model": NetConfig, "train": TrainConfig, "evaluate": EvaluateConfig}


def with_defaults(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a trial, or of its record, with every option of the framework."""
    whole = {
        section: {**_defaults(options), **config.get(section, {})} if section in _OPTIONS else config.get(section, {})
        for section, options in {**dict.fromkeys(config), **_OPTIONS}.items()
    }
    own: dict[str, Any] = {"train": {}, "train_shift": {}, "evaluate": {}, "evaluate_shift": {}}
    whole["algorithms"] = {name: {**own, **given} for name, given in config["algorithms"].items()}
    contrast = config.get("contrast", {})
    whole["contrast"] = {**_defaults(ContrastConfig), **contrast} if contrast else {}
    return whole


def _defaults(options: Any) -> dict[str, Any]:
    fields = (field for field in dataclasses.fields(options) if field.default is not dataclasses.MISSING)
    return {f.name: list(f.default) if isinstance(f.default, tuple) else f.default for f in fields}
