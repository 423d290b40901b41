"""A trained trial goes into a folder and comes back as the same networks with the same scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import yaml
from data_sets.small import built

from nar_bench.errors import CheckpointError
from nar_bench.plugin.registry import registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.trained.card import eval_results
from nar_bench.trained.folder import files_of, restore, write_folder
from nar_bench.trained.measure import remeasure

SUITE = """
name = "little"
version = 1
[[trials]]
algorithms = ["bfs", "minimum"]
processors = ["memory_mpnn"]
regimes = ["memory"]
similarity = "bilinear"
together = true
seeds = [3]
[model]
hidden = 8
[train]
steps = 4
batch = 4
sizes = [5]
[evaluate]
sizes = [5, 7]
count = 6
[evaluate.points.sparse]
p = 0.2
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Record]:
    folder = tmp_path_factory.mktemp("little")
    (folder / "little.toml").write_text(SUITE)
    prepared = prepare(folder / "little.toml", folder / "run")
    (record,) = run_prepared(prepared)
    assert record.error is None
    return prepared.store, record


@pytest.fixture
def folder(run: tuple[Store, Record], tmp_path: Path) -> Path:
    write_folder(tmp_path / "model", files_of(*run))
    return tmp_path / "model"


def test_the_networks_and_their_similarity_come_back_with_every_weight(run: tuple[Store, Record], folder: Path) -> None:
    store, record = run
    from nar_bench.training.weights import load_weights

    weights, model = load_weights(store.weights(record.trial), record.trial), restore(folder, registry())
    assert len(model.nets) == 2
    for net, state in zip(model.nets, weights.nets, strict=True):
        for name, value in net.state_dict().items():
            assert torch.equal(value, state[name])
    for name, value in model.phi.state_dict().items():
        assert torch.equal(value, weights.phi[name])
    stored = json.loads((folder / "config.json").read_text())["weights"]["nets"]
    shared = set(stored[0].values()) & set(stored[1].values())
    assert shared, "the processor of both is stored once"


def test_it_scores_what_the_record_says_at_every_point(folder: Path) -> None:
    model = restore(folder, registry())
    measured = remeasure(model)
    assert measured.differing == []
    assert len(measured.scores) == len(model.record.scores) > 20


def test_other_weights_do_not(folder: Path) -> None:
    model = restore(folder, registry())
    with torch.no_grad():
        for parameter in model.nets[0].parameters():
            parameter.mul_(-1.5)
    assert remeasure(model).differing


def test_the_card_tells_the_scores_to_the_hub(run: tuple[Store, Record], folder: Path) -> None:
    _, record = run
    front = yaml.safe_load((folder / "README.md").read_text().split("---")[1])
    (model,) = front["model-index"]
    told = {
        (result["dataset"]["type"], result["dataset"]["split"], metric["type"]): metric["value"]
        for result in model["results"]
        for metric in result["metrics"]
    }
    for score in record.scores:
        if score.metric == "score" and score.point == "own":
            assert told[f"nar-bench/{score.algorithm}", f"test_n{score.size}", "score"] == score.value
    assert eval_results(record) == {}, "no published data set was read"


def test_scores_on_a_published_data_set_are_told_to_its_leaderboard(run: tuple[Store, Record]) -> None:
    _, record = run
    config = {**record.config, "data": {"source": "hub:someone/set@v1", "streaming": False}}
    ((name, text),) = eval_results(record.model_copy(update={"config": config})).items()
    assert name == ".eval_results/someone__set.yaml"
    entries = yaml.safe_load(text)
    assert {entry["dataset"]["task_id"] for entry in entries} >= {"bfs/test_n5", "minimum/test_n7"}
    assert entries[0]["dataset"]["id"] == "someone/set"
    assert entries[0]["dataset"]["revision"] == "v1"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / "model.safetensors").write_bytes(b"x" * 40), "the weights cannot be read"),
        (lambda f: (f / "model.safetensors").unlink(), "cannot be read: No such file"),
        (lambda f: (f / "config.json").write_text('{"format": 9}'), "it is not of trial"),
        (lambda f: (f / "record.json").unlink(), "made by: nar-bench model pull"),
    ],
)
def test_a_damaged_folder_says_so(folder: Path, damage, says: str) -> None:
    damage(folder)
    with pytest.raises(CheckpointError) as error:
        restore(folder, registry())
    assert says in str(error.value)


def test_tasks_of_eval_yaml_are_those_that_models_name(tmp_path: Path) -> None:
    from nar_bench.data_sets.leaderboard import eval_tasks, task_id

    text = 'name = "s"\nversion = 1\n[[configs]]\nalgorithms = ["minimum"]\n[configs.splits]\n'
    manifest = built(tmp_path, text + "test_n7 = { size = 7, count = 2 }\n")
    assert eval_tasks(manifest) == [{"id": task_id("minimum", "test_n7"), "config": "minimum", "split": "test_n7"}]
