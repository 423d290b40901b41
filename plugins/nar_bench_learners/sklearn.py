"""Any regressor of scikit-learn, as a check from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nar_bench.errors import AlignmentError, did_you_mean
from nar_bench.plugin.learnability import Learner, Objects, Predictor, Values


@dataclass(frozen=True)
class SklearnConfig:
    """Options."""

    regressor: str = "MLPRegressor"
    """The class, by name."""
    options: dict[str, Any] = field(default_factory=dict)
    """Its arguments."""


def fit(config: SklearnConfig, objects: Objects, values: Values, on_nodes: bool, seed: int) -> Predictor:
    """Fit it to all features of all objects in one vector."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import all_estimators

    known: dict[str, Any] = dict(all_estimators(type_filter="regressor"))
    if config.regressor not in known:
        raise AlignmentError(
            f"learner sklearn: there is no regressor '{config.regressor}'.{did_you_mean(config.regressor, known)}"
        )
    made = known[config.regressor]
    random = {"random_state": seed % 2**32} if "random_state" in made().get_params() else {}
    try:
        model = made(**{**random, **config.options})
    except TypeError as error:
        raise AlignmentError(f"learner sklearn: {config.regressor} does not take {config.options}: {error}.") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # whether that was enough is what is measured
        model.fit(objects.flat(), values[:, 0] if values.shape[1] == 1 else values)

    def predict(asked: Objects) -> Values:
        return np.asarray(model.predict(asked.flat()), np.float64).reshape(len(asked), -1)

    return predict


SKLEARN = Learner(
    name="sklearn",
    version=1,
    source="scikit-learn's regressors, Pedregosa et al. 2011",
    config=SklearnConfig,
    fit=fit,
)
