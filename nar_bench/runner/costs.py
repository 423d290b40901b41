"""What trials cost: which of them cost alike, and what earlier ones say of a new one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Protocol

from nar_bench.results.compact import Composed, components_of
from nar_bench.runner.defaults import with_defaults

_IDLE = {
    "train": {
        "steps",
        "learning_rate",
        "clip_norm",
        "checkpoint_every",
        "temperature",
        "node_temperature",
        "step_weights",
        "reduction",
    },
    "evaluate": {"seed"},
}
"""Options that change neither the time of a step nor the memory."""


class Costed(Composed, Protocol):
    """A trial, or its record."""

    @property
    def config(self) -> dict[str, Any]: ...  # noqa: D102


def cost_key(one: Costed) -> str:
    """Return what is equal for trials whose steps cost the same: same components and options, whatever the seed.

    Versions and sources do not count, nor how many steps there are. An option that a record is too old to have has its
    default.
    """
    return cost_key_of(components_of(one), one.config)


def cost_key_of(components: str, config: dict[str, Any]) -> str:
    """Return the same of a record, compact: `components` is the column of that name."""
    costing = {
        section: {key: value for key, value in options.items() if key not in _IDLE.get(section, ())}
        for section, options in with_defaults(config).items()
    }
    text = json.dumps([components, costing], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Cost:
    """What trials that cost alike have cost.

    Attributes:
        step: seconds of one training step, the median.
        rest: seconds of all else (building, evaluation), the median.
        memory: MiB of memory of the process, the largest; None where no record says.
        records: how many they are.
        machines: what they ran on, by processor, device and threads, each once.
    """

    step: float
    rest: float
    memory: float | None
    records: int
    machines: tuple[str, ...]

    def seconds(self, steps: int) -> float:
        """Return what a trial of so many steps should take."""
        return self.step * steps + self.rest
