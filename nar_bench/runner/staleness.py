"""Why a record is not what its suite plans today: which field of the trial's definition is another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.differences import flat
from nar_bench.results.identity import module_hash
from nar_bench.results.record import Record, Used
from nar_bench.runner.defaults import with_defaults
from nar_bench.runner.definition import Trial, definition_of

NOT_THERE = "not there"
IDENTITY = "identity"
"""Said to be the field that changed where none of the trial did: then the framework's protocol is another."""


@dataclass(frozen=True)
class Change:
    """One field of a definition that differs.

    Attributes:
        field: such as train.steps, or processor.source (the code of its module and of what it imports).
        before: of the record.
        now: of the plan.
    """

    field: str
    before: Any
    now: Any


@dataclass(frozen=True)
class Staleness:
    """What became of a trial.

    Attributes:
        planned: the trial of today's plan that is most like it, or is it; None where the plan is empty.
        changes: in what they differ; empty where it is current.
    """

    planned: Trial | None
    changes: list[Change]


def staleness(old: Trial, planned: Iterable[Trial]) -> Staleness:
    """Compare the trial of a record with today's plan of its suite."""
    trials = list(planned)
    same = next((trial for trial in trials if trial.id == old.id), None)
    if same is not None or not trials:
        return Staleness(same, [])
    names = _names(old)
    closeness = [sum(one == other for one, other in zip(names, _names(trial), strict=True)) for trial in trials]
    near = [trial for trial, close in zip(trials, closeness, strict=True) if close == max(closeness)]
    before = _flat_definition(old)
    compared = {id(trial.config): (trial, _changes(before, _flat_definition(trial))) for trial in reversed(near)}
    trial, changes = min(compared.values(), key=lambda one: len(one[1]))
    return Staleness(trial, changes or [Change(IDENTITY, old.id, trial.id)])


def _names(trial: Trial) -> tuple[Any, ...]:
    similarity = trial.similarity.id if trial.similarity else None
    return tuple(used.id for used in trial.algorithms), trial.processor.id, trial.regime, similarity, trial.seed


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    fields = [*before, *(field for field in now if field not in before)]
    pairs = ((field, before.get(field, NOT_THERE), now.get(field, NOT_THERE)) for field in fields)
    return [Change(*pair) for pair in pairs if pair[1] != pair[2]]


def _flat_definition(trial: Trial) -> dict[str, Any]:
    whole = dataclasses.replace(trial, config=with_defaults(trial.config))
    definition = definition_of(whole)
    told = {
        "algorithms": " + ".join(used.id for used in trial.algorithms),
        "processor": trial.processor.id,
        "regime": trial.regime,
        "similarity": trial.similarity.id if trial.similarity else NOT_THERE,
        "seed": trial.seed,
        "similar_inputs": " + ".join(used.id for used in trial.similar_inputs) or NOT_THERE,
    }
    several = {
        **{f"algorithms.{used.name}": used for used in trial.algorithms},
        **{f"similar_inputs.{used.name}": used for used in trial.similar_inputs},
        "processor": trial.processor,
        **({"similarity": trial.similarity} if trial.similarity else {}),
    }
    for place, used in several.items():
        told |= _component(place, used)
    return {**told, **{".".join(path): value for path, value in flat(definition["config"])}}


def _component(place: str, used: Used) -> dict[str, Any]:
    told = {f"{place}.version": used.version, f"{place}.source": used.source_hash}
    return told if used.around is None else {**told, **_component(f"{place}.{used.around.name}", used.around)}


def changed_since(record: Record, registry: Registry) -> list[str]:
    """Return the components of a trial whose source is not what it was when the trial was run."""
    used: list[tuple[Kind, Used]] = [(Kind.PROCESSOR, record.processor)]
    used += [(Kind.ALGORITHM, one) for one in record.algorithms]
    used += [(Kind.SIMILAR_INPUT, one) for one in record.similar_inputs]
    used += [(Kind.SIMILARITY, record.similarity)] if record.similarity else []
    changed = []
    for kind, one in used:
        target = registry.find(kind, one.id).target
        if isinstance(target, str) and module_hash(target.partition(":")[0]) != one.source_hash:
            changed.append(f"{kind} {one.name}")
    return changed
