"""What is there already of a suite, what is to run, what cannot be run and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nar_bench.errors import SuiteError, did_you_mean
from nar_bench.plugin.registry import Registry
from nar_bench.results.compact import compact
from nar_bench.results.store import Stamp, Store
from nar_bench.runner.definition import Trial
from nar_bench.runner.expansion import expand
from nar_bench.runner.suite import SuiteSource


class State(StrEnum):
    """What a plan says of a trial."""

    TODO = "to do"
    DONE = "done"
    FAILED = "failed before"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Planned:
    """A trial with its state."""

    trial: Trial
    state: State
    reason: str = ""
    seen: Stamp | None = None
    """The record that this was decided on; where it is another one later, another runner was at the trial."""


def plan(source: SuiteSource, registry: Registry, store: Store, only: Iterable[str] = ()) -> list[Planned]:
    """Expand a suite.

    Args:
        only: names of algorithms, processors or regimes; trials that match one of each kind named are kept, of those
            with several algorithms the ones whose algorithms are all named.

    Returns:
        the trials in the order of the file, each once.

    Raises:
        SuiteError: unknown names or options; every fault is listed.
    """
    expanded = expand(source, registry)
    kept = _select([trial for trial, _ in expanded], list(only), source)
    known, started = _known(store), store.checkpointed()
    return [_planned(trial, reason, known, started) for trial, reason in expanded if trial.id in kept]


def _known(store: Store) -> dict[str, tuple[State, str, Stamp]]:
    """Return by trial what its record says, why it failed or is damaged, and which record it was."""
    if not store.records_folder.is_dir():
        return {}
    compacted = compact(store)
    stamps = compacted.stamps()
    columns = compacted.columns("trial", "state", "problem", "error").to_pydict()
    known = {}
    for trial, state, problem, error in zip(*columns.values(), strict=True):
        if problem is not None:
            known[trial] = State.TODO, f"its record is damaged and will be replaced: {problem}", stamps[trial]
        elif state == "failed":
            known[trial] = State.FAILED, next(iter((error or "").splitlines()), ""), stamps[trial]
        else:
            known[trial] = State.DONE, "", stamps[trial]
    return known


def _planned(trial: Trial, reason: str, known: dict[str, tuple[State, str, Stamp]], started: set[str]) -> Planned:
    if reason:
        return Planned(trial, State.SKIPPED, reason)
    if trial.id in known:
        return Planned(trial, *known[trial.id])
    return Planned(trial, State.TODO, "from its checkpoint" if trial.id in started else "")


def _select(trials: list[Trial], only: list[str], source: SuiteSource) -> set[str]:
    def names(trial: Trial) -> tuple[set[str], set[str], set[str]]:
        return {one.name for one in trial.algorithms}, {trial.processor.name}, {trial.regime}

    if not only:
        return {trial.id for trial in trials}
    known = [set[str]().union(*(names(trial)[kind] for trial in trials)) for kind in range(3)]
    for name in only:
        if not any(name in kind for kind in known):
            everything = set().union(*known)
            raise SuiteError(
                f"--only {name}: suite {source.suite.name} has no such name.{did_you_mean(name, everything)}"
            )
    wanted = [{name for name in only if name in kind} for kind in known]
    kept = {t.id for t in trials if all(not want or got <= want for want, got in zip(wanted, names(t), strict=True))}
    if not kept:
        raise SuiteError(
            f"--only {','.join(only)}: no trial of suite {source.suite.name} has all of these and nothing else. "
            "Algorithms that are trained together must all be named."
        )
    return kept
