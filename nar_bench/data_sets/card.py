"""The card of a data set: README.md, which tells a stranger everything, made from the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nar_bench.data_sets.card_use import loading, row, scoring
from nar_bench.data_sets.citation import citations
from nar_bench.data_sets.hub_metadata import front_matter
from nar_bench.data_sets.leaks import TRAIN, VAL
from nar_bench.data_sets.manifest import ColumnNote, DataFile, Manifest
from nar_bench.data_sets.recipe import DataConfig, Split


def card(manifest: Manifest, repository: str = "") -> str:
    """Return the text of README.md.

    Args:
        repository: `owner/name` on the Hub; "" where it is not known, and a placeholder is shown.
    """
    recipe = manifest.recipe
    where = repository or f"OWNER/{recipe.name}"
    sections = [
        f"---\n{front_matter(manifest).strip()}\n---",
        f"# {recipe.name} v{recipe.version}",
        _summary(manifest),
        loading(manifest, where),
        row(manifest),
        _contents(manifest),
        _columns(manifest),
        scoring(manifest, where),
        _again(manifest, where),
        _shared(manifest),
        _limits(manifest),
        _licence(manifest, where),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _summary(manifest: Manifest) -> str:
    recipe = manifest.recipe
    algorithms = len({config.algorithm_id for config in recipe.configs})
    rows, size = sum(file.rows for file in manifest.files), sum(file.bytes for file in manifest.files)
    return (
        f"{recipe.summary}\n\n"
        f"{algorithms} algorithm{'s' * (algorithms != 1)}, {len(recipe.configs)} configurations, "
        f"{len(manifest.files)} Parquet files, {rows:,} rows, {_bytes(size)}. "
        "A row is one *trajectory*: the inputs of a run of an algorithm, its *hints* (what it holds at each of its "
        "T steps) and its outputs.\n\n"
        "All of it is made by a program from `recipe.json`, and **anyone can make it again and prove that it is the "
        "same**, bit by bit: see [below](#make-it-again)."
    )


def _contents(manifest: Manifest) -> str:
    lines = [
        "## What is in it",
        "",
        "n is the problem size; a test split `test_n64` is of n = 64. `-text` after a name is the configuration of its "
        "prompts and answers, `-trace` of those with the steps. Rows, lengths T and sizes of each split are "
        "[at the end of this section](#every-split).",
        "",
        "| configuration | algorithm | family | training | validation | tests, n = | also as | size |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for config in manifest.recipe.configs:
        others = [one for one in manifest.recipe.configs if one.form != "trajectory" and _base(one) == config.name]
        if config.form != "trajectory" and any(one.name == _base(config) for one in manifest.recipe.configs):
            continue
        told = [_told_split(manifest, config, name) for name in (TRAIN, VAL)]
        size = sum(file.bytes for one in (config, *others) for file in manifest.of(one.name))
        lines.append(
            f"| `{config.name}` | {_told_algorithm(config)} | {config.family or 'own'} | "
            f"{' | '.join(told)} | {_told_tests(config)} | {', '.join(f'`-{one.form}`' for one in others)} | "
            f"{_bytes(size)} |"
        )
    if any(not part.hints for config in manifest.recipe.configs for split in config.splits for part in split.parts):
        lines += [
            "",
            "\\* outputs only: the hints of one such trajectory are too large to keep; their columns are null.",
        ]
    lines += ["", "### Every split", "", "<details><summary>n, rows, steps, size and distribution</summary>", ""]
    lines += ["| configuration | split | n | rows | T least, mean, most | hints | size | shift axes |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for config in manifest.recipe.configs:
        for split in config.splits:
            for index, part in enumerate(split.parts):
                files = [file for file in manifest.of(config.name, split.name) if file.part == index]
                lines.append(
                    f"| `{config.name}` | {split.name} | {part.size} | {_rows(files):,} | {_steps(files)} | "
                    f"{'yes' if part.hints else 'no'} | {_bytes(sum(f.bytes for f in files))} | {_shift(part.shift)} |"
                )
    return "\n".join([*lines, "", "</details>"])


def _base(config: DataConfig) -> str:
    """Return the config of trajectories that a config of prompts and answers is of."""
    return config.name.removesuffix(f"-{config.form}")


def _told_algorithm(config: DataConfig) -> str:
    version = f"v{config.algorithm_version}"
    return version if config.algorithm == config.name else f"{config.algorithm} {version}"


def _told_split(manifest: Manifest, config: DataConfig, name: str) -> str:
    for split in config.splits:
        if split.name == name:
            sizes = ", ".join(str(part.size) for part in split.parts)
            return f"{_rows(manifest.of(config.name, name)):,} of n = {sizes}{_star(split)}"
    return ""


def _told_tests(config: DataConfig) -> str:
    tests = [split for split in config.splits if split.name not in (TRAIN, VAL)]
    return ", ".join(f"{'/'.join(str(part.size) for part in split.parts)}{_star(split)}" for split in tests)


def _star(split: Split) -> str:
    return "" if all(part.hints for part in split.parts) else "\\*"


def _rows(files: Sequence[DataFile]) -> int:
    return sum(file.rows for file in files)


def _steps(files: Sequence[DataFile]) -> str:
    total, rows = sum(file.steps[0] for file in files), max(1, _rows(files))
    return f"{min(f.steps[1] for f in files)}, {total / rows:.1f}, {max(f.steps[2] for f in files)}"


def _shift(shift: dict[str, Any]) -> str:
    told = [f"{axis} = {_value(value)}" for axis, value in shift.items() if value is not None]
    return ", ".join(told) or "none"


def _value(value: Any) -> str:
    return f"one of {', '.join(map(str, value))}" if isinstance(value, list) else str(value)


def _columns(manifest: Manifest) -> str:
    lines = ["## Columns", ""]
    lines += [
        "`sample` is the number of the sample in its stream, `nodes` is N, `length` is T"
        + (", `edge_count` is E" if any(_has(manifest, "edge_count")) else "")
        + ". A mask is 0 or 1, or -1 where it is neither trained nor scored; a pointer is the index of a node; a "
        "`mask_one` is the index of the one node that it marks; a categorical value is the index of its class."
    ]
    if any(note.delta for columns in manifest.columns.values() for note in columns):
        lines += [
            "",
            "Columns marked *delta* hold each step less the step before; the first step is as it is. "
            "`np.cumsum(value.reshape(T, ...), axis=0)` is what they were.",
        ]
    described: set[str] = set()
    for config in manifest.recipe.configs:
        if config.algorithm_id in described or config.form != "trajectory":
            continue
        described.add(config.algorithm_id)
        lines += ["", f"<details><summary><b>{config.algorithm}</b> ({manifest.sources[config.name]})</summary>", ""]
        lines += ["| column | stage | location | type | shape | values | stored |", "|---|---|---|---|---|---|---|"]
        lines += [_column(note) for note in manifest.columns[config.name] if note.stage]
        lines += ["", "</details>"]
    if any(config.form != "trajectory" for config in manifest.recipe.configs):
        lines += [
            "",
            "Prompts and answers have the columns `question`, `answer`, `text` (both), `algo_name`, `length` (the "
            "problem size, as dm-clrs calls it) and `use_hints`, in the form of CLRS-Text as dm-clrs 2.0.3 writes it; "
            "the files published in 2024 are of an earlier form, which by its source prints a whole number as 0 where "
            "it is 0.0 here. "
            "Numbers are cut to three decimals before the algorithm runs, so an answer is that of the prompt as it is "
            "printed. `nar_bench.data_sets.answers.score_answer(answer, said)` reads what a model says and scores it.",
        ]
    return "\n".join(lines)


def _has(manifest: Manifest, name: str) -> Iterator[bool]:
    return (note.name == name for columns in manifest.columns.values() for note in columns)


def _column(note: ColumnNote) -> str:
    kind = f"{note.type}, {note.classes} classes" if note.classes else note.type
    stored = "delta" if note.delta else "as it is"
    shape = f"[{', '.join(note.shape)}]" if note.shape else "one value"
    return f"| `{note.name}` | {note.stage} | {note.location} | {kind} | {shape} | {note.dtype} | {stored} |"


def _again(manifest: Manifest, where: str) -> str:
    recipe = manifest.recipe
    made = {key: value for key, value in manifest.made_with.items() if value and key != "built"}
    versions = ", ".join(f"{key.replace('_', '-')} {value}" for key, value in made.items())
    return f"""## Make it again

