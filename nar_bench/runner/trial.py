"""Run one trial: build, train, evaluate, and say in a record what came out."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nar_bench.data.generate import POSITIONS, shift_axes
from nar_bench.data.random import derive_seed
from nar_bench.data_sets.source import Reading
from nar_bench.errors import DataSetError, NarBenchError, StoreError
from nar_bench.evaluation.config import EvaluateConfig
from nar_bench.evaluation.evaluate import evaluate
from nar_bench.hub.source import open_source
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import Regime
from nar_bench.plugin.contracts import Algorithm, Kind, Level, SimilarInput
from nar_bench.plugin.registry import Registry
from nar_bench.results.predictions import Predictions
from nar_bench.results.provenance import environment, now
from nar_bench.results.record import OWN_POINT, Failure, Record, Score
from nar_bench.results.record import Training as TrainingRecord
from nar_bench.results.store import Store
from nar_bench.runner.definition import Trial
from nar_bench.runner.device import describe_device
from nar_bench.runner.memory import PeakMemory
from nar_bench.runner.protocol import protocol_of
from nar_bench.runner.sharing import shared
from nar_bench.training.config import TrainConfig
from nar_bench.training.contrast import ContrastConfig
from nar_bench.trajectory import Columns

if TYPE_CHECKING:
    from nar_bench.model.net import Net
    from nar_bench.training.checkpoint import Curves
    from nar_bench.training.loop import TrainJob
    from nar_bench.training.progress import Progress


@dataclass(frozen=True)
class Event:
    """Something that happened in a trial, for whoever watches.

    Attributes:
        phase: "build", "train", "evaluate" or "end"; "elsewhere" where another runner is at the trial or has done it;
            "again" where its worker died and it will be tried again.
        progress: in the phase train.
        size: in the phase evaluate, the size that begins.
        point: likewise, the shift point.
        record: in the phase end; in the phase elsewhere what the other runner left, if it is done.
        reason: in the phase again.
    """

    trial: Trial
    phase: str
    progress: Progress | None = None
    size: int = 0
    point: str = OWN_POINT
    record: Record | None = None
    reason: str = ""


Watch = Callable[[Event], None]


def run_trial(
    trial: Trial,
    registry: Registry,
    store: Store,
    watch: Watch,
    device: str = "cpu",
    *,
    predictions: bool = False,
    processes: int = 1,
) -> Record:
    """Run a trial from its checkpoint or from the start, write its record and return it.

    A trial that fails is a record too, with its traceback.

    Args:
        device: as `find_device` returns it. Data, initial weights and noise are made on the CPU and are the same on
            every device; a checkpoint of one is continued on another.
        predictions: whether to keep every answer to the test instances, in `store.predictions`.
        processes: how many share the training, see `nar_bench.runner.sharing`.

    Raises:
        StoreError: something cannot be written, or `watch` raises it; nothing more is computed then.
        KeyboardInterrupt: the checkpoint remains.
    """
    import torch

    from nar_bench.training.loop import train
    from nar_bench.training.weights import save_weights

    started, clock, peak = now(), _Clock(), PeakMemory(device)
    scores: list[Score] = []
    answers = Predictions()
    training: TrainingRecord | None = None
    parameters: int | None = None
    failure: Failure | None = None
    try:
        watch(Event(trial, "build"))
        with clock.phase("build"):
            algorithms = [registry.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
            nets = [net.to(device) for net in build_nets(trial, algorithms, registry)]
            trained = {parameter for net in nets for parameter in net.parameters() if parameter.requires_grad}
            parameters = sum(parameter.numel() for parameter in trained)
        with clock.phase("train"):
            job = train_job(trial, algorithms, nets, registry, store)
            with shared(trial, registry, store, device, torch.get_num_threads(), processes) as member:
                result = train(job, lambda progress: watch(Event(trial, "train", progress=progress)), member)
        save_weights(store.weights(trial.id), trial.id, nets, job.phi)
        training = TrainingRecord(
            steps=result.steps,
            examples=result.examples,
            sizes={task.algorithm.name: list(task.config.sizes) for task in job.tasks},
            losses=_points(result.losses),
            validation=_points(result.validation),
            selected=result.selected,
            resumed_from=result.resumed_from,
        )
        with clock.phase("evaluate"):
            for algorithm, net in zip(algorithms, nets, strict=True):
                scores += evaluate_net(trial, algorithm, net, watch, answers if predictions else None)
        if predictions:
            answers.write(store.predictions(trial.id))
    except StoreError:
        raise  # a full disk is no fault of the trial; nothing more is computed that could not be saved
    except Exception as error:
        failure = _failure(error)
        scores = []
    record = _record(
        trial,
        points={used.name: points_of(registry.load(Kind.ALGORITHM, used.id), trial.config) for used in trial.algorithms}
        if scores
        else {},
        parameters=parameters,
        scores=scores,
        training=training,
        seconds=clock.seconds,
        memory=peak.measured(),
        environment=environment(_where(device, processes), torch.get_num_threads()),
        started=started,
        error=failure,
    )
    store.write(record)
    if not failure:
        store.checkpoint(trial.id).unlink(missing_ok=True)
    watch(Event(trial, "end", record=record))
    return record


def failed_record(trial: Trial, error: Exception, started: str, device: str, threads: int) -> Record:
    """Return the record of a trial that could not write its own, because its worker is gone.

    The environment is that of the process that asks.
    """
    return _record(
        trial,
        points={},
        parameters=None,
        scores=[],
        training=None,
        seconds={},
        memory=None,
        environment=environment(device, threads),
        started=started,
        error=_failure(error),
    )


def _failure(error: Exception) -> Failure:
    told = str(error) if isinstance(error, NarBenchError) else f"{type(error).__name__}: {error}"
    return Failure(type=type(error).__name__, message=told, traceback="".join(traceback.format_exception(error)))


def _record(trial: Trial, *, error: Failure | None, **measured: Any) -> Record:
    return Record(
        schema=3,
        trial=trial.id,
        state="failed" if error else "done",
        suite=trial.suite,
        algorithms=list(trial.algorithms),
        processor=trial.processor,
        similarity=trial.similarity,
        similar_inputs=list(trial.similar_inputs),
        regime=trial.regime,
        seed=trial.seed,
        config=trial.config,
        protocol=protocol_of(trial.config, trial.bounds),
        finished=now(),
        error=error,
        **measured,
    )


def build_nets(trial: Trial, algorithms: Sequence[Algorithm], registry: Registry) -> list[Net]:
    """Build the untrained networks of a trial, one for each algorithm around one processor.

    Equal trials get equal weights; the first algorithm's are those that it has alone.
    """
    from nar_bench.model.build import nets_around

    model = _config(NetConfig, trial.config["model"])
    regime = _config(Regime, {"name": trial.regime, **trial.config["regime"]})
    processor = registry.load(Kind.PROCESSOR, trial.processor.id)
    options = _config(processor.config, trial.config["processor"])
    specs = [algorithm.spec for algorithm in algorithms]
    return nets_around(processor, options, specs, regime, model, derive_seed(trial.seed, "init"))


def build_phi(trial: Trial, registry: Registry) -> Callable[..., Any] | None:
    """Build the untrained similarity of a trial, of projected ideas where it says so, or None if it contrasts none."""
    import torch

    from nar_bench.training.projection import Projected

    if trial.similarity is None:
        return None
    similarity = registry.load(Kind.SIMILARITY, trial.similarity.id)
    idea_size, projection = int(trial.config["processor"]["idea_size"]), int(trial.config["train"]["projection"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(trial.seed, "similarity"))
        phi: Callable[..., Any] = similarity.build(
            _config(similarity.config, trial.config["similarity"]), projection or idea_size
        )
    if projection:
        generator = torch.Generator().manual_seed(derive_seed(trial.seed, "projection"))
        phi = Projected(phi, similarity.level, idea_size, projection, generator)
    return phi


def trial_of(record: Record) -> Trial:
    """Return the trial that a record is of."""
    return Trial(
        record.trial,
        record.suite,
        tuple(record.algorithms),
        record.processor,
        record.similarity,
        tuple(record.similar_inputs),
        record.regime,
        record.seed,
        record.config,
    )


def _where(device: str, processes: int) -> str:
    return describe_device(device) + (f", {processes} processes" if processes > 1 else "")


def train_job(
    trial: Trial, algorithms: Sequence[Algorithm], nets: Sequence[Net], registry: Registry, store: Store
) -> TrainJob:
    """Return what is to be trained, the networks in it."""
    import torch

    from nar_bench.training.loop import Task, TrainJob

    phi = build_phi(trial, registry)
    level = registry.load(Kind.SIMILARITY, trial.similarity.id).level if trial.similarity else Level.STEP
    if isinstance(phi, torch.nn.Module):
        phi.to(nets[0].device)
    similar: list[SimilarInput | None] = [registry.load(Kind.SIMILAR_INPUT, used.id) for used in trial.similar_inputs]
    tasks = [
        Task(
            algorithm=algorithm,
            net=net,
            config=_own_config(TrainConfig, trial, "train", algorithm),
            shift=trial.config["algorithms"][algorithm.name]["train_shift"],
            similar=alike,
            reading=reading_of(trial, algorithm),
        )
        for algorithm, net, alike in zip(algorithms, nets, similar or [None] * len(nets), strict=True)
    ]
    contrast = _config(ContrastConfig, trial.config["contrast"])
    return TrainJob(tasks, trial.seed, trial.id, store.checkpoint(trial.id), phi, level, contrast)


def reading_of(trial: Trial, algorithm: Algorithm) -> Reading | None:
    """Return how the samples of one algorithm are read, or None where they are drawn.

    Raises:
        DataSetError: the data set has other rows than when the trial was planned, or is gone.
        HubError: it cannot be fetched.
    """
    if "data" not in trial.config:
        return None
    own, data = trial.config["algorithms"][algorithm.name]["data"], trial.config["data"]
    source = open_source(data["source"])
    if source.content(own["config"]) != own["content"]:
        raise DataSetError(
            f"{source.name}: config '{own['config']}' has other rows than when this trial was planned. Run the suite "
            "again to plan it anew."
        )
    return Reading(source, own["config"], data["streaming"])


def points_of(algorithm: Algorithm, config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return by name the shift points at which an algorithm is measured, each with the values of all its axes.

    The first is `OWN_POINT`, of the algorithm's own distribution with what the suite changes of it. The others change
    that.
    """
    own = config["algorithms"][algorithm.name]
    first = {axis: words[0] for axis, words in algorithm.words.items()}
    axes = {axis: first.get(axis) if value is None else value for axis, value in shift_axes(algorithm).items()}
    usual = {**axes, "positions": POSITIONS[0], **own["evaluate_shift"]}
    return {OWN_POINT: usual, **{name: {**usual, **point} for name, point in own.get("evaluate_points", {}).items()}}


