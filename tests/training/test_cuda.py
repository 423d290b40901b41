"""On a GPU: the same numbers as on the CPU, and recorded steps that are the steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from runner.test_suite import GOOD, plan_of
from torch import Generator
from training.devices import ALGORITHMS, PROCESSORS, WITH_IDEAS, batch_of, measure, net_of
from training.test_node_contrast import NODE_CONTRAST
from training.test_recording import all_of, copy_of

import nar_bench
from nar_bench.model.noise import KeptDraws
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import TensorBatch
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.runner.run import run_prepared
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrastive import Pairs
from nar_bench.training.loop import Progress, Task, TrainJob, train
from nar_bench.training.objective import Measured, Objective
from nar_bench.training.recording import CudaGraphs, RecordedSteps
from nar_bench.training.validation import predict

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch can use")

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(autouse=True)
def _full_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default cuDNN, which runs the LSTM of `rnar`, rounds the factors of float32 products to 10 bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "floyd_warshall"])
@pytest.mark.parametrize("processor", PROCESSORS)
def test_loss_and_gradients_are_those_of_the_cpu(processor: str, algorithm: str) -> None:
    here = measure(net_of(processor, algorithm), batch_of(algorithm))
    there = measure(net_of(processor, algorithm).to("cuda"), batch_of(algorithm, "cuda"))
    for one, other in zip(all_of(there), all_of(here), strict=True):
        torch.testing.assert_close(one.cpu(), other, **CLOSE)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_predictions_are_those_of_the_cpu(processor: str) -> None:
    net, batch = net_of(processor, "bfs").eval(), batch_of("bfs")
    with torch.no_grad():
        expected = net(batch)
        found = net.to("cuda")(batch_of("bfs", "cuda"))
    for name, raw in expected.outputs.items():
        torch.testing.assert_close(found.outputs[name].cpu(), raw, **CLOSE)
    answers = predict(net, nar_bench.generate("bfs", 5, 3))
    assert answers.outputs["pi"].shape == (3, 5)


@pytest.mark.parametrize("processor", WITH_IDEAS)
def test_the_contrastive_loss_is_that_of_the_cpu(processor: str) -> None:
    similarity = registry().load(Kind.SIMILARITY, "cosine")
    size = registry().load(Kind.PROCESSOR, processor).config().idea_size
    phi = similarity.build(similarity.config(), size)
    here, there = (
        measure(net_of(processor, "bfs", REGIMES["memory"]).to(device), batch_of("bfs", device, count=4), phi)
        for device in ("cpu", "cuda")
    )
    torch.testing.assert_close(there.parts["contrastive"].cpu(), here.parts["contrastive"], **CLOSE)


def test_the_node_contrastive_loss_is_that_of_the_cpu() -> None:
    here, there = (
        measure(net_of("mpnn", "bfs", NODE_CONTRAST).to(device), batch_of("bfs", device, count=4))
        for device in ("cpu", "cuda")
    )
    torch.testing.assert_close(there.parts["node_contrastive"].cpu(), here.parts["node_contrastive"], **CLOSE)
    for one, other in zip(all_of(there), all_of(here), strict=True):
        torch.testing.assert_close(one.cpu(), other, **CLOSE)


def test_steps_that_contrast_nodes_can_be_recorded(caplog: pytest.LogCaptureFixture) -> None:
    objective = Objective(net_of("mpnn", "bfs", NODE_CONTRAST).to("cuda"), TrainConfig())
    recorded = RecordedSteps(objective, CudaGraphs(torch.device("cuda")))
    batch, noise = batch_of("bfs", "cuda", count=4), Generator().manual_seed(0)
    for _ in range(3):
        found = all_of(copy_of(recorded(batch, noise)))
        torch.testing.assert_close(found, all_of(objective(batch, noise)), **CLOSE)
    assert not caplog.messages


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_bfloat16_comes_close_to_the_loss(processor: str, algorithm: str) -> None:
    net, batch = net_of(processor, algorithm, hidden=16).to("cuda"), batch_of(algorithm, "cuda")
    exact, rounded = measure(net, batch), measure(net, batch, accelerate=True)
    assert rounded.loss.item() == pytest.approx(exact.loss.item(), rel=5e-2)
    assert {gradient.dtype for gradient in rounded.gradients if gradient is not None} == {torch.float32}


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_recorded_steps_are_the_steps(
    processor: str, algorithm: str, accelerate: bool, caplog: pytest.LogCaptureFixture
) -> None:
    objective = Objective(net_of(processor, algorithm).to("cuda"), TrainConfig(accelerate=accelerate))
    batches = [batch_of(algorithm, "cuda", size, seed=seed) for seed in (0, 0, 1, 2, 0, 1) for size in (3, 4)]
    calls = 0

    def counted(batch: TensorBatch, noise: Generator | KeptDraws, pairs: Pairs | None = None) -> Measured:
        nonlocal calls
        calls += 1
        return objective(batch, noise, pairs)

    def results(measure: Callable[[TensorBatch, Generator], Measured]) -> list[list[torch.Tensor]]:
        noise = Generator().manual_seed(0)
        return [all_of(copy_of(measure(batch, noise))) for batch in batches]

    expected = results(objective)
    got = results(RecordedSteps(counted, CudaGraphs(torch.device("cuda"))))
    assert not caplog.messages
    # A shape is measured when it first comes, and to record it, and not when its recording is played.
    shapes = {(batch.steps, batch.nodes) for batch in batches}
    assert calls <= len(shapes) * 5
    tolerance = {"rtol": 5e-2, "atol": 5e-3} if accelerate else CLOSE
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, **tolerance)


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize(("first", "second"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_a_checkpoint_of_one_device_is_continued_on_another(
    tmp_path: Path, first: str, second: str, accelerate: bool
) -> None:
    class Stopped(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.step == 6:
            raise Stopped

    def job(device: str, checkpoint: Path) -> TrainJob:
        config = TrainConfig(steps=10, batch=4, sizes=(3, 4), checkpoint_every=5, accelerate=accelerate)
        net = net_of("mpnn", "insertion_sort").to(device)
        return TrainJob([Task(nar_bench.algorithm("insertion_sort"), net, config)], 0, "", checkpoint)

    whole = train(job(first, tmp_path / "whole.pt"))
    with pytest.raises(Stopped):
        train(job(first, tmp_path / "cut.pt"), stop)
    resumed = train(job(second, tmp_path / "cut.pt"))
    assert resumed.resumed_from == 5
    losses = [loss for _, loss in resumed.losses["insertion_sort"]]
    tolerance = 5e-2 if accelerate else 1e-3
    assert losses == pytest.approx([loss for _, loss in whole.losses["insertion_sort"]], rel=tolerance)


def test_a_suite_runs_on_a_gpu_and_its_records_say_which(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, GOOD.replace("steps = 3", "steps = 8\naccelerate = true"))
    records = run_prepared(prepared, device="cuda")
    assert {record.state for record in records} == {"done"}
    name = f"cuda:0 ({torch.cuda.get_device_name(0)})"
    assert {record.environment["device"] for record in records} == {name}
