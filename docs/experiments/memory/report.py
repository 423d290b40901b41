"""Make the tables and figures of docs/experiments/memory.md from the records beside this file.

    .venv/bin/python docs/experiments/memory/report.py

It writes everything between `<!-- table: NAME -->` and the next `<!-- end -->` of the page, and every SVG file here.
"""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from collect import HERE, IDEAS, method_of, read_records
from figures import draw_curves, draw_differences

from nar_bench.results.record import OWN_POINT, Record
from nar_bench.statistics.estimate import Estimate, mean_over_seeds
from nar_bench.statistics.holm import holm
from nar_bench.statistics.mean_difference import on_these_algorithms, with_shared_seeds

PAGE = HERE.parent / "memory.md"
SIZES = (16, 32, 64, 128)
SUITES = {"memory-study": 585, "memory-study-together": 25, "memory-study-ablations": 210}
"""Trials of each; 15 more of the ablations are trials of memory-study."""

HINTS, NO_HINTS, AUGMENTED, NODES = (
    f"mpnn ({regime})" for regime in ("hints", "no_hints", "augmented", "node_contrast")
)
MEMORY, LOSS, LOSS_AND_HINTS = (
    f"memory_mpnn ({regime})" for regime in ("augmented", "memory, dot", "memory_and_hints, dot")
)
ARMS = {
    HINTS: "hints",
    NO_HINTS: "no hints",
    AUGMENTED: "no hints, augmented",
    NODES: "no hints, nodes contrasted",
    MEMORY: "memory without the loss",
    LOSS: "memory with the loss",
    LOSS_AND_HINTS: "memory with the loss, and hints",
}
COMPARISONS = {
    "the loss, added to the memory": (LOSS, MEMORY),
    "the memory, added to augmentation": (MEMORY, AUGMENTED),
    "the method against plain augmentation": (LOSS, AUGMENTED),
    "the method against contrasted nodes": (LOSS, NODES),
    "the method against no hints": (LOSS, NO_HINTS),
    "the method against hints": (LOSS, HINTS),
    "the method with hints against hints": (LOSS_AND_HINTS, HINTS),
    "contrasted nodes against augmentation": (NODES, AUGMENTED),
    "augmentation against no hints": (AUGMENTED, NO_HINTS),
    "hints against no hints": (HINTS, NO_HINTS),
}
PHI = ("dot", "length_normalised", "cosine", "bilinear", "rbf", "negative_squared_distance", "soft_dtw")
TOGETHER = ", 9 together"

Cells = Mapping[tuple[str, str, int], Mapping[int, float]]
"""(method, algorithm, size) -> seed -> score."""


def cells_of(records: Iterable[Record]) -> Cells:
    """Return every score of every seed.

    Raises:
        ValueError: a seed is there twice, as where a folder holds trials of an earlier protocol too.
    """
    cells: dict[tuple[str, str, int], dict[int, float]] = defaultdict(dict)
    for record in records:
        for score in record.scores if record.state == "done" else ():
            if score.metric == "score" and score.point == OWN_POINT:
                cell = method_of(record), score.algorithm, score.size
                if record.seed in cells[cell]:
                    raise ValueError(f"seed {record.seed} is there twice: {cell}, trial {record.trial} and another.")
                cells[cell][record.seed] = score.value
    return cells


def algorithms_of(cells: Cells, methods: Iterable[str], size: int) -> list[str]:
    """Return the algorithms that any of some methods was measured on."""
    methods = set(methods)
    return sorted({name for method, name, n in cells if method in methods and n == size})


def differences(cells: Cells, method: str, other: str, size: int) -> dict[str, list[float]]:
    """Return by algorithm the difference of each seed that both methods have."""
    made = {}
    for name in algorithms_of(cells, [method], size):
        ours, theirs = cells[method, name, size], cells.get((other, name, size), {})
        if both := sorted(set(ours) & set(theirs)):
            made[name] = [ours[seed] - theirs[seed] for seed in both]
    return made


def scores_table(cells: Cells, size: int) -> str:
    """Every arm on every algorithm, mean over seeds with the half width of its t interval."""
    names = algorithms_of(cells, ARMS, size)
    rows = []
    for method, arm in ARMS.items():
        found = [list(cells.get((method, name, size), {}).values()) for name in names]
        if any(found):
            means = [statistics.fmean(values) for values in found if values]
            mean = f"**{100 * statistics.fmean(means):.1f}**" if all(found) else ""
            rows.append([arm, *(_spread(values) if values else "" for values in found), mean])
    return _table([f"n = {size}", *(name.replace("_", " ") for name in names), "mean"], rows)


