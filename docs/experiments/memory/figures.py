"""The figures of the page, as SVG that is the same for the same records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "nar-bench", "svg.fonttype": "none", "font.size": 8})
matplotlib.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

from nar_bench.leaderboard.colours import COLOURS  # noqa: E402
from nar_bench.statistics.estimate import mean_over_seeds  # noqa: E402

Cells = Mapping[tuple[str, str, int], Mapping[int, float]]


def draw_curves(cells: Cells, arms: Mapping[str, str], sizes: Sequence[int], path: Path) -> None:
    """Score against size, a panel for each algorithm: every seed as a thin line, the mean as a thick one."""
    names = sorted({name for method, name, _ in cells if method in arms})
    columns = 3
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9, 2.4 * rows), sharey=True, squeeze=False)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, names, strict=False):
        for colour, (method, arm) in zip(COLOURS, arms.items(), strict=False):
            found = {n: cells[method, name, n] for n in sizes if cells.get((method, name, n))}
            if not found:
                continue
            for seed in sorted(set.intersection(*(set(values) for values in found.values()))):
                scores = [100 * values[seed] for values in found.values()]
                axis.plot(list(found), scores, color=colour, lw=0.4, alpha=0.6)
            means = [100 * sum(values.values()) / len(values) for values in found.values()]
            axis.plot(list(found), means, color=colour, lw=1.6, label=arm)
        axis.set_xscale("log", base=2)
        axis.set_xticks(sizes, [str(n) for n in sizes])
        axis.minorticks_off()
        axis.set_ylim(0, 101)
        axis.set_title(name.replace("_", " "), fontsize=8)
    for axis in axes[:, 0]:
        axis.set_ylabel("score, %")
    for axis in axes[-1]:
        axis.set_xlabel("size n (trained to 16)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    _save(figure, path)


def draw_differences(found: Mapping[str, Mapping[int, Mapping[str, Sequence[float]]]], path: Path) -> None:
    """The difference on each algorithm with its interval, a panel for each comparison, a mark for each size."""
    names = sorted({name for panel in found.values() for one in panel.values() for name in one}, reverse=True)
    sizes = list(dict.fromkeys(size for panel in found.values() for size in panel))
    figure, axes = plt.subplots(1, len(found), figsize=(9, 0.5 * len(names) + 1), sharey=True, squeeze=False)
    for axis, (told, panel) in zip(axes[0], found.items(), strict=True):
        axis.axvline(0, color="grey", lw=0.8)
        for place, (colour, one) in enumerate(zip(COLOURS, panel.values(), strict=False)):
            for row, name in enumerate(names):
                if name not in one:
                    continue
                made = mean_over_seeds(one[name])
                y = row + 0.3 - 0.2 * place
                axis.plot([100 * made.value], [y], "o", ms=3, color=colour)
                if made.low is not None and made.high is not None:
                    axis.plot([100 * made.low, 100 * made.high], [y, y], lw=1, color=colour)
        axis.set_title(told, fontsize=8)
        axis.set_xlabel("difference of scores, percentage points")
        axis.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    marks = [Line2D([], [], marker="o", ls="", ms=3, color=colour) for colour in COLOURS[: len(sizes)]]
    figure.legend(marks, [f"n = {size}" for size in sizes], loc="lower center", ncols=len(sizes), frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
