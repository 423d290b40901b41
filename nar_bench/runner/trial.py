"""Run one trial: build, train, evaluate, and say in a record what came out."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nar_bench.data.random import derive_seed
from nar_bench.errors import NarBenchError, StoreError
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.evaluation.evaluate import evaluate
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.provenance import environment, now
from nar_bench.results.record import Failure, Record, Score
from nar_bench.results.record import Training as TrainingRecord
from nar_bench.results.store import Store
from nar_bench.runner.plan import Trial
from nar_bench.training.config import TrainConfig

if TYPE_CHECKING:
    from nar_bench.model.net import Net
    from nar_bench.training.loop import Progress, TrainResult


@dataclass(frozen=True)
class Event:
    """Something that happened in a trial, for whoever watches.

    Attributes:
        phase: "build", "train", "evaluate" or "end".
        progress: in the phase train.
        size: in the phase evaluate, the size that begins.
        record: in the phase end.
    """

    trial: Trial
    phase: str
    progress: Progress | None = None
    size: int = 0
    record: Record | None = None


Watch = Callable[[Event], None]


def run_trial(trial: Trial, registry: Registry, store: Store, watch: Watch) -> Record:
    """Run a trial from its checkpoint or from the start, write its record and return it.

    A trial that fails is a record too, with its traceback.

    Raises:
        StoreError: the record cannot be written.
        KeyboardInterrupt: the checkpoint remains.
    """
    import torch

    started, clock = now(), _Clock()
    scores: list[Score] = []
    training: TrainingRecord | None = None
    parameters: int | None = None
    failure: Failure | None = None
    try:
        watch(Event(trial, "build"))
        with clock.phase("build"):
            algorithm: Algorithm = registry.load(Kind.ALGORITHM, trial.algorithm.id)
            net = build_net(trial, algorithm, registry)
            parameters = sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)
        with clock.phase("train"):
            result = _train(trial, algorithm, net, registry, store, watch)
        config = _config(TrainConfig, trial.config["train"])
        training = TrainingRecord(
            steps=result.steps,
            examples=result.examples,
            sizes=list(config.sizes),
            losses=[list(point) for point in result.losses],
            resumed_from=result.resumed_from,
        )
        with clock.phase("evaluate"):
            for size, metric, value, count in _evaluate(trial, algorithm, net, watch):
                scores.append(Score(size=size, metric=metric, value=value, count=count))
    except StoreError:
        raise  # a full disk is no fault of the trial; nothing more is computed that could not be saved
    except Exception as error:
        told = str(error) if isinstance(error, NarBenchError) else f"{type(error).__name__}: {error}"
        failure = Failure(type=type(error).__name__, message=told, traceback=traceback.format_exc())
        scores = []
    record = Record(
        schema=1,
        trial=trial.id,
        state="failed" if failure else "done",
        suite=trial.suite,
        algorithm=trial.algorithm,
        processor=trial.processor,
        similarity=trial.similarity,
        similar_input=trial.similar_input,
        regime=trial.regime,
        seed=trial.seed,
        config=trial.config,
        parameters=parameters,
        scores=scores,
        training=training,
        seconds=clock.seconds,
        environment=environment("cpu", torch.get_num_threads()),
        started=started,
        finished=now(),
        error=failure,
    )
    store.write(record)
    if not failure:
        store.checkpoint(trial.id).unlink(missing_ok=True)
    watch(Event(trial, "end", record=record))
    return record


def build_net(trial: Trial, algorithm: Algorithm, registry: Registry) -> Net:
    """Build the untrained network of a trial; equal trials get equal weights."""
    import torch

    from nar_bench.model.net import Net

    model = _config(NetConfig, trial.config["model"])
    processor = registry.load(Kind.PROCESSOR, trial.processor.id)
    init = derive_seed(trial.seed, "init")
    # Processors draw their weights from torch's global generator, as torch modules do; it is put back afterwards.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(init)
        module = processor.build(_config(processor.config, trial.config["processor"]), model.hidden)
    generator = torch.Generator().manual_seed(init)
    return Net(
        algorithm.spec,
        module,
        REGIMES[trial.regime],
        model,
        generator,
        writes_edges=processor.writes_edges,
        masks_decoders=processor.masks_decoders,
    )


def _train(trial: Trial, algorithm: Algorithm, net: Net, registry: Registry, store: Store, watch: Watch) -> TrainResult:
    import torch

    from nar_bench.training.loop import Contrast, TrainJob, train

    contrast = None
    if trial.similarity and trial.similar_input:
        similarity = registry.load(Kind.SIMILARITY, trial.similarity.id)
        idea_size = int(trial.config["processor"]["idea_size"])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(trial.seed, "similarity"))
            phi = similarity.build(_config(similarity.config, trial.config["similarity"]), idea_size)
        contrast = Contrast(phi, registry.load(Kind.SIMILAR_INPUT, trial.similar_input.id))
    job = TrainJob(
        algorithm=algorithm,
        net=net,
        config=_config(TrainConfig, trial.config["train"]),
        seed=trial.seed,
        shift=trial.config["train_shift"],
        trial=trial.id,
        checkpoint=store.checkpoint(trial.id),
        contrast=contrast,
    )
    return train(job, lambda progress: watch(Event(trial, "train", progress=progress)))


def _evaluate(trial: Trial, algorithm: Algorithm, net: Net, watch: Watch) -> Any:
    import torch

    from nar_bench.model.answers import hard_outputs
    from nar_bench.model.tensors import to_tensors

    config = _config(EvaluateConfig, trial.config["evaluate"])

    def predict(batch: Any) -> Any:
        with torch.no_grad():
            return hard_outputs(algorithm.spec, net(to_tensors(batch)).outputs, batch.nodes)

    net.eval()
    return evaluate(
        algorithm,
        predict,
        config.sizes,
        config.count,
        config.seed,
        trial.config["evaluate_shift"],
        lambda size: watch(Event(trial, "evaluate", size=size)),
    )


def _config(config: type, values: dict[str, Any]) -> Any:
    """Make a config from its JSON form, in which tuples are lists."""
    return config(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


class _Clock:
    """Wall-clock seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - start, 3)
