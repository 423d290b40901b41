"""eval.yaml: which splits the Hub's own leaderboards may ask for.

The Hub shows a leaderboard for a data set that has such a file and that its staff have put on a list; the frameworks
that it knows are a list of its own too. So this is emitted and nothing depends on it.
"""

from __future__ import annotations

from typing import Any

from nar_bench.data_sets.manifest import Manifest

FRAMEWORK = "nar-bench"


def eval_tasks(manifest: Manifest) -> list[dict[str, str]]:
    """Return one task for each test split."""
    return [
        {"id": task_id(config.name, split.name), "config": config.name, "split": split.name}
        for config in manifest.recipe.configs
        for split in config.splits
        if split.name.startswith("test")
    ]


def task_id(config: str, split: str) -> str:
    """Return the name of a test split among all of a data set's."""
    return f"{config}/{split}"


def eval_yaml(manifest: Manifest) -> str:
    """Return the text of the file."""
    import yaml

    recipe = manifest.recipe
    content: dict[str, Any] = {
        "name": f"{recipe.name} v{recipe.version}",
        "description": recipe.summary,
        "evaluation_framework": FRAMEWORK,
        "tasks": eval_tasks(manifest),
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text
