"""The YAML at the top of the card, from which the Hub and `datasets` know configs, splits and columns."""

from __future__ import annotations

from typing import Any

from nar_bench.data_sets.manifest import ColumnNote, Manifest

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def front_matter(manifest: Manifest) -> str:
    """Return the YAML, without its fences."""
    from datasets import DatasetInfo, SplitDict, SplitInfo
    from datasets.info import DatasetInfosDict
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCardData

    recipe = manifest.recipe
    rows = sum(file.rows for file in manifest.files)
    forms = {config.form for config in recipe.configs}
    data = DatasetCardData(
        license=recipe.license,
        pretty_name=f"{recipe.name} v{recipe.version}",
        tags=["neural-algorithmic-reasoning", "nar-bench", "algorithms", "out-of-distribution", "synthetic"],
        task_categories=["graph-ml", *(["text-generation"] if forms - {"trajectory"} else [])],
        size_categories=[next((name for most, name in _SIZES if rows < most), "1M<n<10M" if rows < 10**7 else "n>10M")],
    )
    configs, infos = MetadataConfigs(), DatasetInfosDict()
    for config in recipe.configs:
        configs[config.name] = {
            "data_files": [
                {"split": split.name, "path": f"{config.name}/{split.name}-*.parquet"} for split in config.splits
            ]
        }
        splits = SplitDict(dataset_name=recipe.name)
        for split in config.splits:
            files = manifest.of(config.name, split.name)
            splits.add(
                SplitInfo(
                    name=split.name,
                    num_bytes=sum(file.raw_bytes for file in files),
                    num_examples=sum(file.rows for file in files),
                )
            )
        infos[config.name] = DatasetInfo(
            config_name=config.name,
            features=features(manifest.columns[config.name]),
            splits=splits,
            download_size=sum(file.bytes for file in manifest.of(config.name)),
            dataset_size=sum(file.raw_bytes for file in manifest.of(config.name)),
        )
    configs.to_dataset_card_data(data)
    infos.to_dataset_card_data(data)
    return str(data.to_yaml())


def features(columns: tuple[ColumnNote, ...]) -> Any:
    """Return the columns as `datasets.Features`."""
    from datasets import Features, LargeList, Value

    return Features({note.name: LargeList(Value(note.dtype)) if note.shape else Value(note.dtype) for note in columns})
