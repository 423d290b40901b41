"""Bring the records of the study beside its page, and look at the ideas of its networks.

    .venv/bin/python docs/experiments/memory/collect.py runs/memory-study runs/memory-study-together ...

Records go into records.jsonl.gz, one line each, as they are. Of every finished trial whose network has a memory and
whose weights are in its results folder, ideas.json says what `nar-bench ideas` shows: how often a similar input is
found, how well ideas tell hints, and CKA between algorithms.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nar_bench.ideas.network import networks_of
from nar_bench.ideas.study import Choice, Study, study
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.differences import told_from
from nar_bench.results.record import Record
from nar_bench.results.store import Store

USUAL: dict[str, dict[str, Any]] = {
    "processor": {"idea_size": 64, "read": "attention"},
    "train": {"contrastive_weight": 0.1, "temperature": 1.0, "step_weights": "uniform"},
    "contrast": {"positives": ["similar_input"], "negatives": "all", "negative_count": 0, "across": False},
}
"""Options that the study changes, as they are elsewhere in it."""
HERE = Path(__file__).parent
RECORDS, IDEAS = HERE / "records.jsonl.gz", HERE / "ideas.json"


def read_records(path: Path = RECORDS) -> list[Record]:
    """Return the records that the page is made from."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [Record.from_json(line, path.name) for line in lines]


def write_records(records: Iterable[Record], path: Path = RECORDS) -> None:
    """Keep records, each once, in the order of their ids; the same ones make the same bytes."""
    kept = {record.trial: record for record in records}
    lines = (json.dumps(json.loads(kept[trial].to_json()), separators=(",", ":")) for trial in sorted(kept))
    path.write_bytes(gzip.compress("".join(line + "\n" for line in lines).encode(), mtime=0))


def look_at(
    records: Iterable[Record], stores: dict[str, Store], registry: Registry, earlier: Iterable[dict[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Return what the ideas of each method and seed are like, all algorithms of a seed side by side.

    Args:
        stores: the results folder of each trial, by id.
        earlier: what was returned before; what is of the same trials is taken from it.
    """
    known = {tuple(one["trials"]): one for one in earlier}
    groups: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        if record.state == "done" and registry.load(Kind.PROCESSOR, record.processor.id).writes_ideas:
            groups[method_of(record), record.seed].append(record)
    made = []
    for (method, seed), group in sorted(groups.items()):
        kept = [record for record in group if stores[record.trial].weights(record.trial).exists()]
        trials = tuple(sorted(record.trial for record in kept))
        if trials in known:
            made.append(known[trials])
        elif kept:
            networks = [networks_of(record, stores[record.trial], registry) for record in kept]
            numbers = _numbers(study(networks, Choice()))
            made.append({"method": method, "seed": seed, "trials": list(trials), **numbers})
            sys.stderr.write(f"looked at {method}, seed {seed}\n")
    return made


def method_of(record: Record) -> str:
    """Return the row of a table that a record is in: its method and what of its options is not the study's usual."""
    told = told_from(record, USUAL)
    return record.method + (f" [{told}]" if told else "")


def _numbers(made: Study) -> dict[str, Any]:
    """Leave out what only a page can show."""
    return {
        "found": [asdict(one) for panel in made.panels for one in panel.found],
        "aligned": [
            {"inputs_of": one.inputs_of, "algorithm": one.algorithm, "trained": one.trained, "untrained": one.untrained}
            for one in made.aligned
        ],
        "probed": [
            {
                "algorithm": one.algorithm,
                "hint": one.hint,
                "summary": one.summary,
                "measure": one.measure,
                **{vectors: round(score.score, 4) for vectors, score in one.scores.items()},
            }
            for one in made.probed
        ],
    }


def main(folders: list[str]) -> None:
    """Collect from results folders."""
    from nar_bench.plugin.registry import registry

    found = [(Store(Path(folder)), record) for folder in folders for record in Store(Path(folder)).records()[0]]
    records = [record for _, record in found]
    write_records(records)
    earlier = json.loads(IDEAS.read_text(encoding="utf-8")) if IDEAS.exists() else []
    stores = {record.trial: store for store, record in found}
    looked = look_at(records, stores, registry(), [one for one in earlier if "trials" in one])
    IDEAS.write_text(json.dumps(looked, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
