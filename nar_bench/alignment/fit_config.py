"""Options of training on M examples; torch-free, so that suites can be read without it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FitConfig:
    """Adam with a learning rate that falls to 0 along half a cosine."""

    steps: int = 400
    """Updates, at least 1, whatever M is: fewer for fewer examples would tie the outcome to the schedule."""
    batch: int = 64
    """Examples in an update, at least 1; all of them where M is not greater."""
    learning_rate: float = 1e-2
    """At the start; above 0."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("steps", self.steps >= 1, "at least 1"),
            ("batch", self.batch >= 1, "at least 1"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
        ]
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]
