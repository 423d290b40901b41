"""Our network with the reference's parameters computes the reference's numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from oracles import load, part

import nar_bench
from nar_bench.evaluation.metrics import output_scores, score
from nar_bench.model.answers import hard_outputs
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import TensorBatch, to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.losses import supervised_loss
from nar_bench.trajectory import Batch

# The reference numbers its linear maps in the order in which it makes them.
PROCESSOR = {
    "linear": "receiver",
    "linear_1": "sender",
    "linear_2": "edge",
    "linear_3": "graph",
    "linear_4": "own",
    "linear_5": "received",
    "mlp/~/linear_0": "inner",
    "mlp/~/linear_1": "outer",
    "layer_norm": "norm",
}
POINTER = {"dec_linear": "source", "dec_linear_1": "target", "dec_linear_2": "edge", "dec_linear_3": "score"}
LEAF = {"w": "weight", "b": "bias", "scale": "weight", "offset": "bias"}


def our_name(reference: str, net: Net) -> str:
    """Return our name of a reference parameter `module//leaf`."""
    module, leaf = reference.removeprefix("net/").split("//")
    if module.startswith("mpnn_aggr_clrs_processor/"):
        ours = "processor." + PROCESSOR[module.removeprefix("mpnn_aggr_clrs_processor/")]
    else:
        feature, _, map_name = module.removeprefix("~_construct_encoders_decoders/algo_0_").rpartition("_enc_linear")
        if feature:
            encoder = "hint_encoder" if feature in net.hint_encoder.maps else "input_encoder"
            ours = f"{encoder}.maps.{feature}"
        else:
            feature, _, number = map_name.partition("_dec_linear")
            decoders = "hint_decoders" if feature in net.hint_decoders else "output_decoders"
            pointer = hasattr(getattr(net, decoders)[feature], "source")
            ours = f"{decoders}.{feature}.{POINTER['dec_linear' + number] if pointer else 'map'}"
    return f"{ours}.{LEAF[leaf]}"


@pytest.fixture(scope="module")
def arrays() -> dict[str, Any]:
    return load("networks", "model__bfs__mpnn")


@pytest.fixture(scope="module")
def net(arrays: dict[str, Any]) -> Net:
    spec = nar_bench.algorithm("bfs").spec
    processor = registry().load(Kind.PROCESSOR, "mpnn")
    net = Net(spec, processor.build(processor.config(), 8), REGIMES["hints"], NetConfig(hidden=8), torch.Generator())
    state = net.state_dict()
    for name, value in part(arrays, "param/").items():
        tensor = torch.from_numpy(value.T if name.endswith("//w") else value)
        assert state[our_name(name, net)].shape == tensor.shape
        state[our_name(name, net)] = tensor
    assert len(state) == len(part(arrays, "param/"))
    net.load_state_dict(state)
    return net


@pytest.fixture(scope="module")
def batch(arrays: dict[str, Any]) -> Batch:
    bfs = nar_bench.algorithm("bfs")
    features = part(arrays, "feat/")
    runs = [bfs.compact_inputs({n: v[b] for n, v in part(features, "input/").items()})[0] for b in range(2)]
    made = bfs.execute({name: np.stack([run[name] for run in runs]) for name in runs[0]}, 4)
    np.testing.assert_array_equal(made.lengths, features["lengths"])
    np.testing.assert_array_equal(made.padded("pi_h"), features["hint/pi_h"])
    return made


@pytest.fixture(scope="module")
def tensors(batch: Batch) -> TensorBatch:
    return to_tensors(batch)


def test_raw_predictions_are_the_references(net: Net, arrays: dict[str, Any], tensors: TensorBatch) -> None:
    with torch.no_grad():
        predictions = net(tensors)
    for name, value in part(arrays, "eval/out_raw/").items():
        np.testing.assert_allclose(predictions.outputs[name], value, atol=1e-5)
    for name, value in part(arrays, "eval/hint_raw/").items():
        np.testing.assert_allclose(predictions.hints[name], value, atol=1e-5)


def test_answers_and_score_are_the_references(
    net: Net, arrays: dict[str, Any], batch: Batch, tensors: TensorBatch
) -> None:
    with torch.no_grad():
        answers = hard_outputs(batch.spec, net(tensors).outputs, batch.nodes)
    np.testing.assert_array_equal(answers["pi"], arrays["eval/out_hard/pi"])
    expected = json.loads(str(arrays["meta"]))["evaluate"]
    assert output_scores(batch.spec, batch.outputs, answers)["pi"] == pytest.approx(expected["pi"])
    assert score(batch.spec, batch.outputs, answers) == pytest.approx(expected["score"])


def test_the_loss_and_every_gradient_are_the_references(net: Net, arrays: dict[str, Any], tensors: TensorBatch) -> None:
    net.zero_grad()
    loss, _ = supervised_loss(net(tensors), tensors)
    loss.backward()
    assert loss.item() == pytest.approx(float(arrays["train/loss"]), rel=1e-5)
    parameters = dict(net.named_parameters())
    for name, value in part(arrays, "train/grad/").items():
        gradient = parameters[our_name(name, net)].grad
        assert gradient is not None
        expected = value.T if name.endswith("//w") else value
        np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-6)
