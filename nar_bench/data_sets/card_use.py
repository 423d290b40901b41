"""What the card tells those who use a data set: how it is loaded, what a row looks like, how answers are scored."""

from __future__ import annotations

from nar_bench.data_sets.examples import example_split
from nar_bench.data_sets.manifest import ColumnNote, Manifest
from nar_bench.data_sets.recipe import DataConfig


def loading(manifest: Manifest, where: str) -> str:
    """Return how it is loaded, without nar-bench and with it. `where` is `owner/name`."""
    config = _example(manifest)
    split = example_split(config)
    note = next((n for n in manifest.columns[config.name] if n.stage == "output" and n.shape), None)
    name = note.name if note else manifest.columns[config.name][-1].name
    restored = note.restore if note else f'row["{name}"]'
    hint = next((n for n in manifest.columns[config.name] if n.stage == "hint" and len(n.shape) > 1), None)
    hints = f"\n{hint.name} = {hint.restore}  # [{', '.join(hint.shape)}]" if hint else ""
    version = f"v{manifest.recipe.version}"
    return f"""## Load it

```python
from datasets import load_dataset

rows = load_dataset("{where}", "{config.name}", split="{split}", revision="{version}")
```

`revision` names a published version, which never changes. `streaming=True` fetches the one split only, as it is read;
without it `datasets` fetches all splits of the configuration.

**numpy, JAX.** Each feature is one flat list with a known shape (the tables below say which):

```python
import numpy as np

row = rows.with_format("numpy")[0]
{name} = {restored}{hints}
# JAX: jax.numpy.asarray({name})
```

**PyTorch**

```python
import torch
from torch.utils.data import DataLoader

row = rows.with_format("torch")[0]           # flat tensors; .reshape(...) as above
loader = DataLoader(rows.with_format("torch"), batch_size=1)
```

**pandas**

```python
import pandas as pd

frame = pd.read_parquet("hf://datasets/{where}@{version}/{config.name}/{_file(manifest, config, split)}")
```

**nar-bench.** Training and evaluation read it in place of drawing samples anew, with the same results where the suite
asks for the same samples: `[data] source = "hub:{where}@{version}"` in a suite, or

```python
import nar_bench

batch = nar_bench.load_data("hub:{where}@{version}", "{config.name}", "{split}")
```"""


def row(manifest: Manifest) -> str:
    """Return what the first row of a config looks like, and its prompt and answer; "" where nothing is kept of it."""
    lines = []
    for name, shown in manifest.examples.items():
        config = manifest.recipe.config(name)
        if config.form == "trajectory":
            notes = {note.name: note for note in manifest.columns[name]}
            lines += [f"Of `{name}`, split {example_split(config)}:", "", "| column | what | value |", "|---|---|---|"]
            lines += [f"| `{column}` | {_what(notes[column])} | {value} |" for column, value in shown.items()]
        else:
            lines += [f"Of `{name}`, `question`, then `answer`:", "", "```text"]
            lines += [f"{shown['question']}{shown['answer']}".rstrip(), "```"]
        lines.append("")
    return "\n".join(["## What a row looks like", "", *lines]).rstrip() if lines else ""


def _what(note: ColumnNote) -> str:
    shape = f", [{', '.join(note.shape)}]" if note.shape else ""
    return f"{note.stage or 'count'}{shape}{', delta' if note.delta else ''}" if note.name != "sample" else "number"


def scoring(manifest: Manifest, where: str) -> str:
    """Return how answers are scored; "" where there are prompts alone, which the columns tell of."""
    config = _example(manifest)
    if config.form != "trajectory":
        return ""
    version = f"v{manifest.recipe.version}"
    return f"""## Score a model

Train on `train`, choose by `val`, and report each test split on its own: how much is lost as n grows is the question.
An output's score is the share of right entries, but of a `mask` the F1 over all entries of all rows together, and of a
`scalar` the mean squared error; entries that are -1 do not count. The score of an algorithm is the mean over its
outputs, as in CLRS-30. Beside it stands the share of rows in which every entry is right.

```python
import nar_bench
from nar_bench.evaluation.metrics import exact_match, score

batch = nar_bench.load_data("hub:{where}@{version}", "{config.name}", "{example_split(config)}")
answers = batch.outputs  # put here what a model says: column -> array of the same shape
print(score(batch.spec, batch.outputs, answers), exact_match(batch.spec, batch.outputs, answers))
```"""


def _example(manifest: Manifest) -> DataConfig:
    """Return a config that shows how to load."""
    return next((c for c in manifest.recipe.configs if c.form == "trajectory"), manifest.recipe.configs[0])


def _file(manifest: Manifest, config: DataConfig, split: str) -> str:
    return manifest.of(config.name, split)[0].path.rpartition("/")[2]
