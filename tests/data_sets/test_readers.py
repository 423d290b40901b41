"""Other libraries read what lies in a folder: huggingface_hub, datasets and mlcroissant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from data_sets.small import built

from nar_bench.data_sets.manifest import Manifest, read_manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("small")
    built(made)
    return made / "set"


@pytest.fixture
def manifest(folder: Path) -> Manifest:
    return read_manifest(folder)


@pytest.mark.install
@pytest.mark.timeout(600)
def test_a_validator_accepts_croissant(folder: Path, tmp_path: Path) -> None:
    """The format's own library, in an environment of its own: it wants other versions of what others use too."""
    python = tmp_path / "venv/bin/python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    install = [str(python), "-m", "pip", "install", "-q", "mlcroissant==1.1.1"]
    subprocess.run(install, check=True, capture_output=True)
    code = (
        "import sys, mlcroissant\n"
        "issues = mlcroissant.Dataset(jsonld=sys.argv[1]).metadata.issues\n"
        "print(sorted(issues.errors), sorted(issues.warnings))\n"
    )
    for damaged in (False, True):
        document = json.loads((folder / "croissant.json").read_text())
        if damaged:
            document["recordSet"][0]["field"][0]["source"]["fileSet"]["@id"] = "nowhere"
        (tmp_path / "croissant.json").write_text(json.dumps(document))
        command = [str(python), "-c", code, str(tmp_path / "croissant.json")]
        done = subprocess.run(command, capture_output=True, text=True)
        if damaged:
            assert done.returncode
            assert "nowhere" in done.stderr
        else:
            assert (done.returncode, done.stdout) == (0, "[] []\n"), done.stderr
            assert "not standard" not in done.stderr


@pytest.mark.slow
def test_the_hubs_own_reader_finds_every_config_split_and_file(folder: Path, manifest: Manifest) -> None:
    """What lies at the top of the card, as huggingface_hub and `datasets` read it."""
    from datasets import load_dataset_builder
    from huggingface_hub import DatasetCard

    data = DatasetCard((folder / "README.md").read_text()).data
    assert data.license == "apache-2.0"
    assert data.size_categories == ["n<1K"]
    assert set(data.task_categories) == {"graph-ml", "text-generation"}
    assert [one["config_name"] for one in data.configs] == [config.name for config in manifest.recipe.configs]
    for config in manifest.recipe.configs:
        builder = load_dataset_builder(str(folder), config.name)
        assert list(builder.config.data_files) == [split.name for split in config.splits]
        for split in config.splits:
            found = [Path(path).relative_to(folder).as_posix() for path in builder.config.data_files[split.name]]
            assert found == [file.path for file in manifest.of(config.name, split.name)]


@pytest.mark.slow
def test_every_split_loads_with_its_rows(folder: Path, manifest: Manifest, tmp_path: Path) -> None:
    from datasets import load_dataset

    for config in manifest.recipe.configs:
        loaded = load_dataset(str(folder), config.name, cache_dir=str(tmp_path))
        rows = {name: len(split) for name, split in loaded.items()}
        assert rows == {
            split.name: sum(file.rows for file in manifest.of(config.name, split.name)) for split in config.splits
        }
