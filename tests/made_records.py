"""Records for tests. Every number in them is invented."""

from __future__ import annotations

from typing import Any

from nar_bench.results.record import Record

CONFIG: dict[str, Any] = {
    "model": {"hidden": 8},
    "processor": {},
    "similarity": {},
    "train": {"steps": 10, "sizes": [4, 16]},
    "evaluate": {"sizes": [16, 64], "count": 4, "seed": 0},
    "algorithms": {},
}


def used(name: str, **changes: Any) -> dict[str, Any]:
    base = {
        "name": name,
        "id": f"nar-bench/{name}",
        "version": 1,
        "distribution": "nar-bench",
        "distribution_version": "0.1.0",
        "source_hash": "0" * 16,
    }
    return {**base, **changes}


def content(
    number: int = 1,
    algorithm: str = "bfs",
    processor: str = "mpnn",
    seed: int = 0,
    values: dict[int, tuple[float, float, float]] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return a record's JSON content; values: size -> (score, exact match, validity)."""
    values = {16: (0.9, 0.5, 0.6), 64: (0.7, 0.1, 0.2)} if values is None else values
    metrics = ("score", "exact_match", "validity")
    scores = [
        {"algorithm": algorithm, "size": size, "metric": metric, "value": value, "count": 4}
        for size, triple in values.items()
        for metric, value in zip((*metrics, "chance"), (*triple, 0.05), strict=True)
    ]
    base: dict[str, Any] = {
        "schema": 3,
        "trial": f"{number:016x}",
        "state": "done",
        "suite": {"name": "invented", "version": 1},
        "algorithms": [used(algorithm)],
        "processor": used(processor),
        "similarity": None,
        "similar_inputs": [],
        "regime": "hints",
        "seed": seed,
        "config": CONFIG,
        "parameters": 1234,
        "scores": scores,
        "training": {
            "steps": 10,
            "examples": 20,
            "sizes": {algorithm: [4, 16]},
            "losses": {algorithm: [[10, 0.5]]},
            "validation": {},
            "selected": 10,
            "resumed_from": 0,
        },
        "seconds": {"build": 0.1, "train": 2.0, "evaluate": 0.3},
        "environment": {"nar_bench": "0.1.0", "cpu": "imaginary", "threads": 2, "device": "cpu"},
        "started": "2026-01-01T00:00:00Z",
        "finished": "2026-01-01T00:00:03Z",
        "error": None,
    }
    return {**base, **changes}


def record(*arguments: Any, **changes: Any) -> Record:
    return Record.model_validate(content(*arguments, **changes))


def together(number: int, *algorithms: str, **changes: Any) -> Record:
    """Return a record of several algorithms; the i-th has the scores of `content` less i tenths."""
    parts = [
        content(number, name, values={16: (0.9 - i / 10, 0.5, 0.6), 64: (0.7 - i / 10, 0.1, 0.2)}, **changes)
        for i, name in enumerate(algorithms)
    ]
    whole = {
        **parts[0],
        "algorithms": [part["algorithms"][0] for part in parts],
        "scores": [score for part in parts for score in part["scores"]],
        "training": {
            **parts[0]["training"],
            **{
                key: {name: value for part in parts for name, value in part["training"][key].items()}
                for key in ("sizes", "losses")
            },
        },
    }
    return Record.model_validate(whole)
