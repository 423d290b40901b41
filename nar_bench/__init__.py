"""nar-bench: the benchmark suite for neural algorithmic reasoning.

The public Python API; stable from version 0.1. Everything heavy is imported when it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

    from nar_bench.alignment.complexity import Complexity
    from nar_bench.plugin.contracts import Algorithm
    from nar_bench.statistics.comparison import Comparison
    from nar_bench.trajectory import Batch

__version__ = "0.1.0"
__all__ = ["algorithm", "align", "compare", "generate", "load_results", "run", "sample_complexity"]


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


def run(suite: str | Path, out: str | Path | None = None, device: str = "cpu") -> Path:
    """Run every trial of a suite that has no result yet, and return the results folder.

    Args:
        suite: a suite's name, or the path of a TOML file.
        out: the results folder; by default runs/<suite>.
        device: "cpu", "cuda" or "cuda:1".

    Raises:
        SuiteError: the suite is wrong; every fault is listed.
        DeviceError: there is no such device.
        StoreError: the folder cannot be written.
    """
    from nar_bench.runner.run import run_suite

    return run_suite(suite, out=out, device=device)


def load_results(path: str | Path) -> pyarrow.Table:
    """Return every score in a results folder, one row per trial, size and metric.

    Columns: trial, suite, algorithm, processor, regime, seed, size, metric, value, and others.
    Metric `score` is the reference's (mean over outputs).

    Raises:
        StoreError: there is no results folder at `path`.
    """
    from nar_bench.results.table import load_table

    return load_table(Path(path))


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