def evaluate_net(
    trial: Trial, algorithm: Algorithm, net: Net, watch: Watch, answers: Predictions | None
) -> Iterator[Score]:
    """Yield every score of a trained network of a trial, at every shift point and size."""
    from nar_bench.training.validation import predict

    config = _own_config(EvaluateConfig, trial, "evaluate", algorithm)
    own = trial.config["algorithms"][algorithm.name]
    net.eval()
    reads_hints = bool(net.decoded or net.given)
    reading = reading_of(trial, algorithm)

    def read(size: int) -> Any:
        assert reading is not None
        return reading.test(algorithm, size)

    for point, shift in {OWN_POINT: {}, **own.get("evaluate_points", {})}.items():

        def begins(size: int, point: str = point) -> None:
            watch(Event(trial, "evaluate", size=size, point=point))

        def keep(size: int, truth: Columns, given: Columns, point: str = point) -> None:
            if answers is not None:
                answers.add(algorithm.name, point, size, truth, given)

        for size, metric, value, count in evaluate(
            algorithm,
            lambda batch: predict(net, batch),
            config.sizes,
            config.count,
            config.seed,
            {**own["evaluate_shift"], **shift},
            begins,
            keep,
            hints=reads_hints,
            test=read if reading is not None and point == OWN_POINT else None,
        ):
            yield Score(algorithm=algorithm.name, point=point, size=size, metric=metric, value=value, count=count)


def _config(config: type, values: dict[str, Any]) -> Any:
    """Make a config from its JSON form, in which tuples are lists."""
    return config(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def _own_config(config: type, trial: Trial, section: str, algorithm: Algorithm) -> Any:
    """Return a section's options for one algorithm."""
    return _config(config, {**trial.config[section], **trial.config["algorithms"][algorithm.name][section]})


def _points(curves: Curves) -> dict[str, list[list[float]]]:
    return {name: [list(point) for point in points] for name, points in curves.items()}


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
