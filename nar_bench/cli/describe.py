"""`nar-bench describe`: what algorithms read, show and return, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from nar_bench.cli.options import with_plugins

if TYPE_CHECKING:
    from nar_bench.plugin.contracts import Algorithm
    from nar_bench.spec import Feature


@click.command("describe")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Describe every algorithm that comes with nar-bench.")
@with_plugins
def command(names: tuple[str, ...], everything: bool) -> None:
    """Describe the algorithms NAMES: inputs, hints, outputs, shift axes, similar inputs, known leaks."""
    from nar_bench.plugin.contracts import Kind
    from nar_bench.plugin.registry import registry

    if not names and not everything:
        raise click.UsageError(
            "name the algorithms to describe, or give --all. What is there: nar-bench list algorithms"
        )
    plugins = registry()
    if everything:
        entries = [entry for entry in plugins.entries(Kind.ALGORITHM) if entry.source.is_own]
        click.echo("# Algorithms\n\nMade from the specs by `nar-bench describe --all`.\n")
    else:
        entries = [plugins.find(Kind.ALGORITHM, name) for name in names]
    similar = [entry.load() for entry in plugins.entries(Kind.SIMILAR_INPUT) if entry.source.is_own or not everything]
    for entry in entries:
        algorithm: Algorithm = entry.load()
        named = [f"`{one.name}` ({one.invariant})" for one in similar if algorithm.name in one.algorithms]
        click.echo("\n".join(_lines(algorithm, entry.summary, named)) + "\n")


def _lines(algorithm: Algorithm, summary: str, similar: list[str]) -> Iterator[str]:
    """Yield the Markdown of one algorithm."""
    from nar_bench.data.generate import shift_axes

    spec = algorithm.spec
    yield f"## {algorithm.name}\n"
    yield f"{summary[:1].upper()}{summary[1:]}. Version {algorithm.version}, {spec.layout} layout.\n"
    yield f"Source: {algorithm.source}.\n"
    for title, features in (("Inputs", spec.inputs), ("Hints", spec.hints), ("Outputs", spec.outputs)):
        yield f"- {title}: {', '.join(_feature(algorithm, one) for one in features)}"
    axes = []
    for axis, default in shift_axes(algorithm).items():
        words = algorithm.words.get(axis)
        axes.append(f"`{axis}` = {words[int(default or 0)] if words else f'{default:g}'}")
        if words:
            axes[-1] += f" (of {', '.join(words)})"
        elif axis in algorithm.ranges:
            low, high = algorithm.ranges[axis]
            axes[-1] += f" (from {low:g} to {high:g})"
    yield f"- Shift axes: {'; '.join([*axes, '`positions` = ordered (of ordered, random)'])}"
    if algorithm.training:
        yield f"- Training: {'; '.join(f'`{axis}` = {_value(value)}' for axis, value in algorithm.training.items())}"
    if algorithm.growth is not None:
        yield f"- Number of hints: about n^{algorithm.growth:g} from n = 16 to 64"
    if similar:
        yield f"- Similar inputs: {', '.join(similar)}"
    for title, notes in (
        ("Last hint is not the output", algorithm.loose_ends),
        ("First hint gives away", algorithm.leaks),
        ("Nearly constant", algorithm.shallow),
    ):
        for name, reason in notes.items():
            yield f"- {title}: `{name}`: {reason}"


def _feature(algorithm: Algorithm, feature: Feature) -> str:
    classes = f" of {feature.classes}" if feature.classes else ""
    note = ", given" if feature.given else ", derived if left out" if feature.name in algorithm.derive else ""
    return f"`{feature.name}` ({feature.location} {feature.type}{classes}{note})"


def _value(value: object) -> str:
    return ", ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else str(value)