def progress_table(records: Sequence[Record]) -> str:
    """How many trials of each suite there are."""
    counts = Counter((record.suite.name, record.state) for record in records)
    rows = [[suite, str(counts[suite, "done"]), str(counts[suite, "failed"]), str(of)] for suite, of in SUITES.items()]
    return _table(["suite", "trials done", "failed", "of"], rows)


def comparisons_table(cells: Cells, comparisons: Mapping[str, tuple[str, str]], *, shared: bool = False) -> str:
    """The mean difference over algorithms with its interval, and on how many algorithms it is clear.

    Args:
        shared: whether the algorithms of a seed share a network.
    """
    rows = []
    for told, (method, other) in comparisons.items():
        row = [told]
        for size in SIZES:
            found = differences(cells, method, other, size)
            row.append(_difference(found, shared=shared) if found else "")
        if any(row[1:]):
            rows.append(row)
    return _table(["", *(f"n = {size}" for size in SIZES)], rows)


def means_table(cells: Cells, methods: Mapping[str, str], against: str, label: str) -> str:
    """The mean score of some methods over their algorithms, and the difference to one of them."""
    rows = []
    for method, told in methods.items():
        row = [told]
        for size in SIZES:
            names = algorithms_of(cells, [method], size)
            if not names or names != algorithms_of(cells, methods, size):
                row.append("")  # a mean over fewer algorithms is none that the others' could be compared with
                continue
            mean = statistics.fmean(statistics.fmean(cells[method, name, size].values()) for name in names)
            found = differences(cells, method, against, size) if method != against else {}
            row.append(f"{100 * mean:.1f}" + (f" ({_interval(_over(found))})" if found else ""))
        if any(row[1:]):
            rows.append(row)
    return _table([label, *(f"n = {size}" for size in SIZES)], rows)


def ablations(cells: Cells) -> dict[str, str]:
    """Return the methods that differ from the plain formula in one option, by what they are called."""
    return {method: method[len(LOSS) + 2 : -1] for method, _, _ in cells if method.startswith(f"{LOSS} [")}


def found_table(ideas: Sequence[Mapping[str, Any]]) -> str:
    """How often the similar input has the greatest s of all inputs."""

    def share(method: str, name: str, vectors: str) -> str:
        found = [row for one in ideas if one["method"] == method for row in one["found"]]
        values = [row[vectors] for row in found if row["algorithm"] == name]
        return f"{100 * statistics.fmean(values):.0f}" if values else ""

    names = sorted({row["algorithm"] for one in ideas for row in one["found"]})
    asked = ((LOSS, "chance"), (LOSS, "untrained"), (MEMORY, "trained"), (LOSS, "trained"))
    rows = [[name.replace("_", " "), *(share(method, name, vectors) for method, vectors in asked)] for name in names]
    return _table(["algorithm", "chance", "untrained", "without the loss", "with the loss"], rows)


def probes_table(ideas: Sequence[Mapping[str, Any]]) -> str:
    """How well hints are read from ideas, by measure and method: the mean over hints and seeds."""
    rows = []
    for measure in ("share right", "R2"):
        for method, told in ((MEMORY, ARMS[MEMORY]), (LOSS, ARMS[LOSS])):
            probed = [
                row for one in ideas if one["method"] == method for row in one["probed"]
                if row["measure"] == measure and not row["summary"]
            ]  # fmt: skip
            if probed:
                means = [f"{statistics.fmean(max(row[v], -1.0) for row in probed):.3f}" for v in VECTORS]
                rows.append([measure, told, str(len({(row["algorithm"], row["hint"]) for row in probed})), *means])
    return _table(["measure", "network", "hints", *VECTORS], rows)


VECTORS = ("chance", "step", "inputs", "untrained", "trained")
RELATED = ({"bfs", "bellman_ford"}, {"dijkstra", "mst_prim"})


def alignment_table(ideas: Sequence[Mapping[str, Any]]) -> str:
    """CKA of two algorithms' ideas on equal inputs: related pairs and others."""
    rows = []
    for method in sorted({one["method"] for one in ideas}):
        row = [method]
        for related in (True, False):
            for vectors in ("untrained", "trained"):
                seeds = []
                for one in ideas:
                    pairs = [pair for pair in one["aligned"] if one["method"] == method and pair[vectors] is not None]
                    values = [
                        pair[vectors]
                        for pair in pairs
                        if ({pair["inputs_of"], pair["algorithm"]} in RELATED) == related
                    ]
                    if values:
                        seeds.append(statistics.fmean(values))
                row.append(_spread(seeds, 1, 2) if seeds else "")
        if any(row[1:]):
            rows.append(row)
    return _table(["network", "related, untrained", "related, trained", "others, untrained", "others, trained"], rows)


