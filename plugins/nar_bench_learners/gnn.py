"""The graph neural network of Xu et al. on a complete graph."""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.alignment.fit_config import FitConfig
from nar_bench.plugin.learnability import Learner, Objects, Predictor, Values
from nar_bench_learners.aggregation import AGGREGATES


@dataclass(frozen=True)
class GnnConfig(FitConfig):
    """Options."""

    width: int = 64
    """Of every hidden layer and of every message; at least 1."""
    aggregate: str = "mean"
    """Over senders and, for a value of the whole set, over objects: "mean", "sum", "max" or "min"."""
    rounds: int = 1
    """Rounds of messages, each with weights of its own; at least 1."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        checks = [
            ("width", self.width >= 1, "at least 1"),
            ("aggregate", self.aggregate in AGGREGATES, "one of " + ", ".join(AGGREGATES)),
            ("rounds", self.rounds >= 1, "at least 1"),
        ]
        return super().faults() + [
            (name, f"got {getattr(self, name)!r}; it must be {allowed}") for name, right, allowed in checks if not right
        ]


def fit(config: GnnConfig, objects: Objects, values: Values, on_nodes: bool, seed: int) -> Predictor:
    """Train it: messages MLP1(h_u, h_v, e_uv) from all u, v itself among them, and MLP2 of what is aggregated."""
    from torch import Tensor, cat, nn

    from nar_bench.alignment.fitting import fit_net
    from nar_bench_learners.aggregation import aggregate
    from nar_bench_learners.perceptron import perceptron

    features, edges, width = objects.nodes.shape[2], objects.pairs.shape[3], config.width

    class Gnn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            inputs = [features] + [width] * (config.rounds - 1)
            self.messages = nn.ModuleList(perceptron(2 * one + edges, width, width) for one in inputs)
            self.readout = perceptron(width, width, 1)

        def forward(self, nodes: Tensor, pairs: Tensor) -> Tensor:
            hidden, count = nodes, nodes.shape[1]
            for message in self.messages:
                sender = hidden[:, :, None].expand(-1, -1, count, -1)
                receiver = hidden[:, None].expand(-1, count, -1, -1)
                hidden = aggregate(message(cat([sender, receiver, pairs], -1)), config.aggregate, 1)
            if not on_nodes:
                hidden = aggregate(hidden, config.aggregate, 1)
            answer: Tensor = self.readout(hidden)
            return answer.squeeze(-1) if on_nodes else answer

    return fit_net(Gnn, config, objects, values, seed)


GNN = Learner(
    name="gnn",
    version=1,
    source="Xu et al. 2020, equation 2.2: h_s = sum_t MLP1(h_s, h_t), read by MLP2 of the sum over s",
    config=GnnConfig,
    fit=fit,
    equivariant=True,
)
