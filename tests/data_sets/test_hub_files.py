"""What the Hub, search engines and `datasets` read of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from data_sets.small import built

from nar_bench.data_sets.croissant import croissant, croissant_faults
from nar_bench.data_sets.hub_metadata import features
from nar_bench.data_sets.manifest import Manifest, read_manifest
from nar_bench.data_sets.shards import read_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, each_way: None) -> Path:
    made = tmp_path_factory.mktemp("small")
    built(made)
    return made / "set"


@pytest.fixture
def manifest(folder: Path) -> Manifest:
    return read_manifest(folder)


def test_columns_of_every_file_are_those_that_the_card_promises(folder: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        schema = read_table(folder / file.path).schema
        promised = features(manifest.columns[file.config]).arrow_schema
        assert schema.names == promised.names
        assert [field.type for field in schema] == [field.type for field in promised]


def test_the_card_counts_what_is_there(folder: Path, manifest: Manifest) -> None:
    front = yaml.safe_load((folder / "README.md").read_text().split("---")[1])
    for info in front["dataset_info"]:
        for split in info["splits"]:
            rows = sum(len(read_table(folder / file.path)) for file in manifest.of(info["config_name"], split["name"]))
            assert split["num_examples"] == rows
    assert [one["config_name"] for one in front["configs"]] == [config.name for config in manifest.recipe.configs]


def test_croissant_has_what_the_format_demands(folder: Path, manifest: Manifest) -> None:
    document = json.loads((folder / "croissant.json").read_text())
    assert croissant_faults(document) == []
    for records in document["recordSet"]:
        assert [field["name"] for field in records["field"]] == [one.name for one in manifest.columns[records["name"]]]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: d.pop("license"), "the property license is missing"),
        (lambda d: d.update(conformsTo=["x"]), "conformsTo does not name"),
        (lambda d: d.update(name="a b"), "has other characters"),
        (lambda d: d["distribution"][1].pop("includes"), "distribution[1]: includes is missing"),
        (lambda d: d["distribution"][1]["containedIn"].update({"@id": "x"}), "containedIn names 'x'"),
        (lambda d: d["recordSet"][0]["field"][0].update(dataType="x"), "recordSet[0].field[0]: dataType is 'x'"),
        (lambda d: d["recordSet"][0]["field"][0]["source"]["fileSet"].update({"@id": "x"}), "source names 'x'"),
        (lambda d: d["recordSet"][0].update(field=[]), "recordSet[0]: it has no field"),
    ],
)
def test_the_check_finds_what_is_missing(manifest: Manifest, damage, says: str) -> None:
    document = croissant(manifest)
    damage(document)
    assert any(says in fault for fault in croissant_faults(document))


def test_the_card_shows_a_row_its_prompt_and_how_it_is_cited(folder: Path, manifest: Manifest) -> None:
    text = (folder / "README.md").read_text()
    path = manifest.of("bfs-trace", "test_n8")[0].path
    first = read_table(folder / path).slice(0, 1).to_pylist()[0]
    assert first["question"] + first["answer"].rstrip() in text
    row = read_table(folder / manifest.of("bfs", "test_n8")[0].path).slice(0, 1).to_pylist()[0]
    assert f"| `pi` | output, [N] | [{', '.join(map(str, row['pi']))}] |" in text
    assert f"note = {{Version 1, recipe {manifest.recipe.hash()}}}" in text


def test_eval_yaml_names_splits_that_are_there(folder: Path, manifest: Manifest) -> None:
    document = yaml.safe_load((folder / "eval.yaml").read_text())
    assert set(document) == {"name", "description", "evaluation_framework", "tasks"}
    assert document["tasks"]
    for task in document["tasks"]:
        manifest.recipe.config(task["config"]).split(task["split"])