def _over(found: Mapping[str, Sequence[float]], *, shared: bool = False) -> Estimate:
    return with_shared_seeds(found) if shared else on_these_algorithms(found)


def _difference(found: Mapping[str, Sequence[float]], *, shared: bool) -> str:
    each = [mean_over_seeds(values) for values in found.values()]
    tested = [one for one in each if one.p is not None]
    clear = [one.value for one, p in zip(tested, holm([one.p or 0.0 for one in tested]), strict=True) if p < 0.05]
    up, down = sum(value > 0 for value in clear), sum(value < 0 for value in clear)
    return f"{_interval(_over(found, shared=shared))}; {up} up, {down} down of {len(found)}"


def _interval(made: Estimate) -> str:
    if made.low is None or made.high is None:
        return f"{100 * made.value:+.1f}"
    told = f"{100 * made.value:+.1f} [{100 * made.low:+.1f}, {100 * made.high:+.1f}]"
    return f"**{told}**" if made.differs_from_zero else told


def _spread(values: Sequence[float], scale: float = 100, digits: int = 1) -> str:
    made = mean_over_seeds(values)
    half = f" ± {scale * (made.high - made.value):.{digits}f}" if made.low is not None and made.high is not None else ""
    return f"{scale * made.value:.{digits}f}{half}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def tables(records: Sequence[Record], ideas: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[], str]]:
    """Return what makes each table of the page."""
    cells = cells_of(records)
    together = {f"{method[:-1]}{TOGETHER})": arm for method, arm in ARMS.items()}
    across = f"{LOSS[:-1]}{TOGETHER}) [across=True, positives=similar_input+related_algorithm]"
    together[across] = "memory with one loss across algorithms"
    base = f"{MEMORY[:-1]}{TOGETHER})"
    joint = {
        "the loss, added to the memory": (f"{LOSS[:-1]}{TOGETHER})", base),
        "one loss across algorithms, added to the memory": (across, base),
        "one loss across algorithms against one each": (across, f"{LOSS[:-1]}{TOGETHER})"),
        "the method against hints": (f"{LOSS[:-1]}{TOGETHER})", f"{HINTS[:-1]}{TOGETHER})"),
    }
    apart = {f"{arm}: together against apart": (f"{method[:-1]}{TOGETHER})", method) for method, arm in ARMS.items()}
    phi = {f"memory_mpnn (memory, {name})": name for name in PHI}
    changed = {LOSS: "the plain formula"} | ablations(cells)
    return {
        **{f"scores-{size}": lambda size=size: scores_table(cells, size) for size in SIZES},  # type: ignore[misc]
        "progress": lambda: progress_table(records),
        "comparisons": lambda: comparisons_table(cells, COMPARISONS),
        "phi": lambda: means_table(cells, {MEMORY: "no loss", **phi}, MEMORY, "phi"),
        "together": lambda: means_table(cells, together, base, "nine algorithms together"),
        "together-comparisons": lambda: comparisons_table(cells, joint | apart, shared=True),
        "ablations": lambda: means_table(_only(cells, changed), changed, LOSS, "changed"),
        "found": lambda: found_table(ideas),
        "probes": lambda: probes_table(ideas),
        "alignment": lambda: alignment_table(ideas),
    }


def _only(cells: Cells, methods: Iterable[str]) -> Cells:
    """Keep the algorithms that every one of some methods has, so that their means are over the same ones."""
    methods = list(methods)
    kept = set.intersection(*({name for at, name, _ in cells if at == method} for method in methods))
    return {key: values for key, values in cells.items() if key[1] in kept}


def filled(page: str, made: Mapping[str, Callable[[], str]]) -> str:
    """Return the page with every table made anew.

    Raises:
        KeyError: the page names a table that there is none of.
    """
    return re.sub(
        r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{made[match[2]]()}\n\n{match[3]}",
        page,
        flags=re.DOTALL,
    )


def main() -> None:
    """Write the page and its figures."""
    records, ideas = read_records(), json.loads(IDEAS.read_text(encoding="utf-8"))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), tables(records, ideas)), encoding="utf-8")
    cells = cells_of(records)
    draw_curves(cells, ARMS, SIZES, HERE / "curves.svg")
    pairs = {told: COMPARISONS[told] for told in list(COMPARISONS)[:3]}
    found = {told: {n: differences(cells, *pair, n) for n in SIZES} for told, pair in pairs.items()}
    draw_differences(found, HERE / "differences.svg")


if __name__ == "__main__":
    main()
