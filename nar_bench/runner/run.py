"""Run a suite: plan it, run what is not there yet, keep every result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry, registry
from nar_bench.results.record import Record
from nar_bench.results.store import Store
from nar_bench.runner.device import find_device
from nar_bench.runner.expansion import Trial
from nar_bench.runner.interrupt import remembered_interrupt
from nar_bench.runner.plan import Planned, State, plan
from nar_bench.runner.progress import Reporter, Silent
from nar_bench.runner.suite import SuiteSource, find_suite, load_suite
from nar_bench.runner.trial import Event, run_trial

MakeReporter = Callable[[Sequence[Trial]], Reporter]


@dataclass(frozen=True)
class Prepared:
    """A suite, planned against a results folder; nothing has run yet."""

    source: SuiteSource
    store: Store
    registry: Registry
    planned: list[Planned]

    def todo(self, *, retry_failed: bool = False) -> list[Trial]:
        """Return the trials that a run would run."""
        wanted = {State.TODO, State.FAILED} if retry_failed else {State.TODO}
        return [one.trial for one in self.planned if one.state in wanted]


def prepare(
    suite: str | Path, out: str | Path | None = None, overrides: Iterable[str] = (), only: Iterable[str] = ()
) -> Prepared:
    """Read and plan a suite.

    Args:
        suite: a name or the path of a TOML file.
        out: the results folder; by default runs/<suite>.
        overrides: "train.steps=10" and the like.
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
    workers: int = 1,
    device: str = "cpu",
    retry_failed: bool = False,
    predictions: bool = False,
    make_reporter: MakeReporter = lambda trials: Silent(),
) -> list[Record]:
    """Run what is to be run, and return the new records.

    Args:
        predictions: whether to keep every answer to the test instances; trials that are done are not run again for it.

    Raises:
        DeviceError: no such device; nothing has run.
        StoreError: the folder cannot be written, or another run uses it.
        UnknownName: no such executor.
        KeyboardInterrupt: the run was stopped; everything finished is kept.
    """
    device = find_device(device)
    place = prepared.registry.load(Kind.EXECUTOR, executor).build(workers)
    prepared.store.probe()
    records: list[Record] = []
    with prepared.store.lock():
        trials = prepared.todo(retry_failed=retry_failed)
        with remembered_interrupt() as interrupt, make_reporter(trials) as report:

            def watch(event: Event) -> None:
                report(event)
                interrupt.check()

            def work(trial: Trial) -> Record:
                return run_trial(trial, prepared.registry, prepared.store, watch, device, predictions=predictions)

            for _, outcome in place.run(work, trials):
                if isinstance(outcome, Exception):
                    raise outcome  # a trial that fails is a record, so this is a folder that cannot be written
                records.append(outcome)
    return records


def run_suite(suite: str | Path, out: str | Path | None = None, device: str = "cpu") -> Path:
    """Run every trial of a suite that has no result yet, silently, and return the results folder."""
    prepared = prepare(suite, out)
    run_prepared(prepared, device=device)
    return prepared.store.path
