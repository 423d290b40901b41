"""Graph attention with the reference's parameters computes the reference's numbers, on bfs.

The files hold what dm-clrs computes; see tests/oracle/README.md.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from oracles import load, part
from torch import Tensor

import nar_bench
from nar_bench.model.answers import hard_outputs
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.reference_parameters import load_reference_parameters, our_name
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import TensorBatch
from nar_bench.plugin.contracts import Kind, Processor
from nar_bench.plugin.registry import registry
from nar_bench.spec import Stage, Type
from nar_bench.training.losses import supervised_loss

HIDDEN = 8


class Case:
    """One file, loaded into our network."""

    def __init__(self, name: str) -> None:
        self.arrays = load("networks", f"model__bfs__{name}")
        self.meta = json.loads(str(self.arrays["meta"]))
        self.processor: Processor = registry().load(Kind.PROCESSOR, name)
        self.spec = nar_bench.algorithm("bfs").spec
        module = self.processor.build(self.processor.config(heads=self.meta["nb_heads"]), HIDDEN)
        generator = torch.Generator().manual_seed(0)
        self.net = Net(self.spec, module, REGIMES["hints"], NetConfig(HIDDEN), generator)
        load_reference_parameters(self.net, part(self.arrays, "param/"), self.processor.reference_names)
        columns = {stage: self._columns(stage) for stage in Stage}
        lengths = torch.from_numpy(self.arrays["feat/lengths"].astype(np.int64))
        self.batch = TensorBatch(
            self.spec, self.meta["N"], columns[Stage.INPUT], columns[Stage.HINT], columns[Stage.OUTPUT], lengths
        )

    def _columns(self, stage: Stage) -> dict[str, Tensor]:
        columns: dict[str, Tensor] = {}
        for feature in self.spec.at(stage):
            values = self.arrays[f"feat/{stage}/{feature.name}"]
            if feature.type is Type.MASK_ONE:
                values = values.argmax(axis=-1)
            whole = feature.type in (Type.MASK_ONE, Type.POINTER)
            columns[feature.name] = torch.from_numpy(values.astype(np.int64 if whole else np.float32))
        return columns


@pytest.fixture(params=["gat", "gat_full", "gatv2", "gatv2_full"])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def close(ours: Tensor, theirs: np.ndarray[Any, Any]) -> None:
    np.testing.assert_allclose(ours.detach(), theirs, rtol=1e-5, atol=1e-5)


def test_raw_predictions_and_answers_are_the_references(case: Case) -> None:
    with torch.no_grad():
        predictions = case.net(case.batch)
    close(predictions.outputs["pi"], case.arrays["eval/out_raw/pi"])
    hints = part(case.arrays, "eval/hint_raw/")
    assert set(hints) == set(predictions.hints)
    for name, value in hints.items():
        close(predictions.hints[name], value)
    answers = hard_outputs(case.spec, predictions.outputs, case.batch.nodes)
    np.testing.assert_array_equal(answers["pi"], case.arrays["eval/out_hard/pi"])


def test_the_loss_and_every_gradient_are_the_references(case: Case) -> None:
    loss, _ = supervised_loss(case.net(case.batch), case.batch)
    loss.backward()
    assert loss.item() == pytest.approx(float(case.arrays["train/loss"]), rel=1e-5)
    parameters = dict(case.net.named_parameters())
    expected = part(case.arrays, "train/grad/")
    assert len(expected) == len(parameters)
    for name, value in expected.items():
        parameter = parameters[our_name(name, case.net, case.processor.reference_names)]
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        np.testing.assert_allclose(gradient, value.T if name.endswith("//w") else value, rtol=1e-3, atol=1e-6)


def test_the_reference_names_of_every_parameter_are_known(case: Case) -> None:
    ours = {our_name(name, case.net, case.processor.reference_names) for name in part(case.arrays, "param/")}
    assert ours == set(case.net.state_dict())
