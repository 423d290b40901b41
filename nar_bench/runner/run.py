"""Run a suite: plan it, run what is not there yet, keep every result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nar_bench.errors import ExecutorError, Unsupported
from nar_bench.plugin.assignments import Assignments
from nar_bench.plugin.execution import Place, Terms
from nar_bench.plugin.registry import Registry, registry
from nar_bench.results.activity import announced
from nar_bench.results.collection import garbage_left_alone
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.definition import Trial
from nar_bench.runner.device import find_device
from nar_bench.runner.executor import build_runner
from nar_bench.runner.interrupt import remembered_interrupt
from nar_bench.runner.notes import command_note
from nar_bench.runner.observers import Observers, choose_observers
from nar_bench.runner.passes import Passes
from nar_bench.runner.plan import Planned, State, plan
from nar_bench.runner.progress import Reporter, Silent
from nar_bench.runner.sharing import unshared_reason
from nar_bench.runner.suite import SuiteSource, find_suite, load_suite
from nar_bench.runner.trial import Event
from nar_bench.runner.work import TrialWork

MakeReporter = Callable[[Sequence[Trial]], Reporter]


@dataclass(frozen=True)
class Prepared:
    """A suite, planned against a results folder; nothing has run yet."""

    source: SuiteSource
    store: Store
    registry: Registry
    planned: list[Planned]

    def todo(self, *, retry_failed: bool = False) -> list[Planned]:
        """Return the trials that a run would run."""
        wanted = {State.TODO, State.FAILED} if retry_failed else {State.TODO}
        return [one for one in self.planned if one.state in wanted]


@garbage_left_alone()
def prepare(
    suite: str | Path, out: str | Path | None = None, overrides: Assignments = (), only: Iterable[str] = ()
) -> Prepared:
    """Read and plan a suite.

    Args:
        suite: a name or the path of a TOML file.
        out: the results folder; by default runs/<suite>.
        overrides: "train.steps=10" and the like, or values by key.
        only: names of algorithms, processors or regimes to keep.

    Raises:
        SuiteError, UnknownName, PluginError: the suite is wrong; every fault is listed.
    """
    plugins = registry()
    source = load_suite(find_suite(suite, plugins), overrides)
    store = Store(Path(out) if out is not None else Path("runs") / source.suite.name)
    return Prepared(source, store, plugins, plan(source, plugins, store, only))


def run_prepared(
    prepared: Prepared,
    *,
    executor: str = "in_process",
    options: Assignments = (),
    workers: int = 1,
    time_limit: float | None = None,
    retries: int = 1,
    device: str = "cpu",
    threads: int | None = None,
    retry_failed: bool = False,
    predictions: bool = False,
    observers: Iterable[str] = (),
    processes: int = 1,
    make_reporter: MakeReporter = lambda trials: Silent(),
) -> list[Record]:
    """Run what is to be run, and return the new records.

    Several runs may share one folder, on one machine or several; what another one is at or has done is left to it.

    Args:
        executor: where trials run.
        options: of the executor, "partition=gpu" and the like, or values by key.
        workers: how many trials may run at once.
        time_limit: seconds that a trial may take in this run, or None; it fails then, and keeps its checkpoint.
        retries: how often a trial is tried again, from its checkpoint, whose worker died; then it fails.
        threads: of torch within one operation; by default its own choice in this process, and 1 in others.
        predictions: whether to keep every answer to the test instances; trials that are done are not run again for it.
        observers: who is told how trials go, beside those that the suite names; none of them can fail a trial.
        processes: how many share the training of each trial, each with its part of every batch.

    Raises:
        DeviceError: no such device; nothing has run.
        ExecutorError: an option of the executor or a number here is wrong; nothing has run.
        SuiteError: an option of an observer is wrong; nothing has run.
        Unsupported: the executor cannot run on these terms, an observer cannot work here, or processes cannot share a
            trial; nothing has run.
        StoreError: the folder cannot be written; workers have stopped.
        UnknownName: no such executor or observer.
        KeyboardInterrupt: the run was stopped; everything finished is kept.
    """
    _check(workers, time_limit, retries, threads)
    terms = Terms(workers, time_limit, prepared.store.executor.resolve())
    place, runner = build_runner(prepared.registry, executor, options, terms)
    if place is not Place.CLUSTER:
        device = find_device(device)
    if place is not Place.PROCESS:
        threads = threads or 1
    prepared.store.probe()
    left = prepared.todo(retry_failed=retry_failed)
    for one in left if processes > 1 else ():
        if reason := unshared_reason(one.trial, processes, prepared.registry):
            raise Unsupported(
                f"--processes {processes}: nothing was run, since processes cannot share {one.trial.label}: {reason}. "
                "Leave such trials out with --only, or --processes away."
            )
    trials = [one.trial for one in left]
    note = command_note(prepared.source.suite.name, trials, executor, workers, device)
    report = make_reporter(trials)
    chosen = choose_observers(prepared.source, prepared.registry, observers, report.say)
    with (
        announced(prepared.store, note),
        remembered_interrupt() as interrupt,
        report,
        Observers(chosen, prepared.store, report.say) as observe,
    ):

        def tell(event: Event) -> None:
            report(event)
            observe(event)
            interrupt.check()

        plugins = tuple(Path(row.source.target) for row in prepared.registry.rows if row.source.is_file)
        work = TrialWork(
            Store(prepared.store.path.resolve()), plugins, device, threads, predictions, processes=processes
        )
        return Passes(work, runner, retries, tell).run(left)


def _check(workers: int, time_limit: float | None, retries: int, threads: int | None) -> None:
    for name, value, good in (
        ("workers", workers, workers >= 1),
        ("time_limit", time_limit, time_limit is None or time_limit > 0),
        ("retries", retries, retries >= 0),
        ("threads", threads, threads is None or threads >= 1),
    ):
        if not good:
            least = {"time_limit": "more than 0", "retries": "at least 0"}.get(name, "at least 1")
            raise ExecutorError(f"{name} = {value}: {least} is needed; nothing was run.")
