"""What supervises a network, and which hints it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Regime:
    """One way of training.

    Args:
        encode_hints: the hints predicted at a step are encoded at the next (the true ones at step 0).
        decode_hints: hints are predicted and trained on.
        memory: the contrastive trajectory loss is added; the processor has to write ideas.
    """

    name: str
    encode_hints: bool
    decode_hints: bool
    memory: bool


REGIMES = {
    regime.name: regime
    for regime in (
        Regime("hints", encode_hints=True, decode_hints=True, memory=False),
        Regime("decoded_only", encode_hints=False, decode_hints=True, memory=False),
        Regime("no_hints", encode_hints=False, decode_hints=False, memory=False),
        Regime("memory", encode_hints=False, decode_hints=False, memory=True),
    )
}
