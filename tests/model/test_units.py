"""Every loss, score and post-processing step against the reference's unit values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from oracles import load, part

from nar_bench.evaluation.metrics import output_scores
from nar_bench.model.answers import fuse_permutation, hard_outputs
from nar_bench.model.predictions import Predictions
from nar_bench.model.reread import harden, soften
from nar_bench.model.sinkhorn import log_sinkhorn
from nar_bench.model.tensors import TensorBatch, cyclic_permutation
from nar_bench.spec import AlgorithmSpec, Feature, Location, Stage, Type
from nar_bench.training.losses import permutation_losses, supervised_loss
from nar_bench.trajectory import to_compact

UNITS = load("networks", "units")
KINDS = [
    f"{kind}.{place}"
    for kind, places in {
        "scalar": ("node", "edge", "graph"),
        "mask": ("node", "edge", "graph"),
        "mask_one": ("node",),
        "categorical": ("node", "edge", "graph"),
        "pointer": ("node", "edge"),
    }.items()
    for place in places
]


def feature(kind: str, stage: Stage) -> Feature:
    type_, place = kind.split(".")
    return Feature("x", stage, Location(place), Type(type_), 3 if type_ == "categorical" else 0)


def compact(kind: str, values: np.ndarray[Any, Any]) -> torch.Tensor:
    """Compact dense truth of any leading shape; a scalar stays a float, an index becomes int64."""
    described = feature(kind, Stage.OUTPUT)
    if described.type is Type.POINTER:
        return torch.from_numpy(values.astype(np.int64))
    if described.type in (Type.SCALAR, Type.MASK):
        return torch.from_numpy(values)
    masked = (values == -1).any(axis=-1)
    index = np.where(masked, -1, values.argmax(axis=-1))
    return torch.from_numpy(index.astype(np.int64))


def batch_of(kind: str, stage: Stage, truth: torch.Tensor, lengths: np.ndarray[Any, Any]) -> TensorBatch:
    spec = AlgorithmSpec(
        (
            Feature("a", Stage.INPUT, Location.NODE, Type.SCALAR),
            *((feature(kind, Stage.HINT),) if stage is Stage.HINT else ()),
            feature(kind, Stage.OUTPUT)
            if stage is Stage.OUTPUT
            else Feature("o", Stage.OUTPUT, Location.GRAPH, Type.SCALAR),
        )
    )
    hints = {"x": truth} if stage is Stage.HINT else {}
    outputs = {"x": truth} if stage is Stage.OUTPUT else {"o": torch.zeros(3)}
    return TensorBatch(spec, 4, {}, hints, outputs, torch.from_numpy(lengths.astype(np.int64)))


@pytest.mark.parametrize("kind", KINDS)
def test_output_losses_are_the_references(kind: str) -> None:
    unit = part(UNITS, f"output_loss/{kind}/")
    batch = batch_of(kind, Stage.OUTPUT, compact(kind, unit["truth"]), np.full(3, 2))
    loss, _ = supervised_loss(
        Predictions({"x": torch.from_numpy(unit["pred"])}, {}, None, batch.last_steps() + 1), batch
    )
    assert loss.item() == pytest.approx(float(unit["value"]), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_hint_losses_are_the_references(kind: str) -> None:
    unit = part(UNITS, f"hint_loss/{kind}/")
    batch = batch_of(kind, Stage.HINT, compact(kind, unit["truth"]), unit["lengths"])
    _, parts = supervised_loss(
        Predictions({"o": torch.zeros(3)}, {"x": torch.from_numpy(unit["pred"])}, None, batch.last_steps() + 1), batch
    )
    assert parts["hint/x"].item() == pytest.approx(float(unit["value"]), rel=1e-5)


def test_the_permutation_loss_is_the_references() -> None:
    unit = part(UNITS, "output_loss/permutation_pointer.node/")
    truth = torch.from_numpy(unit["truth"]).argmax(dim=-1)
    raw = torch.from_numpy(unit["pred"])
    assert -raw.gather(-1, truth[..., None]).mean().item() == pytest.approx(float(unit["value"]), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_soft_predictions_are_the_references(kind: str) -> None:
    unit = part(UNITS, f"postprocess/{kind}/")
    np.testing.assert_allclose(soften(feature(kind, Stage.HINT), torch.from_numpy(unit["in"])), unit["soft"], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_hard_predictions_are_the_references(kind: str) -> None:
    unit = part(UNITS, f"postprocess/{kind}/")
    described = feature(kind, Stage.OUTPUT)
    spec = AlgorithmSpec((Feature("a", Stage.INPUT, Location.NODE, Type.SCALAR), described))
    answers = hard_outputs(spec, {"x": torch.from_numpy(unit["in"])}, 4)
    expected = np.stack([to_compact(described, one, 4, "expected") for one in unit["hard"]])
    np.testing.assert_allclose(answers["x"], expected, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_references(kind: str) -> None:
    unit = part(UNITS, f"evaluate/{kind}/")
    described = feature(kind, Stage.OUTPUT)
    spec = AlgorithmSpec((Feature("a", Stage.INPUT, Location.NODE, Type.SCALAR), described))
    truth = {"x": compact(kind, unit["truth"]).numpy()}
    answers = {"x": compact(kind, unit["pred"]).numpy()}
    assert output_scores(spec, truth, answers)["x"] == pytest.approx(float(unit["value"]), rel=1e-6)


def test_hard_permutations_are_the_references() -> None:
    unit = part(UNITS, "postprocess/permutation_pointer.node/")
    log_p = log_sinkhorn(torch.from_numpy(unit["in"]), 50)
    np.testing.assert_array_equal(log_p.argmax(dim=-1), unit["hard"].argmax(axis=-1))


def test_permutations_that_are_read_again_are_the_references() -> None:
    unit = part(UNITS, "postprocess/permutation_pointer.node/")
    described = Feature("x", Stage.HINT, Location.NODE, Type.PERMUTATION_POINTER)
    raw = torch.from_numpy(unit["in"])
    np.testing.assert_allclose(soften(described, raw), unit["soft"], atol=1e-6)
    np.testing.assert_array_equal(harden(described, raw), unit["hard"])


def test_the_loss_of_permutation_hints_is_the_references() -> None:
    unit = part(UNITS, "hint_loss/permutation_pointer.node/")
    truth = torch.from_numpy(unit["truth"]).argmax(dim=-1)[1:]
    losses = permutation_losses(torch.from_numpy(unit["pred"]), truth)
    live = torch.from_numpy(unit["lengths"] > np.arange(1, len(truth) + 1)[:, None])
    assert losses[live].mean().item() == pytest.approx(float(unit["value"]), rel=1e-5)


@pytest.mark.parametrize(
    "case",
    [
        key[len("log_sinkhorn/") : -len("/in")]
        for key in UNITS
        if key.startswith("log_sinkhorn/") and key.endswith("/in")
    ],
)
def test_log_sinkhorn_is_the_references(case: str) -> None:
    steps, temperature, diagonal = case.split("_")
    unit = part(UNITS, f"log_sinkhorn/{case}/")
    ours = log_sinkhorn(
        torch.from_numpy(unit["in"]), int(steps[5:]), float(temperature[1:]), zero_diagonal=diagonal == "zd1"
    )
    np.testing.assert_allclose(ours, unit["out"], rtol=1e-5, atol=1e-4)


def test_permutations_close_and_open_as_the_references() -> None:
    unit = part(UNITS, "perm/")
    cyclic, first = cyclic_permutation(torch.from_numpy(unit["pointers"]))
    np.testing.assert_array_equal(cyclic, unit["cyclic"].argmax(axis=-1))
    np.testing.assert_array_equal(first, unit["first_mask"].argmax(axis=-1))
    fused = fuse_permutation(torch.from_numpy(unit["cyclic"]), torch.from_numpy(unit["first_mask"]))
    np.testing.assert_array_equal(fused, unit["fused"])
