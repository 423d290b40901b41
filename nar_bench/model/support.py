"""What a network can be built of; needs no torch, so that a plan can ask."""

from __future__ import annotations

from typing import Any

from nar_bench.model.config import NetConfig
from nar_bench.model.regime import Regime
from nar_bench.plugin.contracts import Processor
from nar_bench.spec import AlgorithmSpec, Layout


def unsupported_reason(spec: AlgorithmSpec, regime: Regime, config: NetConfig) -> str:
    """Return "" where the network can be built for `spec` in this regime and layout, or why it cannot."""
    if spec.layout is Layout.SPARSE and config.layout != "sparse":
        return "its graphs are sparse, and the dense layout has a place for every pair; set model.layout = 'sparse'"
    if config.layout == "sparse" and spec.layout is Layout.DENSE and not spec.along_edges:
        return (
            "it has no sparse form: it has no graph, or its features are not along the edges of one "
            "(AlgorithmSpec.along_edges); set model.layout = 'dense'"
        )
    given = next((feature.name for feature in spec.hints if feature.given), "")
    if given and regime.budget != "oracle":
        return (
            f"its hint '{given}' is given at every step of the true run and there is none beyond, so a network that "
            f"makes other steps (budget '{regime.budget}') would see where the run ends; budget = 'oracle' is possible"
        )
    return ""


def processor_reason(processor: Processor, options: Any, spec: AlgorithmSpec, regime: Regime, config: NetConfig) -> str:
    """Return "" where the network can be built for `spec` around this processor, or why it cannot.

    What a plugin says is taken with care: a plan goes on where its `unsupported` raises or returns no string.
    """
    if reason := unsupported_reason(spec, regime, config):
        return reason
    if config.layout not in processor.layouts:
        return f"{processor.name} has no form for the {config.layout} layout, only for {', '.join(processor.layouts)}"
    if processor.own_state and (config.dropout or config.lstm != "none"):
        return f"{processor.name} carries no hidden vectors, which the model's dropout and lstm would change"
    try:
        said: Any = processor.unsupported(options, spec, regime, config)
    except Exception as error:
        return f"{processor.name} cannot say whether it supports this: its unsupported() raised {error!r}"
    if not isinstance(said, str):
        return f"{processor.name} cannot say whether it supports this: its unsupported() returned {said!r}, no string"
    return f"{processor.name}: {said}" if said else ""
