"""The samples that one algorithm is trained and validated on, each named by its place in a counter-based stream.

Data need no state: the batch of a step depends on the step's number alone, so a resumed run sees what an uninterrupted
one would.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nar_bench.data.generate import ShiftValue, generate
from nar_bench.data.random import Stream, derive_seed
from nar_bench.plugin.contracts import Algorithm
from nar_bench.training.config import TrainConfig
from nar_bench.trajectory import Batch


class TrainingData:
    """The data of one algorithm in one run.

    Args:
        seed: of the run: new samples and the order of fixed ones depend on it. Fixed samples and validation instances
            do not, as a published data set would not.
        shift: shift axes of the training distribution.
        rows: which samples of every batch are wanted, where several processes share them; None for all.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        config: TrainConfig,
        seed: int,
        shift: Mapping[str, ShiftValue],
        rows: range | None = None,
    ) -> None:
        self._algorithm, self._config, self._seed, self._shift = algorithm, config, seed, shift
        self._rows = range(config.batch) if rows is None else rows
        self._fixed: dict[int, Batch] = {}

    def batch(self, step: int) -> Batch:
        """Return the samples of step `step` (from 0).

        New samples are number step * B to step * B + B - 1 of their stream. Of a fixed data set every sample comes
        once, in an order drawn anew, before any comes again.
        """
        config = self._config
        size = config.sizes[step % len(config.sizes)]
        if not config.count:
            seed, first = derive_seed(self._seed, "train", self._algorithm.name), step * config.batch
            return self._draw(size, len(self._rows), seed, first + self._rows.start)
        if size not in self._fixed:
            self._fixed[size] = self._draw(size, config.count, derive_seed("train", self._algorithm.name))
        places = self._places(size, step // len(config.sizes))
        return self._fixed[size].select(places[self._rows.start : self._rows.stop])

    def validation(self) -> Batch:
        """Return the validation instances."""
        seed = derive_seed("validate", self._algorithm.name)
        return self._draw(self._config.validates_at, self._config.validation_count, seed)

    def _places(self, size: int, turn: int) -> NDArray[np.int64]:
        """Return which of the fixed samples of a size are used at its turn number `turn`."""
        count, batch = self._config.count, self._config.batch
        seed = derive_seed(self._seed, "order", self._algorithm.name, size)
        epochs, places = np.divmod(np.arange(turn * batch, (turn + 1) * batch), count)
        orders = {epoch: Stream(seed, epoch).permutation(count) for epoch in np.unique(epochs).tolist()}
        return np.array(
            [orders[epoch][place] for epoch, place in zip(epochs.tolist(), places.tolist(), strict=True)], np.int64
        )

    def _draw(self, size: int, count: int, seed: int, first: int = 0) -> Batch:
        drawn: Batch = generate(self._algorithm, size, count, seed, first=first, **self._shift)
        return drawn
