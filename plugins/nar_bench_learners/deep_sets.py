"""Deep Sets: a function of an aggregate of a function of each object."""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.alignment.fit_config import FitConfig
from nar_bench.plugin.learnability import Learner, Objects, Predictor, Target, Values
from nar_bench_learners.aggregation import AGGREGATES


@dataclass(frozen=True)
class DeepSetsConfig(FitConfig):
    """Options."""

    width: int = 64
    """Of every hidden layer and of the vector of an object; at least 1."""
    aggregate: str = "mean"
    """Over objects: "mean", "sum", "max" or "min"; where n is fixed, mean and sum differ in scale alone."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("width", self.width >= 1, "at least 1"),
            ("aggregate", self.aggregate in AGGREGATES, "one of " + ", ".join(AGGREGATES)),
        ]
        return super().faults() + [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]


def fit(config: DeepSetsConfig, objects: Objects, values: Values, on_nodes: bool, seed: int) -> Predictor:
    """Train it; a value on an object is of its vector and the aggregate."""
    from torch import Tensor, cat, nn

    from nar_bench.alignment.fitting import fit_net
    from nar_bench_learners.aggregation import aggregate
    from nar_bench_learners.perceptron import perceptron

    features, width = objects.nodes.shape[2], config.width

    class DeepSets(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.element = perceptron(features, width, width)
            self.readout = perceptron(width * (1 + on_nodes), width, 1)

        def forward(self, nodes: Tensor, pairs: Tensor) -> Tensor:
            each = self.element(nodes)
            whole = aggregate(each, config.aggregate, 1)
            if on_nodes:
                whole = cat([each, whole[:, None].expand_as(each)], -1)
            answer: Tensor = self.readout(whole)
            return answer.squeeze(-1) if on_nodes else answer

    return fit_net(DeepSets, config, objects, values, seed)


def unsupported(target: Target) -> str:
    """Refuse pairs, which it does not read."""
    return f"deep_sets reads no pairs, and {target.name} is of what pairs have" if target.pairs else ""


DEEP_SETS = Learner(
    name="deep_sets",
    version=1,
    source="Zaheer et al. 2017; Xu et al. 2020, equation 2.3 (MLP2 of the sum of MLP1 over objects)",
    config=DeepSetsConfig,
    fit=fit,
    unsupported=unsupported,
    equivariant=True,
)
