"""Which data a trial sees before it is measured: what its record says, and what a strict track refuses.

A size is out of distribution where it is larger than the suite's `in_distribution`; for a suite that names none, where
it is larger than all that the algorithm is trained on. So only the first can say that training saw too large sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from nar_bench.results.record import Protocol
from nar_bench.training.config import TrainConfig

STRICT = "strict"
Track = Literal["open", "strict"]


class Bounds(NamedTuple):
    """What a suite says of its protocol."""

    track: Track = "open"
    in_distribution: int | None = None
    """The largest size that training and selection may see in the strict track."""


OPEN = Bounds()
"""Of a suite that says nothing of it."""


class Sizes(NamedTuple):
    """The sizes that one algorithm is trained and selected on."""

    trained: tuple[int, ...]
    selected: tuple[int, ...]
    """Empty where the last weights are kept."""


def sizes_of(train: TrainConfig) -> Sizes:
    """Return the sizes of one algorithm's options."""
    return Sizes(train.sizes, (train.validates_at,) if train.select == "best" else ())


def strict_faults(name: str, sizes: Sizes, bound: int) -> list[tuple[str, str]]:
    """Return (option, problem) for every use of a size out of distribution; for a suite of the strict track."""
    said = f"this suite is of the strict track, where sizes above in_distribution = {bound} are for the test alone"
    found = []
    if beyond := [size for size in sizes.trained if size > bound]:
        found.append(("sizes", f"{name} would be trained at {_listed(beyond)}; {said}"))
    if beyond := [size for size in sizes.selected if size > bound]:
        found.append(("validation_size", f"the weights of {name} would be selected at {_listed(beyond)}; {said}"))
    return found


def protocol_of(config: Mapping[str, Any], bounds: Bounds) -> Protocol:
    """Return what the record of a trial with this configuration says.

    Args:
        config: of a `Trial`.
    """
    options: dict[str, TrainConfig] = {}
    for name, own in config["algorithms"].items():
        given = {**config["train"], **own["train"]}
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
        options[name] = TrainConfig(**values)
    sizes = {name: sizes_of(train) for name, train in options.items()}
    bound = {name: bounds.in_distribution or max(used.trained) for name, used in sizes.items()}
    best = config["train"]["select"] == "best"
    return Protocol(
        track=bounds.track,
        select=config["train"]["select"],
        selection_split="validation" if best else "none",
        selection_sizes={name: used.selected[0] for name, used in sizes.items() if used.selected},
        in_distribution=bound,
        trained_beyond=_beyond({name: used.trained for name, used in sizes.items()}, bound),
        selected_beyond=_beyond({name: used.selected for name, used in sizes.items()}, bound),
        hints_seen=_hints_seen(config["regime"], config["contrast"]),
    )


def _beyond(sizes: Mapping[str, tuple[int, ...]], bound: Mapping[str, int]) -> dict[str, list[int]]:
    beyond = {name: sorted(size for size in set(used) if size > bound[name]) for name, used in sizes.items()}
    return {name: used for name, used in beyond.items() if used}


def _hints_seen(
    regime: Mapping[str, Any], contrast: Mapping[str, Any]
) -> list[Literal["encoded", "decoded", "compared", "length"]]:
    compared = "close_trajectory" in (*contrast.get("positives", ()), contrast.get("negatives"))
    seen: dict[Literal["encoded", "decoded", "compared", "length"], bool] = {
        "encoded": regime["encode_hints"],
        "decoded": regime["decode_hints"],
        "compared": compared,
        "length": regime["budget"] == "oracle",
    }
    return [name for name, is_seen in seen.items() if is_seen]


def _listed(sizes: list[int]) -> str:
    return ("size " if len(sizes) == 1 else "sizes ") + ", ".join(map(str, sizes))
