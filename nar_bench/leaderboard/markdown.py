"""A board as Markdown: the same standings as its page, for a terminal or a repository."""

from __future__ import annotations

from collections.abc import Sequence

from nar_bench.leaderboard.board import Board, Row, average_names
from nar_bench.leaderboard.entries import METRICS
from nar_bench.leaderboard.reported import KINDS, Reported
from nar_bench.leaderboard.submission import STATES
from nar_bench.leaderboard.tables import span

_SHOWN = 200
"""The most methods that are listed; the page has all."""


def to_markdown(board: Board) -> str:
    """Render the board; equal records give equal bytes."""
    definition = board.definition
    parts = [f"# {_text(definition.title)}", "", _text(definition.summary), "", *_rules(board), ""]
    parts += _standings(board)
    parts += _apart(board)
    parts += _heat(board)
    parts += _reported(board)
    if board.refused:
        parts += ["## Refused", "", *(f"- {_text(one)}" for one in board.refused), ""]
    parts += ["## How to read this", ""]
    parts += [
        "- **rank** has every rank that the seeds leave open, for all methods at once (95 %); a **tie group** holds "
        "neighbours of whom no two could be told apart, which does not say that they are equal.",
        "- Intervals are over training seeds, never over test items.",
        "- **chance** is the best answer that does not look at the input; **oracle** is the algorithm itself.",
        "- **N90** is the largest size up to which 90 % of the in-distribution score is shown to be kept.",
        "- Seconds and memory can be compared only within one machine.",
        *(f"- **{metric.replace('_', ' ')}**: {what}." for metric, what in METRICS.items()),
        *(f"- **{state}**: {what}." for state, what in STATES.items()),
    ]
    return "\n".join(parts) + "\n"


def _rules(board: Board) -> list[str]:
    definition = board.definition
    by_algorithm, by_category = average_names(definition)
    pooled = by_algorithm if definition.pooling == "algorithms" else by_category
    sizes = ", ".join(map(str, definition.sizes))
    seeds = ", ".join(map(str, definition.seeds))
    names = "; ".join(f"{category} ({len(of)})" for category, of in definition.categories.items())
    return [
        f"- Suite **{_text(definition.suite.name)} {definition.suite.version}**; versions never mix.",
        f"- Ranked by **{definition.metric.replace('_', ' ')}** at n = {definition.size}, the mean over {pooled}.",
        f"- Complete: seeds {seeds} on every algorithm at n = {sizes}. What is incomplete is not ranked.",
        f"- Track **{definition.track}**: sizes above {definition.in_distribution} are out of distribution.",
        f"- {by_algorithm}: {_text(names)}.",
    ]


def _standings(board: Board) -> list[str]:
    by_algorithm, by_category = average_names(board.definition)
    ranked = [row for row in board.rows if row.rank is not None]
    header = [
        "rank", "tie groups", "method", f"mean over {by_algorithm}", f"mean over {by_category}", "95 % interval",
        "solve rate", "N90", "validity", "above chance", "state",
    ]  # fmt: skip
    lines = ["## Standings", ""]
    if not ranked:
        lines += ["No complete method yet.", ""]
    lines += [_line(header), _line(["---"] * len(header))]
    for row in ranked[:_SHOWN]:
        lines.append(
            _line(
                [
                    span(row) or "",
                    " ".join(str(group + 1) for group in row.rank.groups) if row.rank else "",
                    _method(row),
                    _number(row.averages.get(by_algorithm)),
                    _number(row.averages.get(by_category)),
                    _interval(row),
                    "-"
                    if row.solved is None
                    else f"{row.solved.value:.2f} ({row.solved.low:.2f} to {row.solved.high:.2f})",
                    str(row.reach) if row.reach else "-",
                    _number(row.means["validity"]),
                    _number(row.means["chance_corrected"]),
                    row.entry.state,
                ]
            )
        )
    chance = [_number(board.chance_means.get(name)) for name in (by_algorithm, by_category)]
    lines.append(_line(["", "", "chance", *chance, "", "", "", "", "0.000", ""]))
    lines.append(_line(["", "", "oracle", "1.000", "1.000", "", "1.00", "", "1.000", "1.000", ""]))
    if len(ranked) > _SHOWN:
        lines.append(f"\nThe first {_SHOWN} of {len(ranked)}; the page has all.")
    return [*lines, ""]


def _apart(board: Board) -> list[str]:
    apart = [row for row in board.rows if row.rank is None]
    if not apart:
        return []
    lines = ["## Apart: not ranked", ""]
    lines += [
        f"- {_text(_method(row))} — {row.standing}: {_text('; '.join(row.why[:3]))}"
        f"{f' and {len(row.why) - 3} more' if len(row.why) > 3 else ''}"
        for row in apart[:_SHOWN]
    ]
    return [*lines, ""]


def _heat(board: Board) -> list[str]:
    """Every method on every algorithm, incomplete ones too: nothing is averaged here."""
    definition = board.definition
    rows = board.rows[:20]
    if not rows:
        return []
    header = ["algorithm", "n", *(_method(row) for row in rows), "chance"]
    lines = [f"## Every algorithm: {definition.metric.replace('_', ' ')}, mean over seeds", ""]
    lines += [_line(header), _line(["---"] * len(header))]
    for name in definition.algorithms:
        size = definition.size_for(name)
        cells = [_number(row.cells[name].means[definition.metric] if name in row.cells else None) for row in rows]
        lines.append(_line([name, str(size), *cells, _number(board.chance[name].get(size))]))
    return [*lines, ""]


def _reported(board: Board) -> list[str]:
    if not board.reported:
        return []
    lines = ["## Reported", "", "Printed by others, who trained otherwise; never ranked with the methods above.", ""]
    means = [one for one in board.reported if one.kind != "algorithm"]
    if means:
        lines += _numbers("of", means, [one.name or one.kind for one in means])
        lines += [
            "",
            *(f"- {kind}: {what}" for kind, what in KINDS.items() if any(one.kind == kind for one in means)),
            "",
        ]
    single = [one for one in board.reported if one.kind == "algorithm"]
    if single:
        lines += _numbers("algorithm", single, [one.algorithm for one in single])
    return [*lines, ""]


def _numbers(of: str, numbers: Sequence[Reported], names: Sequence[str]) -> list[str]:
    header = [of, "model", "metric", "n", "score", "paper", "protocol", "source"]
    lines = [_line(header), _line(["---"] * len(header))]
    for one, name in zip(numbers, names, strict=True):
        score = f"{one.score} ({one.spread_is})" if one.spread_is else one.score
        at = f"{one.size}" if one.point == "own" else f"{one.size}, {one.point}"
        lines.append(
            _line([name, one.model, one.metric.replace("_", " "), at, score, one.paper, one.protocol, one.source])
        )
    return lines


def _method(row: Row) -> str:
    return f"{row.entry.method} · {row.entry.submission}" if row.entry.submission else row.entry.method


def _interval(row: Row) -> str:
    if row.mean is None or row.mean.low is None or row.mean.high is None:
        return "-"
    return f"{row.mean.low:.3f} to {row.mean.high:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(_text(cell) for cell in cells) + " |"


def _text(value: str) -> str:
    """Keep a value from being read as Markdown or HTML."""
    escaped = (
        value.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "\\|")
    )
    for sign in "[]`*":
        escaped = escaped.replace(sign, f"\\{sign}")
    return " ".join(escaped.split())
