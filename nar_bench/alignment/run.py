"""Make the estimates of a suite that are not there yet; what is killed goes on from its last finished run."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nar_bench.alignment.complexity import Complexity, Run, sample_complexity
from nar_bench.alignment.judge import JudgeConfig, Judgement
from nar_bench.alignment.options import made_from
from nar_bench.alignment.plan import Estimate, Planned, State, plan
from nar_bench.alignment.problem import Problem, training_run
from nar_bench.alignment.record import AlignmentRecord, CellLine, Failure, Question, Result, RunLine
from nar_bench.alignment.store import AlignmentStore
from nar_bench.alignment.suite import SuiteSource, load_suite
from nar_bench.alignment.threshold import SearchConfig
from nar_bench.data.random import derive_seed
from nar_bench.errors import AlignmentError, NarBenchError, StoreError
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.learnability import Learner, Target
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import Registry, registry
from nar_bench.plugin.tables import find_suite_file
from nar_bench.results.provenance import environment, now


@dataclass(frozen=True)
class Prepared:
    """A suite, planned against a folder; nothing has run yet."""

    source: SuiteSource
    store: AlignmentStore
    registry: Registry
    planned: list[Planned]

    def todo(self, *, retry_failed: bool = False) -> list[Estimate]:
        """Return the estimates that are to be made."""
        wanted = {State.TODO, State.FAILED} if retry_failed else {State.TODO}
        return [one.estimate for one in self.planned if one.state in wanted]


@dataclass(frozen=True)
class Event:
    """Something that happened, for whoever watches.

    Attributes:
        phase: "begin", "run", "end", or "elsewhere" where another process is at the estimate or has made it.
        run: in the phase run.
        count: runs of this estimate so far.
        record: in the phase end.
    """

    estimate: Estimate
    phase: str
    run: Run | None = None
    count: int = 0
    record: AlignmentRecord | None = None


Watch = Callable[[Event], None]


def prepare(suite: str | Path, out: str | Path | None = None, overrides: Iterable[str] = ()) -> Prepared:
    """Read and plan a suite.

    Args:
        suite: a name or the path of a TOML file.
        out: the folder; by default runs/<suite>.
        overrides: "search.runs=10" and the like.

    Raises:
        SuiteError, UnknownName, PluginError: the suite is wrong; every fault is listed.
    """
    plugins = registry()
    source = load_suite(find_suite_file(suite, Kind.ALIGNMENT_SUITE, plugins), overrides)
    store = AlignmentStore(Path(out) if out is not None else Path("runs") / source.suite.name)
    return Prepared(source, store, plugins, plan(source, plugins, store))


def run_prepared(
    prepared: Prepared, watch: Watch = lambda event: None, *, retry_failed: bool = False, threads: int | None = None
) -> list[AlignmentRecord]:
    """Make what is to be made, one after another, and return the new records.

    Several processes may share a folder; what another one is at is left to it.

    Args:
        threads: of torch within one operation; by default its own choice.

    Raises:
        StoreError: the folder cannot be written.
        KeyboardInterrupt: every finished run is kept.
    """
    import torch

    if threads:
        torch.set_num_threads(threads)
    prepared.store.probe()
    environment("cpu", torch.get_num_threads())  # asks which source this is while it still is what runs
    made = []
    for estimate in prepared.todo(retry_failed=retry_failed):
        with prepared.store.claim(estimate.id) as held:
            found = prepared.store.read(estimate.id) if held else None
            if not held or (found and found.state == "done"):
                watch(Event(estimate, "elsewhere"))
                continue
            made.append(_make(estimate, prepared, watch))
    return made


def align(suite: str | Path, out: str | Path | None = None) -> Path:
    """Make every estimate of a suite that is not there yet, silently, and return the folder."""
    prepared = prepare(suite, out)
    run_prepared(prepared)
    return prepared.store.path


def estimate_complexity(
    target: str,
    learner: str,
    size: int,
    eps: float,
    delta: float,
    *,
    unit: str = "deviation",
    seed: int = 0,
    target_options: Mapping[str, Any] | None = None,
    learner_options: Mapping[str, Any] | None = None,
    search: SearchConfig | None = None,
    judging: JudgeConfig | None = None,
) -> Complexity:
    """Estimate one sample complexity; `nar_bench.sample_complexity` has the arguments."""
    plugins = registry()
    what: Target = plugins.load(Kind.TARGET, target)
    by: Learner = plugins.load(Kind.LEARNER, learner)
    faults: list[Fault] = []
    options = build_options(what.config, target_options or {}, "target_options", faults)
    by_options = build_options(by.config, learner_options or {}, "learner_options", faults)
    search, judging = search or SearchConfig(), judging or JudgeConfig()
    faults += [Fault("search", f"{name} {why}") for name, why in search.faults()]
    faults += [Fault("judging", f"{name} {why}") for name, why in judging.faults()]
    if faults:
        raise AlignmentError("; ".join(map(str, faults)))
    problem = Problem(what, options, size, eps, delta, unit)
    return sample_complexity(training_run(problem, by, by_options, judging, seed), search)


def _make(estimate: Estimate, prepared: Prepared, watch: Watch) -> AlignmentRecord:
    import torch

    store, started = prepared.store, now()
    earlier = [_run_of(line) for line in store.runs(estimate.id)]
    watch(Event(estimate, "begin", count=len(earlier)))
    count = len(earlier)

    def keep(run: Run) -> None:
        nonlocal count
        store.add_run(estimate.id, _line_of(run))
        count += 1
        watch(Event(estimate, "run", run=run, count=count))

    found: Complexity | None = None
    failure: Failure | None = None
    try:
        run = _runner(estimate.question, prepared.registry, derive_seed("alignment", estimate.id))
        found = sample_complexity(run, SearchConfig(**estimate.question.config["search"]), earlier, keep)
    except StoreError:
        raise
    except Exception as error:
        told = str(error) if isinstance(error, NarBenchError) else "".join(traceback.format_exception(error))
        failure = Failure(type=type(error).__name__, message=told)
    runs = found.runs if found else ()
    record = AlignmentRecord(
        schema=1,
        estimate=estimate.id,
        state="failed" if failure else "done",
        suite=estimate.suite,
        question=estimate.question,
        modules=estimate.modules,
        complexity=estimate.complexity,
        result=_result(found) if found else None,
        cells=[CellLine(**vars(cell)) for cell in found.cells] if found else [],
        runs=[_line_of(run) for run in runs],
        started=started,
        finished=now(),
        seconds=round(sum(run.seconds for run in runs), 3),
        environment=environment("cpu", torch.get_num_threads()),
        error=failure,
    )
    store.write(record)
    watch(Event(estimate, "end", count=len(runs), record=record))
    return record


def _runner(question: Question, plugins: Registry, seed: int) -> Callable[[int, int], Run]:
    if question.kind == "algorithm":
        from nar_bench.alignment.algorithms import algorithm_run

        return algorithm_run(question, plugins, seed)
    target = plugins.load(Kind.TARGET, question.what.id)
    learner = plugins.load(Kind.LEARNER, question.learner.id)
    config = question.config
    assert question.eps is not None
    options = made_from(target.config, config["target"])
    problem = Problem(target, options, question.size, question.eps, question.delta, question.unit)
    return training_run(
        problem, learner, made_from(learner.config, config["learner"]), JudgeConfig(**config["judge"]), seed
    )


def _result(found: Complexity) -> Result:
    return Result.model_validate(
        {"state": found.state, "value": found.value, "low": found.low, "high": found.high, "level": found.level}
    )


def _line_of(run: Run) -> RunLine:
    judged = run.judgement
    return RunLine(
        m=run.m,
        number=run.number,
        state="done" if judged else "diverged",
        success=run.success,
        hits=judged.hits if judged else 0,
        count=judged.count if judged else 0,
        close=bool(judged and judged.close),
        seconds=round(run.seconds, 4),
    )


def _run_of(line: RunLine) -> Run:
    judged = Judgement(line.success, line.hits, line.count, line.close) if line.state == "done" else None
    return Run(line.m, line.number, judged, line.seconds)
