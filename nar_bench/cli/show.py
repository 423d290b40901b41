"""`nar-bench show`: one run of one algorithm, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from nar_bench.cli.options import shift_option, with_plugins

if TYPE_CHECKING:
    from nar_bench.spec import Feature
    from nar_bench.trajectory import Array, Trajectory

_CHANGES = 10
"""Cells of a feature on edges that are listed for one step."""


@click.command("show")
@click.argument("algorithm")
@click.option("--size", default=8, show_default=True, help="Problem size n.")
@click.option("--seed", default=0, show_default=True, help="Seed of the instance.")
@shift_option
@click.option("--steps", default=0, metavar="N", help="Show the first N steps only.")
@with_plugins
def command(algorithm: str, size: int, seed: int, shifts: dict[str, Any], steps: int) -> None:
    """Show one instance of ALGORITHM and every step of its run.

    A node is a column. What changed since the step before is marked with *, on a terminal also by colour.
    """
    import nar_bench
    from nar_bench.plugin.contracts import Kind
    from nar_bench.plugin.registry import registry

    made = registry().load(Kind.ALGORITHM, algorithm)
    run = nar_bench.generate(algorithm, size, 1, seed, **shifts)[0]
    click.echo(
        f"{click.style(made.name, bold=True)}, size {size}, seed {seed}: {run.length} step{'s' * (run.length > 1)}"
    )
    click.echo(f"{made.source}\n")
    for line in _legend(run):
        click.echo(line)
    click.echo(f"\n{click.style('input', bold=True)}")
    for line in _table(run, run.spec.inputs, run.inputs, None):
        click.echo(line)
    shown = min(steps or run.length, run.length)
    for t in range(shown):
        click.echo(f"\n{click.style(f'step {t}', bold=True)}")
        now = {name: column[t] for name, column in run.hints.items()}
        before = {name: column[t - 1] for name, column in run.hints.items()} if t else None
        for line in _table(run, run.spec.hints, now, before):
            click.echo(line)
    if shown < run.length:
        click.echo(f"\n... {run.length - shown} more steps")
    click.echo(f"\n{click.style('output', bold=True)}")
    for line in _table(run, run.spec.outputs, run.outputs, None):
        click.echo(line)


def _nodes(run: Trajectory) -> int:
    from nar_bench.spec import Location

    for columns, features in ((run.inputs, run.spec.inputs), (run.outputs, run.spec.outputs)):
        for feature in features:
            if feature.location is Location.NODE:
                return len(columns[feature.name])
    return len(next(iter(run.inputs.values())))


def _legend(run: Trajectory) -> Iterator[str]:
    """Say how the types at hand are written."""
    from nar_bench.spec import Location, Type

    present = {feature.type for feature in run.spec.features}
    words = {
        Type.MASK: "masks: 1 is +, 0 is ., what does not count is blank",
        Type.MASK_ONE: "one node: ^ stands under it",
        Type.POINTER: "pointers: the node pointed at; . is the node itself",
        Type.PERMUTATION_POINTER: "orders: the node before; . is the first",
        Type.CATEGORICAL: "classes: their number",
    }
    yield from (words[one] for one in Type if one in words and one in present)
    if any(f.location is Location.EDGE for f in run.spec.features) or "edges" in run.inputs:
        yield "edges: u-v where both ways are alike, u>v where not; 0 and self-pointers are left out"


def _table(run: Trajectory, features: Sequence[Feature], now: Any, before: Any) -> Iterator[str]:
    """Yield the lines of one step: nodes as columns, then edges, then the graph."""
    from nar_bench.spec import Location

    nodes, graph_edges = _nodes(run), run.inputs.get("edges")
    on_nodes = [f for f in features if f.location is Location.NODE]
    rows = {f.name: _cells(f, now[f.name]) for f in on_nodes}
    width = max([len(str(nodes - 1)), *(len(cell) for cells in rows.values() for cell in cells)]) + 1
    label = max([len(f.name) for f in features] + [5])
    if on_nodes:
        yield f"  {'node':{label}} " + "".join(f"{v:>{width}} " for v in range(nodes))
    for feature in on_nodes:
        old = _cells(feature, before[feature.name]) if before is not None else rows[feature.name]
        line = ""
        for cell, past in zip(rows[feature.name], old, strict=True):
            text = f"{cell:>{width}}"
            line += click.style(f"{text}*", fg="yellow", bold=True) if cell != past else f"{text} "
        yield f"  {feature.name:{label}} {line}".rstrip()
    if "edges" in now and not any(f.location is Location.EDGE for f in features):
        yield f"  {'edges':{label}}  " + ", ".join(f"{u}-{v}" for u, v in now["edges"].tolist() if u < v)
    for feature in features:
        if feature.location is Location.EDGE:
            was = None if before is None else before[feature.name]
            yield f"  {feature.name:{label}}  {_edges(feature, now[feature.name], was, graph_edges)}"
    graph = [f for f in features if f.location is Location.GRAPH]
    for feature in graph:
        (cell,) = _cells(feature, now[feature.name][None])
        changed = before is not None and not _same(now[feature.name], before[feature.name])
        yield f"  {feature.name:{label}}  " + (
            click.style(f"{cell.strip() or '-'} *", fg="yellow", bold=True) if changed else cell.strip() or "-"
        )


def _same(one: Array, other: Array) -> bool:
    return bool((one == other).all())


def _cells(feature: Feature, values: Array) -> list[str]:
    """Return one short text for each node."""
    from nar_bench.spec import MASKED, Type

    if feature.type is Type.SCALAR:
        return [f"{value:.3g}" for value in values.tolist()]
    if feature.type is Type.MASK:
        return [{1: "+", 0: ".", MASKED: ""}[int(value)] for value in values.tolist()]
    if feature.type is Type.MASK_ONE:
        return ["^" if value else "" for value in values.tolist()]
    if feature.type is Type.CATEGORICAL:
        return ["" if row.min() < 0 else str(int(row.argmax())) for row in values]
    return ["." if target == node else str(target) for node, target in enumerate(values.tolist())]


def _edges(feature: Feature, now: Array, before: Array | None, edges: Array | None) -> str:
    """Return the entries of a feature on edges: all of an input or output, what changed in a hint."""
    cells = _edge_cells(feature, now, edges)
    if before is not None:
        old = _edge_cells(feature, before, edges)
        changed = {at: text for at, text in cells.items() if old.get(at) != text}
        gone = {at: "gone" for at in old if at not in cells}
        if not changed and not gone:
            return "unchanged"
        cells = changed | gone
    pairs = []
    for (u, v), text in cells.items():
        if u <= v and cells.get((v, u)) == text:
            pairs.append(f"{u}-{v}{text}")
        elif not (v < u and cells.get((v, u)) == text):
            pairs.append(f"{u}>{v}{text}")
    mark = "" if before is None else "* "
    more = f" and {len(pairs) - _CHANGES} more" if before is not None and len(pairs) > _CHANGES else ""
    listed = pairs[:_CHANGES] if before is not None else pairs
    return (mark + ", ".join(listed) + more) or "none"


def _edge_cells(feature: Feature, values: Array, edges: Array | None) -> dict[tuple[int, int], str]:
    """Return (u, v) -> text of the entries that say something."""
    from nar_bench.spec import Type

    if edges is None:
        places = [(u, v) for u in range(len(values)) for v in range(len(values))]
        flat = values.reshape(len(places), -1)
    else:
        places, flat = [tuple(edge) for edge in edges.tolist()], values.reshape(len(edges), -1)
    cells = {}
    for at, value in zip(places, flat, strict=True):
        if feature.type is Type.CATEGORICAL:
            text = "" if value.min() < 0 else f"={int(value.argmax())}"
        elif feature.type is Type.MASK:
            text = "" if value[0] != 1 else " "
        elif feature.type is Type.SCALAR:
            text = f"={value[0]:.3g}" if value[0] != 0 else ""
        else:
            text = f"={int(value[0])}" if int(value[0]) != at[0] else ""
        if text:
            cells[at] = text.rstrip()
    return cells
