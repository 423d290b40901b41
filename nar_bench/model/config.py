"""Options of the network; torch-free, so that suites can be read without it."""

from __future__ import annotations

from dataclasses import dataclass

LAYOUTS = ("dense", "sparse")
LSTM = ("none", "trained", "frozen")


@dataclass(frozen=True)
class NetConfig:
    """Options of the network around the processor."""

    hidden: int = 128
    """H, the width of every hidden vector; at least 1."""
    message_passing_steps: int = 1
    """Processor steps for each step of the algorithm, with the same weights; at least 1."""
    dropout: float = 0.0
    """Probability that an entry of a new hidden vector is dropped in training; in [0, 1)."""
    lstm: str = "none"
    """An LSTM on each node after the processor: "none", "trained", or "frozen" at its initial weights, which is what
    the reference published: its update leaves the LSTM out."""
    layout: str = "dense"
    """How graphs are laid out: "dense" has a place for every pair of nodes, "sparse" for edges alone, so that it takes
    memory and time in proportion to them. What has no sparse form is said when a suite is planned."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("hidden", self.hidden >= 1, "at least 1"),
            ("message_passing_steps", self.message_passing_steps >= 1, "at least 1"),
            ("dropout", 0 <= self.dropout < 1, "at least 0 and below 1"),
            ("layout", self.layout in LAYOUTS, "one of " + ", ".join(LAYOUTS)),
            ("lstm", self.lstm in LSTM, "one of " + ", ".join(LSTM)),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]
