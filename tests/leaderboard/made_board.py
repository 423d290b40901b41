"""A folder of boards with invented submissions, of any size. Every number in it is invented."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from made_records import content

from nar_bench.leaderboard.definition import Definition, read_definition

SIZES = (16, 32, 64)

BOARD = """
name = "{name}"
title = "Invented"
summary = "Every number on this board is invented."
suite = {{ name = "invented", version = 1 }}
track = "strict"
in_distribution = 16
sizes = [16, 32, 64]
size = 64
seeds = {seeds}
reported = ["{name}"]

[categories]
{categories}

[test]
count = 4
"""

REPORTED = (
    "kind,name,model,metric,point,size,percent,spread,spread_is,paper,protocol,source\n"
    "algorithm,nar-bench/{first},Someone's,score,own,64,71.5,2.0,deviation,Invented 2026,otherwise,nowhere\n"
    "mean over algorithms,,Someone's,score,own,64,66.6,,,Invented 2026,otherwise,nowhere\n"
)


def scores_of(algorithm: str, skill: float, rng: random.Random, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Return possible scores that fall with the size."""
    made = []
    for place, size in enumerate(sizes):
        score = min(1.0, max(0.06, skill - 0.08 * place + rng.gauss(0, 0.04)))
        exact = max(0.0, min(score, score**8))
        valid = min(1.0, exact * 1.2)
        chance = 0.05
        values = {
            "score": score,
            "exact_match": exact,
            "validity": valid,
            "chance": chance,
            "chance_corrected": (score - chance) / (1 - chance),
        }
        made += [
            {"algorithm": algorithm, "size": size, "metric": metric, "value": value, "count": 4}
            for metric, value in values.items()
        ]
    return made


def record_of(
    number: int, method: str, algorithm: str, seed: int, skill: float, rng: random.Random, regime: str = "hints"
) -> dict[str, Any]:
    """Return a record's JSON content that fits the board."""
    return content(
        number,
        algorithm,
        method,
        seed,
        {},
        scores=scores_of(algorithm, skill, rng),
        regime=regime,
        points={algorithm: {"own": {}}},
        parameters=1000 + 900 * sum(map(ord, method)) % 20_000,
        seconds={"build": 0.1, "train": 2.0 + 5 * rng.random() * len(method), "evaluate": 0.3},
        memory={"process": 400.0 + rng.random(), "device": None},
        environment={"nar_bench": "0.1.0", "cpu": f"imaginary {ord(method[-1]) % 2}", "threads": 1, "device": "cpu"},
        config={
            "model": {"hidden": 8},
            "processor": {},
            "similarity": {},
            "train": {"steps": 10, "sizes": [4, 16], "select": "last"},
            "evaluate": {"sizes": list(SIZES), "count": 4, "seed": 0},
            "algorithms": {algorithm: {"train": {}, "train_shift": {}, "evaluate": {}, "evaluate_shift": {}}},
        },
    )


def submission_of(name: str, records: list[dict[str, Any]], board: str = "invented", **changes: Any) -> dict[str, Any]:
    """Return a submission's JSON content."""
    base = {
        "schema": 1,
        "name": name,
        "board": board,
        "state": "claimed",
        "submitted": "2026-01-02T00:00:00Z",
        "by": "nobody",
        "notes": "",
        "incomplete": False,
        "commands": ["nar-bench run invented --predictions"],
        "environment": {"nar_bench": "0.1.0"},
        "files": {},
        "verifications": [],
        "records": records,
    }
    return {**base, **changes}


def make_definition(
    folder: Path, algorithms: dict[str, list[str]], seeds: list[int], name: str = "invented"
) -> Definition:
    """Write a board's files but for its submissions."""
    (folder / name / "results").mkdir(parents=True, exist_ok=True)
    categories = "\n".join(f"{json.dumps(category)} = {json.dumps(names)}" for category, names in algorithms.items())
    file = folder / name / "board.toml"
    file.write_text(BOARD.format(name=name, seeds=seeds, categories=categories))
    first = next(iter(algorithms.values()))[0]
    (folder / name / "reported.csv").write_text(REPORTED.format(first=first))
    return read_definition(file)


def make_boards(
    folder: Path,
    methods: int = 8,
    algorithms: dict[str, list[str]] | None = None,
    seeds: tuple[int, ...] = (0, 1, 2),
    per_submission: int = 4,
) -> Path:
    """Write a folder with one board, `invented`: the last method lacks a seed, and one before it is impossible."""
    algorithms = algorithms or {"Graphs": ["bfs", "dijkstra", "mst_prim"], "Sorting": ["insertion_sort", "quicksort"]}
    make_definition(folder, algorithms, list(seeds))
    rng = random.Random(7)
    names = [name for of in algorithms.values() for name in of]
    number, waiting, submissions = 0, [], 0
    for place in range(methods):
        method, skill = f"method_{place}", 0.97 - 0.6 * place / methods
        records = []
        for algorithm in names:
            hard = 0.1 * rng.random()
            for seed in seeds:
                number += 1
                records.append(
                    record_of(number, method, algorithm, seed, skill - hard, rng, "hints" if place % 2 else "memory")
                )
        incomplete = place == methods - 1
        if incomplete:
            records = [one for one in records if one["seed"] != seeds[-1]]
        waiting += records
        if len(waiting) and (place % per_submission == per_submission - 1 or place >= methods - 2):
            name = f"team-{submissions}"
            state = "claimed"
            made = submission_of(name, waiting, state=state, incomplete=incomplete)
            (folder / "invented" / "results" / f"{name}.json").write_text(json.dumps(made))
            waiting, submissions = [], submissions + 1
    return folder
