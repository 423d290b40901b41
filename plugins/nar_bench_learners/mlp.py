"""The two-layer perceptron of Theorem 1, which knows nothing of objects."""

from __future__ import annotations

from dataclasses import dataclass

from nar_bench.alignment.fit_config import FitConfig
from nar_bench.plugin.learnability import Learner, Objects, Predictor, Values


@dataclass(frozen=True)
class MlpConfig(FitConfig):
    """Options."""

    width: int = 512
    """Hidden units, at least 1; over-parameterised where there are more weights than examples."""

    def faults(self) -> list[tuple[str, str]]:
        """Return (field, what is wrong) for every value that is not allowed."""
        return super().faults() + ([] if self.width >= 1 else [("width", f"got {self.width}; it must be at least 1")])


def fit(config: MlpConfig, objects: Objects, values: Values, on_nodes: bool, seed: int) -> Predictor:
    """Train it on all features of all objects in one vector."""
    from torch import Tensor, cat, nn

    from nar_bench.alignment.fitting import fit_net
    from nar_bench_learners.perceptron import perceptron

    inputs, outputs = objects.flat().shape[1], values.shape[1]

    class Mlp(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = perceptron(inputs, config.width, outputs)

        def forward(self, nodes: Tensor, pairs: Tensor) -> Tensor:
            answer: Tensor = self.layers(cat([nodes.flatten(1), pairs.flatten(1)], 1))
            return answer

    return fit_net(Mlp, config, objects, values, seed)


MLP = Learner(
    name="mlp",
    version=1,
    source="two layers with ReLU, both trained by Adam; Xu et al. 2020, theorem 3.5 is on their limit, see `ntk`",
    config=MlpConfig,
    fit=fit,
)
