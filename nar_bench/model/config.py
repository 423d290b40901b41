"""Options of the network; torch-free, so that suites can be read without it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetConfig:
    """Options of the network around the processor."""

    hidden: int = 128
    """H, the width of every hidden vector; at least 1."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        return [] if self.hidden >= 1 else [("hidden", f"got {self.hidden}; it must be at least 1")]
