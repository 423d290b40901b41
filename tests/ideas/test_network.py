"""Networks built again from what a run left."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from ideas.small_run import SUITE

from nar_bench.errors import CheckpointError
from nar_bench.ideas.network import Network, networks_of, shared_inputs
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.registry import registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.runner.staleness import changed_since
from nar_bench.runner.trial import build_nets, trial_of
from nar_bench.training.validation import predict


def record_of(store: Store, regime: str) -> Record:
    return next(r for r in store.records()[0] if r.regime == regime and r.processor.name == "memory_mpnn")


@pytest.fixture(scope="module")
def pair(small_run: Store) -> list[Network]:
    return networks_of(record_of(small_run, "memory"), small_run, registry())


def test_a_record_says_which_trial_it_is_of(small_run: Store) -> None:
    file = small_run.path.parent / "small.toml"
    assert file.read_text() == SUITE
    planned = {one.trial.id: one.trial for one in prepare(file, small_run.path).planned}
    for record in small_run.records()[0]:
        assert trial_of(record) == planned[record.trial]


def test_the_trained_network_answers_what_the_record_says_it_did(pair: list[Network]) -> None:
    from nar_bench.data.generate import generate
    from nar_bench.data.random import derive_seed
    from nar_bench.evaluation.metrics import score

    for network in pair:
        name = network.algorithm.name
        batch = generate(network.algorithm, 4, 2, derive_seed("evaluate", 0, 4))
        told = next(s.value for s in network.record.scores if (s.algorithm, s.metric) == (name, "score"))
        assert score(batch.spec, batch.outputs, predict(network.trained, batch).outputs) == told


def test_the_untrained_one_has_the_initial_weights_of_the_same_seed(pair: list[Network]) -> None:
    trial = trial_of(pair[0].record)
    fresh = build_nets(trial, [network.algorithm for network in pair], registry())
    for network, net in zip(pair, fresh, strict=True):
        states = network.untrained.state_dict(), net.state_dict(), network.trained.state_dict()
        assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
        assert not all(torch.equal(value, states[2][name]) for name, value in states[0].items())


def test_ideas_are_what_the_network_writes_whatever_the_chunks(
    pair: list[Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = pair[0]
    batch = network.draw(6, 5)
    with torch.no_grad():
        made = network.trained(to_tensors(batch))
    whole = network.write(batch)
    assert made.ideas is not None
    assert np.allclose(whole.ideas, made.ideas.numpy(), atol=1e-6)
    assert whole.steps.tolist() == made.steps.tolist() == np.maximum(batch.lengths - 1, 1).tolist()
    encoded = network.encode(batch)
    assert encoded.shape == (5, 5 * 8)
    monkeypatch.setattr("nar_bench.ideas.network._PAIRS_AT_ONCE", 36 * 2)
    assert np.allclose(network.write(batch).ideas, whole.ideas, atol=1e-6)
    assert np.allclose(network.encode(batch), encoded, atol=1e-6)
    assert not network.trained.input_encoder._forward_hooks


def test_the_encoding_looks_at_every_input_and_at_nothing_else(pair: list[Network]) -> None:
    network = next(one for one in pair if one.algorithm.name == "bellman_ford")
    batch = network.draw(6, 3)
    encoded = network.encode(batch)
    hidden = dataclasses.replace(batch, hints={name: value * 0 for name, value in batch.hints.items()})
    assert np.allclose(network.encode(hidden), encoded)
    doubled = dataclasses.replace(batch, inputs={**batch.inputs, "A": batch.inputs["A"] * 2})
    assert not np.allclose(network.encode(doubled), encoded)


def test_inputs_do_not_depend_on_the_trial_or_on_how_many_there_are(pair: list[Network]) -> None:
    network = pair[0]
    other = dataclasses.replace(network, record=network.record.model_copy(update={"seed": 9}))
    for name, column in network.draw(6, 3).inputs.items():
        assert (other.draw(6, 8).inputs[name][:3] == column).all()


def test_similar_inputs_are_those_of_the_trial(pair: list[Network]) -> None:
    assert [network.similar.name for network in pair if network.similar] == ["reweighted_edges", "scaled_weights"]
    for network in pair:
        batch = network.draw(6, 4)
        similar = network.similar_to(batch)
        assert similar is not None
        assert (similar.outputs["pi"] == batch.outputs["pi"]).all()
        assert not (similar.inputs["A"] == batch.inputs["A"]).all()


def test_a_trial_without_a_similarity_has_the_registered_similar_input_and_cosine(small_run: Store) -> None:
    (network,) = networks_of(record_of(small_run, "hints"), small_run, registry())
    assert (network.phi_name, network.similar and network.similar.name) == ("cosine", "same_order")
    a, b = torch.tensor([3.0, 4.0]), torch.tensor([[4.0, 3.0], [-3.0, -4.0]])
    assert network.phi(a, b).tolist() == pytest.approx([24 / 25, -1])


def test_an_algorithm_runs_on_the_inputs_of_another_where_it_reads_the_same(
    pair: list[Network], small_run: Store
) -> None:
    bfs, bellman_ford = pair
    batch = bellman_ford.draw(6, 3)
    shared = shared_inputs(bfs, batch)
    assert shared is not None
    assert (shared.inputs["A"] == batch.inputs["A"]).all()
    assert set(shared.hints) == {"reach_h", "pi_h"}
    (sort,) = networks_of(record_of(small_run, "hints"), small_run, registry())
    assert shared_inputs(sort, batch) is None


def test_inputs_that_the_other_algorithm_refuses_are_not_shared(pair: list[Network]) -> None:
    from nar_bench.errors import InputError

    def refuse(inputs: object) -> None:
        raise InputError("no.")

    strict = dataclasses.replace(pair[0], algorithm=dataclasses.replace(pair[0].algorithm, check=refuse))
    assert shared_inputs(strict, pair[1].draw(6, 2)) is None


def test_missing_weights_are_said_before_anything_is_built(small_run: Store) -> None:
    record = record_of(small_run, "hints")
    with pytest.raises(CheckpointError, match=f"no weights of trial {'0' * 16}"):
        networks_of(record.model_copy(update={"trial": "0" * 16, "config": {}}), small_run, registry())


def test_a_component_whose_source_has_changed_is_named(small_run: Store) -> None:
    record = record_of(small_run, "memory")
    assert changed_since(record, registry()) == []
    older = record.processor.model_copy(update={"source_hash": "0" * 16})
    assert changed_since(record.model_copy(update={"processor": older}), registry()) == ["processor memory_mpnn"]


def test_a_similarity_of_whole_runs_is_shown_with_cosine_and_its_projection_is_kept(tmp_path: Path) -> None:
    suite = tmp_path / "whole.toml"
    text = SUITE.split("[[trials]]")[0] + "[[trials]]" + SUITE.split("[[trials]]")[1]
    text += "[model]\nhidden = 8\n[processor.memory_mpnn]\nidea_size = 4\n[train]\nsteps = 2\nbatch = 2\nsizes = [4]\n"
    text += "projection = 3\n[evaluate]\nsizes = [4]\ncount = 2\n"
    suite.write_text(text.replace('"cosine"', '"soft_dtw"'))
    prepared = prepare(suite, tmp_path / "out")
    (record,) = run_prepared(prepared)
    assert record.error is None
    networks = networks_of(record, prepared.store, registry())
    assert {network.phi_name for network in networks} == {"cosine"}
    kept = torch.load(prepared.store.weights(record.trial), weights_only=True)["phi"]
    assert {tuple(value.shape) for value in kept.values()} >= {(4, 4), (3, 4)}
