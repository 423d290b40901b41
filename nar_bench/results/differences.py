"""What tells trials apart that have one name: the options in which they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from nar_bench.results.record import Used

Path = tuple[str, ...]
"""Where a setting stands: section, name."""


class Described(Protocol):
    """A trial, or the record of one."""

    @property
    def algorithms(self) -> Sequence[Used]:
        """One, or several that share a processor."""
        ...

    @property
    def processor(self) -> Used:
        """Their processor."""
        ...

    @property
    def similarity(self) -> Used | None:
        """What scores ideas, where they are contrasted."""
        ...

    @property
    def similar_inputs(self) -> Sequence[Used]:
        """One for each algorithm, or none."""
        ...

    @property
    def config(self) -> dict[str, Any]:
        """Every option."""
        ...


class Named(NamedTuple):
    """A trial with what a person would call it."""

    method: Hashable
    algorithm: Hashable
    trial: Described


def settings_of(trial: Described) -> dict[Path, object]:
    """Return everything that defines a trial but for its suite, regime and seed; equal trials have equal settings."""
    return {
        **dict(flat(trial.config)),
        ("trained", "algorithms"): [one.name for one in trial.algorithms],
        ("similar", "similar_inputs"): [one.name for one in trial.similar_inputs],
        **{path: value for one in components_of(trial) for path, value in _versions(one)},
    }


def components_of(trial: Described) -> list[Used]:
    """Return every component of a trial: algorithms, processor, similarity if it has one, similar inputs."""
    found = [*trial.algorithms, trial.processor, trial.similarity, *trial.similar_inputs]
    return [one for one in found if one is not None]


def told_apart(named: Sequence[Named]) -> list[str]:
    """Return for each trial the settings that tell it from others of its name, such as "hidden=16, lstm=trained".

    These are the ones in which any two trials of one method and algorithm differ. They are told of every trial of the
    method, on whichever algorithm, so that a method is called the same everywhere; but a value that more than half of
    the method's kinds of trials have is the usual one and is not told. "" where there is nothing to tell.
    """
    texts = [""] * len(named)
    methods: dict[Hashable, list[int]] = {}
    for place, one in enumerate(named):
        methods.setdefault(one.method, []).append(place)
    for places in methods.values():
        if len({named[place].algorithm for place in places}) == len(places):
            continue  # each has a name of its own
        for place, text in zip(places, _of_method([named[place] for place in places]), strict=True):
            texts[place] = text
    return texts


def told_from(trial: Described, usual: Mapping[str, Mapping[str, object]]) -> str:
    """Return the options of a trial that are not the usual ones, as `told_apart` writes them.

    Args:
        usual: by section and name; options that are not named do not count.
    """
    paths = [(section, name) for section, options in usual.items() for name in options]
    settings = {path: value for path, value in flat(trial.config) if path in paths}
    differ = sorted(
        (path for path, value in settings.items() if _told(value) != _told(usual[path[0]][path[1]])),
        key=lambda path: path[-1],
    )
    return ", ".join(f"{_name(path, paths)}={_told(settings[path])}" for path in differ)


def _of_method(named: Sequence[Named]) -> list[str]:
    settings = [settings_of(one.trial) for one in named]
    differ: dict[Path, None] = {}
    for algorithm in dict.fromkeys(one.algorithm for one in named):
        alike = [found for one, found in zip(named, settings, strict=True) if one.algorithm == algorithm]
        for path in sorted({path for one in alike for path in one}):
            # Which components a trial has is told by their names, so of one that it has not there is no version.
            having = [one for one in alike if path in one or path[0] != "components"]
            if len({_told(one.get(path)) for one in having}) > 1:
                differ[path] = None
    values = [{path: _told(one.get(path)) for path in differ} for one in settings]
    kinds = [dict(kind) for kind in dict.fromkeys(tuple(one.items()) for one in values)]
    usual = {path: _usual([kind[path] for kind in kinds]) for path in differ}
    texts = []
    for one, has, own in zip(named, settings, values, strict=True):
        names = [used.name for used in one.trial.algorithms]
        # What a suite sets for one algorithm says nothing of a trial of others, nor does another component's version.
        alien = [path for path in differ if path[0] == "components" and path not in has]
        alien += [path for path in differ if path[0] == "algorithms" and path[1] not in names]
        told = [path for path in differ if path not in alien]
        texts.append(", ".join(f"{_name(path, differ)}={own[path]}" for path in told if own[path] != usual[path]))
    return texts


def _usual(values: Sequence[str]) -> str | None:
    value, count = Counter(values).most_common(1)[0]
    return value if 2 * count > len(values) else None


def _name(path: Path, others: Collection[Path]) -> str:
    """Return the last part, with the one before it where it alone would be ambiguous."""
    alone = [other[-1] for other in others].count(path[-1]) == 1
    return path[-1] if alone else ".".join(path[-2:])


def _told(value: object) -> str:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return " + ".join(value)
    return "unset" if value is None else str(value)


def _versions(used: Used) -> Iterator[tuple[Path, object]]:
    yield ("components", f"{used.id} version"), used.version
    yield ("components", f"{used.id} source"), used.source_hash
    if used.around:
        yield from _versions(used.around)


def flat(values: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield the leaves of nested tables, each with where it stands."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, (*above, key))
        else:
            yield (*above, key), value
