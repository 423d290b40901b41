"""Which trials of a results folder are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nar_bench.errors import IdeasError, NarBenchError, did_you_mean
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store

_ALGORITHMS = 12
"""Algorithms that one page has room for."""


def select(store: Store, registry: Registry, trials: Sequence[str] = ()) -> tuple[list[Record], list[Record]]:
    """Return the finished trials to look at, and the others that could be.

    Args:
        trials: ids or their first digits; without, the first trial that contrasts ideas (or, where none does, that
            writes some), with those that differ from it in their algorithms alone.

    Raises:
        IdeasError: a trial is not there, not finished or writes no ideas, or there is none at all.
        UnknownName, PluginError: the processor of a trial that was named is not there.
        StoreError: there is no results folder.
    """
    records, damaged = store.records()
    done = [record for record in records if record.state == "done"]
    writing = [record for record in done if _writes(record, registry) and not _is_sparse(record)]
    if trials:
        chosen = list({record.trial: record for one in trials for record in [_find(one, records, store)]}.values())
        for record in chosen:
            if record not in writing:
                raise IdeasError(_cannot(record, registry))
    else:
        if not writing:
            raise IdeasError(_none(store, records, len(damaged), registry))
        ordered = sorted(writing, key=lambda record: (record.similarity is None, record.started, record.trial))
        kept = [record for record in ordered if store.weights(record.trial).exists()] or ordered
        chosen = _alike(kept[0], kept)
    return chosen, [record for record in writing if record not in chosen]


def _writes(record: Record, registry: Registry) -> bool:
    try:
        return bool(registry.load(Kind.PROCESSOR, record.processor.id).writes_ideas)
    except NarBenchError:
        return False  # it is no longer registered; the other trials can still be looked at


def _is_sparse(record: Record) -> bool:
    """Return whether its network is in the sparse layout, of whose encodings there is no pooled form to compare."""
    return bool(record.config["model"].get("layout", "dense") == "sparse")


def _alike(first: Record, records: Sequence[Record]) -> list[Record]:
    """Return `first` and the trials like it on other algorithms, each algorithm once."""

    def kind(record: Record) -> Any:
        common = {key: value for key, value in record.config.items() if key != "algorithms"}
        phi = record.similarity.id if record.similarity else ""
        return record.suite, record.processor.id, phi, record.regime, record.seed, common

    chosen, names = [first], {used.id for used in first.algorithms}
    for record in records:
        own = {used.id for used in record.algorithms}
        if kind(record) == kind(first) and not own & names and len(own | names) <= _ALGORITHMS:
            chosen.append(record)
            names |= own
    return chosen


def _find(name: str, records: Sequence[Record], store: Store) -> Record:
    found = [record for record in records if record.trial.startswith(name)] if name else []
    if len(found) == 1:
        return found[0]
    if found:
        raise IdeasError(f"--trial {name}: several trials begin so: {', '.join(one.trial for one in found)}.")
    if list(store.checkpoint("x").parent.glob(f"{name}*.pt")):
        raise IdeasError(f"--trial {name}: it is not finished. Run its suite again to go on from its checkpoint.")
    known = did_you_mean(name, [record.trial for record in records])
    raise IdeasError(f"--trial {name}: {store.path} has no such trial.{known}")


def _cannot(record: Record, registry: Registry) -> str:
    label = f"trial {record.trial} ({record.name}, {record.method}, seed {record.seed})"
    if record.state != "done":
        return f"{label} failed: {record.error.message if record.error else ''} Run its suite with --retry failed."
    registry.load(Kind.PROCESSOR, record.processor.id)
    if _is_sparse(record):
        return f"{label}: its network is in the sparse layout, whose ideas cannot be looked at yet."
    return f"{label}: its processor writes no ideas. Those that do: {_writers(registry)}."


def _none(store: Store, records: Sequence[Record], damaged: int, registry: Registry) -> str:
    done = [record for record in records if record.state == "done"]
    if not done:
        waiting = len(list(store.checkpoint("x").parent.glob("*.pt")))
        what = [f"{waiting} unfinished"] if waiting else []
        what += [f"{len(records)} failed"] if records else []
        what += [f"{damaged} with a damaged record"] if damaged else []
        return f"{store.path}: no trial is finished yet ({', '.join(what) or 'none has begun'}). Run its suite again."
    names = sorted({record.processor.name for record in done})
    if any(_is_sparse(record) for record in done):
        return (
            f"{store.path}: no trial writes ideas in the dense layout; those of the sparse one cannot be looked at yet."
        )
    return (
        f"{store.path}: no trial writes ideas; its processors are {', '.join(names)}. "
        f"Those that do: {_writers(registry)}."
    )


def _writers(registry: Registry) -> str:
    entries = registry.entries(Kind.PROCESSOR)
    return ", ".join(entry.name for entry in entries if entry.load().writes_ideas)
