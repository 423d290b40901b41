"""The card of a trained trial: what was trained how, what it scores, and how to have it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nar_bench.data_sets.leaderboard import task_id
from nar_bench.results.record import OWN_POINT, Record, Score

_SHOWN = ("score", "exact_match", "validity", "chance")
_HUB = "hub:"


def model_card(record: Record, repository: str = "") -> str:
    """Return the text of README.md.

    Args:
        repository: `owner/name` on the Hub; "" where it is not known.
    """
    from huggingface_hub import EvalResult, ModelCardData

    where = repository or "OWNER/NAME"
    data, revision = _data_set(record)
    results = [
        EvalResult(
            task_type="graph-ml",
            task_name=f"{score.algorithm}, n = {score.size}",
            dataset_type=data or f"nar-bench/{score.algorithm}",
            dataset_name=data or f"{score.algorithm}, drawn by nar-bench",
            dataset_config=_config(record, score.algorithm) if data else score.algorithm,
            dataset_split=f"test_n{score.size}",
            dataset_revision=revision or None,
            metric_type=score.metric,
            metric_name=score.metric,
            metric_value=score.value,
        )
        for score in _own(record, ("score", "exact_match", "validity"))
    ]
    names = [used.name for used in record.algorithms]
    title = f"{record.processor.name} on {', '.join(names)}"
    card = ModelCardData(
        library_name="nar-bench",
        license="apache-2.0",
        tags=["neural-algorithmic-reasoning", "nar-bench", *names],
        datasets=[data] if data else None,
        model_name=title,
        eval_results=results,
    )
    front = str(card.to_yaml()).strip()
    return f"""---
{front}
---

# {title}

The processor `{record.processor.name}` of {record.processor.distribution} {record.processor.distribution_version}, \
trained in the regime `{record.regime}` with seed {record.seed}: trial `{record.trial}` of the suite \
{record.suite.name} v{record.suite.version}. One seed says what is possible, not what is usual.

## Scores

`score` is the reference's, pooled over all test instances; `exact_match` is the share with every entry right; \
`validity` the share that a verifier accepts; `chance` what the best answer scores that does not look at the input.

{_table(record)}

{_training(record)}

## Have it again

```bash
nar-bench model pull {where} -o model     # fetches it, builds it and measures it again
```

```python
from pathlib import Path
from nar_bench.plugin.registry import registry
from nar_bench.trained.folder import restore

net = restore(Path("model"), registry()).nets[0]   # a torch module
```

`record.json` has every option, score and version, and `nar-bench` can train it anew from them.
"""


def _own(record: Record, metrics: Iterable[str]) -> list[Score]:
    return [score for score in record.scores if score.point == OWN_POINT and score.metric in metrics]


def _table(record: Record) -> str:
    values = {(s.algorithm, s.size, s.metric): s for s in _own(record, _SHOWN)}
    lines = [f"| algorithm | n | instances | {' | '.join(_SHOWN)} |", "|---|---|---|" + "---|" * len(_SHOWN)]
    for algorithm, size in dict.fromkeys((algorithm, size) for algorithm, size, _ in values):
        cells = [values.get((algorithm, size, metric)) for metric in _SHOWN]
        count = next(cell.count for cell in cells if cell)
        told = " | ".join(f"{cell.value:.3f}" if cell else "" for cell in cells)
        lines.append(f"| {algorithm} | {size} | {count} | {told} |")
    return "\n".join(lines)


def _training(record: Record) -> str:
    training = record.training
    if training is None:
        return ""
    sizes = "; ".join(f"{name}: n = {', '.join(map(str, given))}" for name, given in training.sizes.items())
    data, revision = _data_set(record)
    of = f"read from {data} at {revision}" if data else "drawn by nar-bench"
    return (
        f"Trained for {training.steps:,} steps on {training.examples:,} samples ({sizes}), {of}; the weights are those "
        f"of step {training.selected:,}. {record.parameters:,} parameters."
    )


def _data_set(record: Record) -> tuple[str, str]:
    """Return (repository, revision) of the data set on the Hub that was read, or two empty strings."""
    source = str(record.config.get("data", {}).get("source", ""))
    if not source.startswith(_HUB):
        return "", ""
    repository, _, revision = source.removeprefix(_HUB).partition("@")
    return repository, revision


def _config(record: Record, algorithm: str) -> str:
    return str(record.config["algorithms"][algorithm].get("data", {}).get("config", algorithm))


def eval_results(record: Record) -> dict[str, str]:
    """Return the file for the Hub's own leaderboards, by name; empty where no published data set was read."""
    import yaml
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    repository, revision = _data_set(record)
    if not repository:
        return {}
    entries = [
        EvalResultEntry(
            dataset_id=repository,
            task_id=task_id(_config(record, score.algorithm), f"test_n{score.size}"),
            value=score.value,
            dataset_revision=revision,
            date=record.finished[:10],
            notes=f"nar-bench trial {record.trial}, seed {record.seed}",
        )
        for score in _own(record, ("score",))
    ]
    told: list[dict[str, Any]] = eval_result_entries_to_yaml(entries)
    name = repository.replace("/", "__")
    return {f".eval_results/{name}.yaml": yaml.safe_dump(told, sort_keys=False)}
