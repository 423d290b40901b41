"""How a trained network is measured."""

from __future__ import annotations

from dataclasses import dataclass

OWN_OPTIONS = ("sizes", "count")
"""What a suite may set for one algorithm alone."""


@dataclass(frozen=True)
class EvaluateConfig:
    """Options of the evaluation."""

    sizes: tuple[int, ...] = (16, 32, 64)
    """Problem sizes."""
    count: int = 32
    """Test instances at each size, at least 1."""
    seed: int = 0
    """Of the test instances; every trial of a suite sees the same."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("sizes", bool(self.sizes) and min(self.sizes, default=0) >= 1, "one or more sizes of at least 1"),
            ("count", self.count >= 1, "at least 1"),
            ("seed", 0 <= self.seed < 2**63, "from 0 to 2^63 - 1"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]
