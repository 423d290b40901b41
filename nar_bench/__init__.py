"""nar-bench: the benchmark suite for neural algorithmic reasoning.

The public Python API; stable from version 0.1. Everything heavy is imported when it is used. `plan`, `run`,
`load_results`, `compare`, `rank` and `status` take what the commands take, by the same names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow

    from nar_bench.alignment.complexity import Complexity
    from nar_bench.plugin.assignments import Assignments
    from nar_bench.plugin.contracts import Algorithm
    from nar_bench.runner.outlook import Plan
    from nar_bench.runner.status import Status
    from nar_bench.statistics.comparison import Comparison
    from nar_bench.statistics.standing import Standing
    from nar_bench.trajectory import Batch

__version__ = "0.1.0"
__all__ = [
    "algorithm",
    "align",
    "compare",
    "generate",
    "load_data",
    "load_results",
    "plan",
    "rank",
    "run",
    "sample_complexity",
    "status",
]


def algorithm(name: str) -> Algorithm:
    """Return a registered algorithm.

    Args:
        name: short name or full id; `nar-bench list algorithms` shows them.

    Returns:
        an object with `.spec` and `.run(**inputs) -> Trajectory`, dense numpy arrays in and out.

    Raises:
        UnknownName: nobody registered it; the message suggests the nearest name.
        PluginError: its plugin cannot be loaded.
    """
    from nar_bench.plugin.contracts import Kind
    from nar_bench.plugin.registry import registry

    loaded: Algorithm = registry().load(Kind.ALGORITHM, name)
    return loaded


def generate(name: str, size: int, count: int, seed: int = 0, **shift: Any) -> Batch:
    """Draw instances of an algorithm and run it on each.

    Sample i depends on (name, size, seed, i, shift) alone, on any machine.

    Args:
        name: a registered algorithm.
        size: problem size n.
        count: number of instances B.
        seed: in [0, 2^63).
        shift: shift axes, for example p=0.3 or p=(0.1, 0.5) for bfs, positions="random" for all;
            first=k starts at sample k; hints=False leaves the hints out.

    Returns:
        the trajectories, compact; `batch[i]` is one of them, dense. A `SparseBatch` for algorithms on sparse graphs.

    Raises:
        UnknownName: unknown algorithm or shift axis.
        InputError: a value that is not allowed.
    """
    from nar_bench.data.generate import generate as generate_batch

    batch: Batch = generate_batch(algorithm(name), size, count, seed, **shift)
    return batch


def load_data(source: str | Path, config: str, split: str, size: int | None = None) -> Batch:
    """Return the trajectories of one split of a data set.

    Args:
        source: a folder, or `hub:owner/name@revision`.
        config: such as "bfs" or "dijkstra-grid".
        split: such as "train" or "test_n64".
        size: of a split of several sizes.

    Returns:
        the trajectories, compact, as `generate` returns them; hints that the files lack are made anew.

    Raises:
        UnknownName: no such config or split.
        DataSetError: there is no data set, or it is damaged or of another version of the algorithm.
        HubError: it cannot be fetched.
    """
    from nar_bench.hub.source import open_source

    opened = open_source(str(source))
    named = opened.manifest.recipe.config(config).algorithm_id
    batch: Batch = opened.read(algorithm(named), config, split, size)  # type: ignore[assignment]
    return batch


def plan(
    suite: str | Path,
    out: str | Path | None = None,
    *,
    set: Assignments = (),
    only: Iterable[str] = (),
    probe: bool = False,
    plugins: Iterable[str | Path] = (),
) -> Plan:
    """Return what a suite would run: every trial with its state, what it should cost, what its seeds can resolve.

    Args:
        suite: a suite's name, or the path of a TOML file.
        out: the results folder; by default runs/<suite>.
        set: keys of the suite to override: {"train.steps": 100}, or ["train.steps=100"] as on the command line.
        only: names of algorithms, processors or regimes to keep.
        probe: whether to measure a few steps of each kind of trial that no record tells of.
        plugins: those that are one Python file each.

    Raises:
        SuiteError, UnknownName, PluginError: the suite is wrong; every fault is listed.
    """
    from nar_bench.plugin.registry import registry_with
    from nar_bench.runner.outlook import outlook
    from nar_bench.runner.run import prepare

    registry_with(plugins)
    return outlook(prepare(suite, out, set, only), probe)


def run(
    suite: str | Path,
    out: str | Path | None = None,
    *,
    set: Assignments = (),
    only: Iterable[str] = (),
    retry: Literal["failed"] | None = None,
    executor: str = "in_process",
    options: Assignments = (),
    workers: int = 1,
    time_limit: float | None = None,
    retries: int = 1,
    device: str = "cpu",
    processes: int = 1,
    predictions: bool = False,
    observers: Iterable[str] = (),
    threads: int | None = None,
    plugins: Iterable[str | Path] = (),
    progress: bool = True,
) -> Path:
    """Run every trial of a suite that has no result yet, and return the results folder. Running again resumes.

    A trial that fails is a record too (`status(folder).failed`). With the executor local, a script calls this under
    `if __name__ == "__main__":`, as Python's multiprocessing demands; a notebook need not.

    Args:
        suite: a suite's name, or the path of a TOML file.
        out: the results folder; by default runs/<suite>.
        set: keys of the suite to override: {"train.steps": 100}, or ["train.steps=100"] as on the command line.
        only: names of algorithms, processors or regimes to keep.
        retry: "failed" to run trials again that failed before.
        executor: where trials run: "in_process", "local", "slurm", "ray" or a plugin's.
        options: of the executor: {"partition": "gpu"}, or ["partition=gpu"].
        workers: how many trials may run at once.
        time_limit: seconds that a trial may take; then it fails, and keeps its checkpoint.
        retries: how often a trial is tried again whose worker died.
        device: "cpu", "cuda" or "cuda:1".
        processes: how many share the training of a trial, each with its part of every batch.
        predictions: whether to keep every answer to the test instances, as Parquet.
        observers: who is told how trials go, such as "tensorboard"; none of them can fail a trial.
        threads: of torch within one operation; by default torch's choice, and 1 in workers.
        plugins: those that are one Python file each.
        progress: whether to print how it goes: bars on a terminal, else (in a notebook) lines.

    Raises:
        SuiteError, UnknownName, PluginError: the suite is wrong; every fault is listed.
        ExecutorError, Unsupported, DeviceError: it cannot run so here; nothing has run.
        StoreError: the folder cannot be written.
        KeyboardInterrupt: it was stopped; everything finished is kept.
    """
    from rich.console import Console

    from nar_bench.plugin.registry import registry_with
    from nar_bench.runner.progress import Silent, reporter
    from nar_bench.runner.run import prepare, run_prepared

    if retry not in (None, "failed"):
        from nar_bench.errors import UnknownName

        raise UnknownName("retry", retry, ["failed"])
    registry_with(plugins)
    prepared = prepare(suite, out, set, only)
    run_prepared(
        prepared,
        executor=executor,
        options=options,
        workers=workers,
        time_limit=time_limit,
        retries=retries,
        device=device,
        threads=threads,
        retry_failed=retry == "failed",
        predictions=predictions,
        processes=processes,
        observers=observers,
        make_reporter=lambda trials: reporter(trials, Console()) if progress else Silent(),
    )
    return prepared.store.path


def status(folder: str | Path) -> Status:
    """Return what goes on in a results folder, and what is done, failed and left; no runner is disturbed.

    Raises:
        StoreError: there is no results folder at `folder`.
    """
    from nar_bench.runner.status import status as status_of

    return status_of(Path(folder))


def load_results(
    folder: str | Path,
    *,
    sql: str | None = None,
    only: Iterable[str] = (),
    metrics: Iterable[str] = (),
    sizes: Iterable[int] = (),
    points: Iterable[str] = (),
) -> pyarrow.Table:
    """Return the scores in a results folder, one row per trial, algorithm, shift point, size and metric.

    Columns: trial, suite, algorithm, processor, regime, seed, size, metric, value, and others.
    Metric `score` is the reference's (mean over outputs).

    Args:
        folder: the results folder.
        sql: a question to ask instead (DuckDB); tables `scores` and `records`.
        only: names of algorithms, processors, regimes or similarities; a score has to match one of each kind named.
        metrics: names of metrics; by default all.
        sizes: problem sizes.
        points: names of shift points.

    Raises:
        StoreError: there is no results folder at `folder`.
        QueryError: the question cannot be answered, or a name is one that no score has.
    """
    from nar_bench.results.query import Filter
    from nar_bench.results.table import load_table

    return load_table(Path(folder), Filter(list(only), list(metrics), list(sizes), list(points)), sql)


def compare(a: str, b: str, *folders: str | Path, size: int | None = None, metric: str = "score") -> Comparison:
    """Compare two methods seed by seed, by the records of one or two results folders.

    Args:
        a, b: names as tables print them ("mpnn (hints)") or their first parts with slashes ("mpnn/hints"); without
            `folders`, results folders that hold one method each.
        folders: where the methods are; of two, a is in the first and b in the second.
        size: problem size; by default the largest that both have, of each algorithm.
        metric: one of which more is better.

    Returns:
        every difference, intervals and p values; `.verdict` says it in words, `.left_out` names what is not compared.

    Raises:
        StoreError, UnknownName: no such folder or method.
        StatisticsError: a name fits several methods, or the two have nothing in common.
    """
    from nar_bench.statistics.comparison import compare as compare_named

    return compare_named(a, b, *folders, size=size, metric=metric)


def rank(folder: str | Path, *, size: int | None = None, metric: str = "score", solved: float = 0.99) -> list[Standing]:
    """Rank all methods of a results folder, each suite version by itself.

    Args:
        folder: the results folder.
        size: problem size; by default the largest that all methods of an algorithm have.
        metric: a share in [0, 1], of which more is better.
        solved: the value from which a seed has solved an algorithm.

    Returns:
        rank intervals and tie groups (`.ranking`), and of each line its mean, solve rate, N90 and area (`.lines`).

    Raises:
        StoreError: there is no results folder at `folder`.
        StatisticsError: it has no scores that can be ranked.
    """
    from nar_bench.statistics.standing import standings

    return standings(Path(folder), size=size, metric=metric, solved_from=solved)


def align(suite: str | Path, out: str | Path | None = None) -> Path:
    """Make every estimate of a suite of sample complexities that is not there yet, and return the folder.

    Args:
        suite: the name of an alignment suite, or the path of a TOML file.
        out: the folder; by default runs/<suite>.

    Raises:
        SuiteError: the suite is wrong; every fault is listed.
        StoreError: the folder cannot be written.
    """
    from nar_bench.alignment.run import align as align_suite

    return align_suite(suite, out)


def sample_complexity(
    target: str, learner: str, size: int, eps: float, delta: float, unit: str = "deviation", **more: Any
) -> Complexity:
    """Estimate C_A(g, eps, delta): how many examples a learner A needs to learn a target g.

    It is the least M from which at least half of all training runs end with P_x[max_i |f_i(x) - g_i(x)| <= eps] of at
    least 1 - delta.

    Args:
        target: a registered target; `nar-bench list targets` shows them.
        learner: a registered learner.
        size: n, objects in a set.
        eps: above 0, in `unit`s.
        delta: in (0, 1).
        unit: of eps: "deviation", the standard deviation of the target's values, or "absolute".
        more: seed, an int in [0, 2^63); target_options and learner_options, by name; search, a
            `nar_bench.alignment.threshold.SearchConfig`; judging, a `nar_bench.alignment.judge.JudgeConfig`.

    Returns:
        `.value`, `.low` and `.high` of C in examples, `.state`, and the evidence in `.cells` and `.runs`; C is above
        low and at most high with probability 0.95, None where the search ended before it was bounded.

    Raises:
        UnknownName: an unknown target or learner.
        AlignmentError: something is out of range, or the learner cannot learn the target.

    Source: Xu et al. 2020, definition 3.3.
    """
    from nar_bench.alignment.run import estimate_complexity

    return estimate_complexity(target, learner, size, eps, delta, unit=unit, **more)
