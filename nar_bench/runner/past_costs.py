"""What the trials of a results folder have cost."""

from __future__ import annotations

import json
import statistics

from nar_bench.results.compact import Compacted
from nar_bench.runner.costs import Cost, cost_key_of

_COLUMNS = (
    "state",
    "steps",
    "resumed_from",
    "build_seconds",
    "train_seconds",
    "evaluate_seconds",
    "process_mib",
    "cpu",
    "device",
    "threads",
)


def known_costs(compacted: Compacted) -> dict[str, Cost]:
    """Return what trials that are done have cost, by `cost_key`; steps before an interrupt are not counted."""
    found: dict[str, list[tuple[float, float, float | None, str]]] = {}
    for key, state, steps, before, build, train, evaluate, memory, cpu, device, threads in zip(
        _keys(compacted), *compacted.columns(*_COLUMNS).to_pydict().values(), strict=True
    ):
        if state == "done" and steps is not None and steps > before and None not in (build, train, evaluate):
            machine = f"{cpu}, {device}, {threads} thread{'s' * (threads != 1)}"
            found.setdefault(key, []).append((train / (steps - before), build + evaluate, memory, machine))
    return {key: _cost(several) for key, several in found.items()}


def _keys(compacted: Compacted) -> list[str]:
    """Return the cost key of each record; those of equal components and options are worked out once."""
    columns = (column.combine_chunks().dictionary_encode() for column in compacted.columns("components", "config"))
    (components, several), (configs, each) = (
        (column.dictionary.to_pylist(), column.indices.to_pylist()) for column in columns
    )
    keys: dict[tuple[int | None, int | None], str] = {}
    for pair in set(zip(several, each, strict=True)):
        made_of, options = pair
        # Damaged records have neither.
        known = made_of is not None and options is not None
        keys[pair] = cost_key_of(components[made_of], json.loads(configs[options])) if known else ""
    return [keys[pair] for pair in zip(several, each, strict=True)]


def _cost(several: list[tuple[float, float, float | None, str]]) -> Cost:
    return Cost(
        step=statistics.median(step for step, _, _, _ in several),
        rest=statistics.median(rest for _, rest, _, _ in several),
        memory=max((memory for _, _, memory, _ in several if memory is not None), default=None),
        records=len(several),
        machines=tuple(sorted({machine for _, _, _, machine in several})),
    )
