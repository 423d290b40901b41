"""What supervises a network, which hints it is shown, and how many steps it makes."""

from __future__ import annotations

from dataclasses import dataclass

REPREDICTION = ("soft", "hard", "hard_on_evaluation")
BUDGETS = ("oracle", "linear", "learned")


@dataclass(frozen=True)
class Regime:
    """One way of training, and of stopping.

    Args:
        encode_hints: the hints predicted at a step are encoded at the next (the true ones at step 0).
        decode_hints: hints are predicted and trained on.
        memory: the contrastive trajectory loss is added; the processor has to write ideas.
    """

    name: str
    encode_hints: bool
    decode_hints: bool
    memory: bool
    teacher_forcing: float = 0.0
    """Probability, in training, that a sample is shown its true hints at a step, all or none; in [0, 1]."""
    repredict: str = "soft"
    """How predicted hints are encoded: "soft" (probabilities, with gradients), "hard" (decided, without) or
    "hard_on_evaluation"."""
    budget: str = "oracle"
    """Steps: "oracle" is the length of the true run, which is a leak; "linear" is ceil(budget_factor N); "learned" is
    until the network says so, and at most the linear budget (in training the true length, which it learns)."""
    budget_factor: float = 1.0
    """c of the linear budget, above 0; the oracle has none."""
    output_weight: float = 1.0
    """Weight of the losses of outputs, at least 0."""
    hint_weight: float = 1.0
    """Weight of the losses of hints, at least 0."""
    augment: bool = False
    """Whether each batch has a similar input beside each of its own, with the same losses and nothing else: plain
    augmentation, the control of a contrastive loss, which makes them anyway."""
    contrast_nodes: bool = False
    """Whether each batch has a similar input beside each of its own, with the same losses, and nodes are contrasted
    between the two at every step (`nar_bench.training.node_contrast`). No ideas are needed, so any processor can."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("encode_hints", self.decode_hints or not self.encode_hints, "false where decode_hints is"),
            ("teacher_forcing", 0 <= self.teacher_forcing <= 1, "from 0 to 1"),
            ("teacher_forcing", self.encode_hints or not self.teacher_forcing, "0 where no hints are encoded"),
            ("repredict", self.repredict in REPREDICTION, "one of " + ", ".join(REPREDICTION)),
            ("budget", self.budget in BUDGETS, "one of " + ", ".join(BUDGETS)),
            ("budget_factor", 0 < self.budget_factor < float("inf"), "above 0"),
            ("output_weight", 0 <= self.output_weight < float("inf"), "at least 0"),
            ("hint_weight", 0 <= self.hint_weight < float("inf"), "at least 0"),
            ("augment", not (self.augment and self.contrast_nodes), "false where contrast_nodes is true, which makes "
             "similar inputs anyway"),
        ]  # fmt: skip
        return [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]


REGIMES = {
    regime.name: regime
    for regime in (
        Regime("hints", encode_hints=True, decode_hints=True, memory=False),
        Regime("decoded_only", encode_hints=False, decode_hints=True, memory=False),
        Regime("no_hints", encode_hints=False, decode_hints=False, memory=False),
        Regime("memory", encode_hints=False, decode_hints=False, memory=True),
    )
}
