"""The first row of some configs, as people read it: what the card shows of what a row looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nar_bench.data_sets.recipe import DataConfig, Recipe
from nar_bench.data_sets.shards import shards_of

_VALUES, _CHARACTERS = 16, 2000
"""Of a list, and of a text, at most so many are shown."""

Examples = dict[str, dict[str, str]]
"""Config -> column -> its value in the first row, as it is printed."""


def first_rows(folder: Path, recipe: Recipe) -> Examples:
    """Return the first row of the first config of trajectories, and of its prompts and answers.

    Of the first test split where there is one.
    """
    shown: Examples = {}
    first = recipe.configs[0]
    for config in recipe.configs:
        if config.algorithm_id == first.algorithm_id and config.family == first.family:
            shown[config.name] = {name: _printed(value) for name, value in _first_row(folder, config).items()}
    return shown


def example_split(config: DataConfig) -> str:
    """Return the split that shows how to load a config, and what it holds."""
    tests = [split.name for split in config.splits if split.name.startswith("test")]
    return (tests or [config.splits[0].name])[0]


def _first_row(folder: Path, config: DataConfig) -> dict[str, Any]:
    import pyarrow.parquet as pq

    alone = Recipe(name="x", version=1, summary="", license="", configs=(config,))
    path = next(shard.path for shard in shards_of(alone) if shard.split == example_split(config))
    row: dict[str, Any] = next(pq.ParquetFile(folder / path).iter_batches(batch_size=1)).to_pylist()[0]
    return row


def _printed(value: Any) -> str:
    if not isinstance(value, list):
        text = str(value)
        return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]} ..."
    told = ", ".join(f"{one:.4g}" if isinstance(one, float) else str(one) for one in value[:_VALUES])
    return f"[{told}{', ...' if len(value) > _VALUES else ''}]"