```bash
pip install nar-bench  # or, in a checkout of it, pip install .
nar-bench data pull {where}@v{recipe.version} -o pulled  # fetches, checks every byte
nar-bench data verify pulled  # all checksums, and some files made again; --all makes all
nar-bench data build pulled/recipe.json -o again  # or makes a copy of your own
cd pulled && sha256sum --check SHA256SUMS  # without nar-bench
```

- `recipe.json` says of each split: algorithm and version, size, shift axes, seed, numbers of the samples, generator
  version ({recipe.generator}). Its hash is `{recipe.hash()}`.
- `manifest.json` has of each file a SHA-256 and a *content hash*, which is over the values alone and so is the same
  whatever versions of numpy, Arrow or Parquet wrote the file.
- Random numbers come from a counter: sample i of a seed depends on (seed, i) alone, so any part can be made on its own,
  in any order, on any number of processes.

These files were written with {versions}."""


def _shared(manifest: Manifest) -> str:
    if not manifest.scanned:
        return ""
    lines = [
        "## Shared inputs",
        "",
        f"In {len(manifest.scanned)} configurations the inputs of training and validation were compared with "
        "those of the splits that are to be new to them: for equality, and, where there is a graph, for being the "
        "same under other names for the nodes (`pos`, which only numbers them, does not count).",
        "",
    ]
    if not manifest.shared:
        return "\n".join([*lines, "None is shared."])
    removed = manifest.recipe.leaks == "remove"
    lines += [
        f"What is shared was **{'left out of' if removed else 'left in'}** the split named first"
        + (", so it has fewer rows than samples were drawn." if removed else "."),
        "",
        "| configuration | in split | also in | equal | relabelled |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.config}` | {one.split} | {one.other} | {one.exact} | {len(one.samples) - one.exact} |"
        for one in manifest.shared
    ]
    return "\n".join(lines)


def _limits(manifest: Manifest) -> str:
    outputs_only = sorted(
        {
            part.size
            for config in manifest.recipe.configs
            for split in config.splits
            for part in split.parts
            if not part.hints
        }
    )
    notes = list(manifest.recipe.notes)
    if outputs_only:
        sizes = ", ".join(str(size) for size in outputs_only)
        notes.append(
            f"Some splits of n = {sizes} hold inputs and outputs only. Hints are what the algorithm does on the "
            "inputs, so nar-bench makes them where they are needed, by running it."
        )
    notes.append(
        "Where an input distribution takes a logarithm or an angle, its last bit is the C library's; elsewhere than on "
        "x86-64 Linux with glibc, let `nar-bench data verify` tell whether your machine makes the same."
    )
    notes.append("All inputs are synthetic; a model that does well on them has not been shown to do well on others.")
    return "\n".join(["## Known limits", "", *(f"- {note}" for note in notes)])


def _licence(manifest: Manifest, where: str) -> str:
    entries = citations(manifest, f"https://huggingface.co/datasets/{where}")
    what = "the data set by its version, so that others know which rows, and what it follows"
    lines = ["## Licence and citation", "", f"{manifest.recipe.license}. Made with nar-bench (Apache-2.0)."]
    lines += ["", f"Please cite {what if len(entries) > 1 else 'the data set by its version'}:"]
    return "\n".join([*lines, "", "```bibtex", *entries, "```"])


def _bytes(count: int) -> str:
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError
