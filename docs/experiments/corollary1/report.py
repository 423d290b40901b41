"""Make every table and figure of corollary1.md from the records beside it.

python docs/experiments/corollary1/report.py
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from collect import read_records

from nar_bench.alignment.exponents import Exponent
from nar_bench.alignment.report import bound_picture, complexity_pictures, growth_verdict, ratio_pictures
from nar_bench.alignment.study import Row, Study, study

HERE = Path(__file__).parent
PAGE = HERE.parent / "corollary1.md"


def studies() -> dict[str, Study]:
    """Return the study of each suite: what they share in options would else be told apart by nothing."""
    records = read_records()
    suites = sorted({record.suite.name for record in records})
    return {name: study(one for one in records if one.suite.name == name) for name in suites}


def exponent(fit: Exponent | None) -> str:
    """Say an exponent with its interval."""
    return "not known" if fit is None else f"**{fit.value:.2f}** [{fit.low:.2f}, {fit.high:.2f}]"


def complexities(made: dict[str, Study]) -> str:
    """C by n and learner."""
    rows = made["corollary1"].rows
    sizes, learners = sorted({row.size for row in rows}), sorted({row.by for row in rows})
    found: dict[tuple[str, int], Row] = {(row.by, row.size): row for row in rows}
    lines = ["| examples needed | " + " | ".join(f"n = {n}" for n in sizes) + " |", "| --- " * (len(sizes) + 1) + "|"]
    for by in learners:
        cells = [found[by, n].told if (by, n) in found else "" for n in sizes]
        lines.append(f"| {by} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ratios(made: dict[str, Study]) -> str:
    """The ratios and their exponents."""
    lines = ["| ratio | by n | exponent in n | n² |", "| --- | --- | --- | --- |"]
    for one in made["corollary1"].ratios:
        points = ", ".join(f"{n}: {value:.2f}" for n, value in one.points)
        inside = "" if one.exponent is None else "within" if one.exponent.holds(2) else "outside"
        lines.append(f"| {one.of} / {one.by} | {points} | {exponent(one.exponent)} | {inside} |")
    return "\n".join(lines)


def growths(made: dict[str, Study]) -> str:
    """Exponents of the perceptron's limit on polynomials."""
    lines = ["| with | C | measured | Theorem 1 | |", "| --- | --- | --- | --- | --- |"]
    for one in made["theorem1"].growths:
        points = ", ".join(f"{x:g}: {y:.0f}" for x, y in one.points)
        predicted = "" if one.predicted is None else f"{one.predicted:.2f}"
        lines.append(f"| {one.factor} | {points} | {exponent(one.exponent)} | {predicted} | {growth_verdict(one)} |")
    return "\n".join(lines)


def bound(made: dict[str, Study]) -> str:
    """How well the bound predicts."""
    fit = made["theorem1"].bound
    if fit is None:
        return "Not known."
    better = "better" if fit.factor < fit.plain_factor else "no better"
    return (
        f"Over {fit.count} estimates, on those that the constant was not fitted on, the bound is off by a factor of "
        f"{fit.factor:.2f}; the mean of the others, which knows nothing, by {fit.plain_factor:.2f}. As a prediction it "
        f"is {better}. As a bound, with the greatest constant that one half needs, it covers {100 * fit.covered:.0f} % "
        "of the other half."
    )


def alignments(made: dict[str, Study]) -> str:
    """Claims beside measurements, and networks of which nothing is claimed."""
    lines = ["| learned | network | modules | n max C_i | C of the network | |", "| --- " * 6 + "|"]
    if "bellman_ford-modules" not in made:
        return "It has not been run yet."
    found = made["bellman_ford-modules"]
    for one in found.alignments:
        modules = "; ".join(f"{role} = {row.what}: {row.told}" for role, row in one.modules)
        network = one.network
        lines.append(f"| {network.what} | {network.by} | {modules} | {one.sum_told} | {network.told} | {one.verdict} |")
    claimed = {one.network.estimate for one in found.alignments}
    learned = {one.network.what for one in found.alignments}
    for row in found.rows:
        if row.what in learned and row.estimate not in claimed:
            lines.append(f"| {row.what} | {row.by} | none are claimed | | {row.told} | |")
    return "\n".join(lines)


def board(made: dict[str, Study]) -> str:
    """Examples that processors need to learn an algorithm."""
    if "samples-needed" not in made:
        return "It has not been run yet."
    lines = ["| algorithm | processor and regime | test n | examples needed | runs |", "| --- " * 5 + "|"]
    for row in made["samples-needed"].board:
        lines.append(f"| {row.what} | {row.by} | {row.size} | {row.told} | {row.runs} |")
    return "\n".join(lines)


def cost(made: dict[str, Study]) -> str:
    """How many runs it took."""
    lines = []
    for name, one in made.items():
        rows = [*one.rows, *one.board]
        runs = sum(row.runs for row in rows)
        lines.append(f"- {name}: {len(rows)} estimates, {runs} training runs; source {', '.join(one.commits)}.")
    return "\n".join(lines)


TABLES: dict[str, Callable[[dict[str, Study]], str]] = {
    "complexities": complexities,
    "ratios": ratios,
    "growths": growths,
    "bound": bound,
    "alignments": alignments,
    "board": board,
    "cost": cost,
}


def filled(page: str, made: dict[str, Study]) -> str:
    """Return the page with every table made anew."""
    return re.sub(
        r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{TABLES[match[2]](made)}\n\n{match[3]}",
        page,
        flags=re.DOTALL,
    )


def figures(made: dict[str, Study]) -> dict[str, str]:
    """Return file name -> SVG."""
    (complexity,) = complexity_pictures(made["corollary1"], alone=True)
    drawn = {"complexity.svg": complexity.svg}
    for one in ratio_pictures(made["corollary1"], alone=True):
        drawn["ratio.svg"] = one.svg
    if theorem := bound_picture(made["theorem1"], alone=True):
        drawn["theorem1.svg"] = theorem.svg
    return drawn


def main() -> None:
    """Write the page and its figures."""
    made = studies()
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    for name, text in figures(made).items():
        (HERE / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
