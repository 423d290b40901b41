"""Bundles of real runs, whole and tampered with: what is edited is found, and the state says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nar_bench.errors import BoardError
from nar_bench.leaderboard.bundle import draft, draft_refusals, file_hash, opened, write_bundle
from nar_bench.leaderboard.definition import Definition
from nar_bench.leaderboard.submission import Submission, read_submission
from nar_bench.plugin.registry import registry
from nar_bench.results.predictions import SCHEMA
from nar_bench.results.store import Store
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.verification.verify import verify

pytestmark = pytest.mark.slow

SUITE = """
name = "tiny"
version = 1
track = "strict"
in_distribution = 6
[[trials]]
algorithms = ["bfs"]
processors = ["mpnn"]
regimes = ["hints"]
seeds = [0, 1, 2]
[model]
hidden = 8
[train]
steps = 40
batch = 8
sizes = [4, 6]
[evaluate]
sizes = [6, 10]
count = 16
"""

DEFINITION = Definition.model_validate(
    {
        "name": "tiny",
        "title": "Tiny",
        "suite": {"name": "tiny", "version": 1},
        "in_distribution": 6,
        "sizes": [6, 10],
        "size": 10,
        "seeds": [0, 1, 2],
        "categories": {"Graphs": ["bfs"]},
        "test": {"count": 16},
    }
)

Content = dict[str, Any]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a real run, with weights."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.toml").write_text(SUITE)
    prepared = prepare(folder / "tiny.toml", folder / "run")
    records = run_prepared(prepared, predictions=True, threads=1)
    assert [one.state for one in records] == ["done"] * 3
    submission = draft(prepared.store, DEFINITION, "team", by="", notes="", commands=["x"], apart=False).submission
    assert draft_refusals(DEFINITION, submission, without_predictions=False) == []
    write_bundle(submission, prepared.store, folder / "bundle", with_weights=True)
    return folder / "bundle"


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def verified(folder: Path, sample: float = 0.0) -> Submission:
    with opened(folder) as unpacked:
        made = verify(unpacked, DEFINITION, registry(), sample=sample, seed=1)
    made.write(folder / "submission.json")
    assert read_submission(folder / "submission.json") == made, "what was found can be read again"
    return made


def edited(folder: Path, change: Callable[[Content], None]) -> None:
    content = json.loads((folder / "submission.json").read_text())
    change(content)
    (folder / "submission.json").write_text(json.dumps(content))


def findings(submission: Submission) -> str:
    return "\n".join(submission.verifications[-1].findings)


def predictions(folder: Path, place: int = 0) -> Path:
    return sorted((folder / "predictions").iterdir())[place]


def with_new_hash(folder: Path, kind: str, file: Path) -> None:
    edited(folder, lambda content: content["files"][file.stem].update({kind: file_hash(file)}))


def test_a_true_bundle_is_verified_and_its_state_is_written(copy: Path) -> None:
    made = verified(copy, sample=0.05)
    assert (made.state, findings(made)) == ("verified", "")
    (one,) = made.verifications
    assert (one.scored_again, len(one.trained_again), one.sample_seed) == (3, 1, 1)


def test_without_a_sample_it_stays_claimed(copy: Path) -> None:
    made = verified(copy)
    assert (made.state, made.verifications[0].scored_again) == ("claimed", 3)


def set_score(content: Content, metrics: tuple[str, ...] = ("score", "score/pi", "micro_f1/pi")) -> None:
    """Raise a score with all that follows from it, so that the record is of one piece."""
    scores = [one for one in content["records"][0]["scores"] if one["size"] == 10]
    chance = next(one["value"] for one in scores if one["metric"] == "chance")
    for one in scores:
        if one["metric"] in metrics:
            one["value"] = 0.99
        if one["metric"] == "chance_corrected":
            one["value"] = (0.99 - chance) / (1 - chance)


def test_an_edited_score_is_refuted_by_the_answers_and_by_the_weights(copy: Path) -> None:
    edited(copy, set_score)
    made = verified(copy)
    assert made.state == "refuted"
    assert "the record says score 0.9900; its answers score" in findings(made)
    assert "its weights score" in findings(made)


def test_a_score_edited_alone_contradicts_its_record(copy: Path) -> None:
    edited(copy, lambda content: set_score(content, ("score",)))
    made = verified(copy)
    assert made.state == "refuted"
    assert "the score 0.9900 is not the mean of its outputs" in findings(made)


def test_answers_that_were_edited_with_the_score_are_refuted_by_the_weights_and_by_training_again(copy: Path) -> None:
    file = predictions(copy)
    table = pq.read_table(file)
    truth = table["truth"]
    pq.write_table(table.set_column(table.column_names.index("answer"), "answer", truth), file)
    with_new_hash(copy, "predictions", file)

    def perfect(content: Content) -> None:
        record = next(one for one in content["records"] if one["trial"] == file.stem)
        for one in record["scores"]:
            if not one["metric"].startswith(("hint/", "chance")) or one["metric"] == "chance_corrected":
                one["value"] = 1.0

    edited(copy, perfect)
    by_weights = verified(copy)
    assert by_weights.state == "refuted"
    assert "its weights score" in findings(by_weights)
    shutil.rmtree(copy / "weights")
    edited(copy, lambda content: content.update(state="claimed", verifications=[]))
    by_training = verified(copy, sample=1.0)
    assert by_training.state == "refuted"
    assert "trained again, bfs came out at" in findings(by_training)


def test_a_file_that_is_not_the_submitted_one_is_refuted(copy: Path) -> None:
    first, second = predictions(copy), predictions(copy, 1)
    shutil.copyfile(second, first)
    made = verified(copy)
    assert made.state == "refuted"
    assert f"trial {first.stem}: its predictions are not those that were submitted" in findings(made)


def test_swapped_weights_are_refuted_by_their_hash(copy: Path) -> None:
    first, second = sorted((copy / "weights").iterdir())[:2]
    shutil.copyfile(second, first)
    made = verified(copy)
    assert made.state == "refuted"
    assert f"trial {first.stem}: its weights are not those that were submitted" in findings(made)


def test_swapped_weights_with_a_new_hash_are_refuted_by_what_they_say(copy: Path) -> None:
    import torch

    first, second = sorted((copy / "weights").iterdir())[:2]
    content = torch.load(second, weights_only=True)
    torch.save({**content, "trial": first.stem}, first)
    with_new_hash(copy, "weights", first)
    made = verified(copy)
    assert made.state == "refuted"
    assert f"trial {first.stem}: its weights score" in findings(made)


def test_weights_that_were_never_trained_so_are_found_where_the_trial_is_trained_again(copy: Path) -> None:
    shutil.rmtree(copy / "weights")
    edited(copy, lambda content: [one.update(weights="0" * 64) for one in content["files"].values()])
    made = verified(copy, sample=0.05)
    assert made.state == "refuted"
    assert "its scores came out the same, but its weights have another hash" in findings(made)


def test_a_dropped_seed_is_refused(copy: Path) -> None:
    gone = {}

    def drop(content: Content) -> None:
        gone.update(content["records"].pop())
        del content["files"][gone["trial"]]

    edited(copy, drop)
    with pytest.raises(BoardError, match=rf"it lacks bfs seed {gone['seed']}; run what is missing"):
        verified(copy)


def test_a_seed_that_was_replaced_by_a_lucky_one_is_refuted(copy: Path) -> None:
    edited(copy, lambda content: content["records"][0].update(seed=7))
    edited(copy, lambda content: content["records"][0].update(seed=content["records"][0]["seed"]))

    def lucky(content: Content) -> None:
        record = content["records"][0]
        record["seed"] = next(iter({0, 1, 2} - {one["seed"] for one in content["records"][1:]}))
        best = max(content["records"][1:], key=lambda one: one["scores"][0]["value"])
        record["scores"] = best["scores"]

    edited(copy, lucky)
    made = verified(copy)
    assert made.state == "refuted"


def test_a_trial_that_was_run_with_another_seed_than_it_says_is_refuted_by_its_id(copy: Path) -> None:
    def swap(content: Content) -> None:
        first, second = content["records"][:2]
        first["seed"], second["seed"] = second["seed"], first["seed"]

    edited(copy, swap)
    made = verified(copy)
    assert made.state == "refuted"
    assert "so an option, a seed or a component was edited" in findings(made)


def test_selection_out_of_distribution_is_refused_and_hiding_it_is_refuted(copy: Path, tmp_path: Path) -> None:
    def select(content: Content) -> None:
        for record in content["records"]:
            record["config"]["train"] |= {"select": "best", "validation_size": 10}
            record["protocol"]["select"] = "best"

    edited(copy, select)
    with pytest.raises(BoardError, match="the weights of bfs were selected at n = 10"):
        verified(copy)
    edited(copy, lambda content: [r["config"]["train"].update(validation_size=6) for r in content["records"]])
    made = verified(copy)
    assert made.state == "refuted"
    assert "so an option, a seed or a component was edited" in findings(made)


def test_training_out_of_distribution_is_refused(copy: Path) -> None:
    edited(copy, lambda content: [r["config"]["train"].update(sizes=[4, 10]) for r in content["records"]])
    with pytest.raises(BoardError, match="bfs was trained at n = 10"):
        verified(copy)


def test_another_source_cannot_be_verified_here_and_stays_claimed(copy: Path) -> None:
    from nar_bench.results.identity import trial_id
    from nar_bench.results.record import Record
    from nar_bench.runner.definition import definition_of
    from nar_bench.runner.trial import trial_of

    def another(content: Content) -> None:
        for record in content["records"]:
            files = content["files"].pop(record["trial"])
            record["processor"]["source_hash"] = "f" * 16
            record["trial"] = trial_id(definition_of(trial_of(Record.model_validate(record))))
            content["files"][record["trial"]] = {**files, "predictions": None, "weights": None}

    edited(copy, another)
    shutil.rmtree(copy / "predictions")
    shutil.rmtree(copy / "weights")
    made = verified(copy, sample=1.0)
    assert (made.state, made.verifications[0].trained_again) == ("claimed", [])
    assert "cannot be run again here: processor nar-bench/mpnn is version" in findings(made)


@pytest.mark.parametrize("damage", ["cut", "other", "rows", "nan", "huge"])
def test_damaged_answers_are_refuted_and_nothing_crashes(copy: Path, damage: str) -> None:
    file = predictions(copy)
    table = pq.read_table(file)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    elif damage == "other":
        pq.write_table(pa.table({"a": [1]}), file)
    elif damage == "rows":
        pq.write_table(table.slice(0, len(table) // 2), file)
    else:
        rows = table.to_pylist()
        rows[0]["answer"][0] = np.nan if damage == "nan" else 1e300
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file)
    with_new_hash(copy, "predictions", file)
    made = verified(copy)
    assert made.state == "refuted"
    assert findings(made)


def test_a_file_of_answers_that_unpacks_to_gigabytes_is_not_read(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nar_bench.verification import answers

    monkeypatch.setattr(answers, "MOST_VALUES", 10)
    made = verified(copy)
    assert "it unpacks to" in findings(made)
    assert Store(copy).records_folder.exists() is False
