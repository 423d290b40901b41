"""The samples that one algorithm is trained and validated on, each named by its place in a counter-based stream.

Data need no state: the batch of a step depends on the step's number alone, so a resumed run sees what an uninterrupted
one would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nar_bench.data.generate import ShiftValue, generate
from nar_bench.data.random import Stream, derive_seed
from nar_bench.data_sets.source import Reading, StreamedPart
from nar_bench.plugin.contracts import Algorithm
from nar_bench.training.config import TrainConfig
from nar_bench.trajectory import Batch


class TrainingData:
    """The data of one algorithm in one run.

    Args:
        seed: of the run: new samples and the order of fixed ones depend on it. Fixed samples and validation instances
            do not, as a published data set would not.
        shift: shift axes of the training distribution.
        fixed_seed: names another fixed data set than the one that all runs share; for whoever asks what other samples
            would have done.
        reading: reads the samples of a data set; None to draw them. Those of its training split are a fixed data set,
            of which `count`, where it is not 0, takes the first.
        rows: which samples of every batch are wanted, where several processes share them; None for all.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        config: TrainConfig,
        seed: int,
        shift: Mapping[str, ShiftValue],
        fixed_seed: int | None = None,
        reading: Reading | None = None,
        rows: range | None = None,
    ) -> None:
        self._algorithm, self._config, self._seed, self._shift = algorithm, config, seed, shift
        own = () if fixed_seed is None else (fixed_seed,)
        self._fixed_seed = derive_seed(*own, "train", algorithm.name)
        self._reading = reading
        self._rows = range(config.batch) if rows is None else rows
        self._fixed: dict[int, Any] = {}
        self._streams: dict[int, StreamedPart] = {}
        self._orders: dict[int, dict[int, NDArray[np.int64]]] = {}

    def batch(self, step: int) -> Batch:
        """Return the samples of step `step` (from 0).

        New samples are number step * B to step * B + B - 1 of their stream. Of a fixed data set every sample comes
        once, in an order drawn anew, before any comes again.
        """
        config = self._config
        size = config.sizes[step % len(config.sizes)]
        turn = step // len(config.sizes)
        if self._reading is None and not config.count:
            seed, first = derive_seed(self._seed, "train", self._algorithm.name), step * config.batch
            return self._draw(size, len(self._rows), seed, first + self._rows.start)
        if size not in self._fixed and size not in self._streams:
            self._open(size)
        if size in self._streams:
            start = turn * config.batch + self._rows.start
            return self._streams[size].batch(start, len(self._rows))  # type: ignore[return-value]
        fixed: Batch = self._fixed[size]
        places = self._places(size, turn, len(fixed))
        return fixed.select(places[self._rows.start : self._rows.stop])

    def validation(self) -> Batch:
        """Return the validation instances."""
        if self._reading is not None:
            read: Any = self._reading.validation(self._algorithm, self._config.validates_at)
            return read.select(np.arange(self._config.validation_count))  # type: ignore[no-any-return]
        seed = derive_seed("validate", self._algorithm.name)
        return self._draw(self._config.validates_at, self._config.validation_count, seed)

    def _open(self, size: int) -> None:
        """Make or read the fixed samples of a size."""
        count = self._config.count
        if self._reading is None:
            self._fixed[size] = self._draw(size, count, self._fixed_seed)
            return
        order = derive_seed(self._seed, "order", self._algorithm.name, size)
        read = self._reading.training(self._algorithm, size, order)
        if isinstance(read, StreamedPart):
            self._streams[size] = read
        else:
            self._fixed[size] = read.select(np.arange(count)) if count else read

    def _places(self, size: int, turn: int, count: int) -> NDArray[np.int64]:
        """Return which of the `count` fixed samples of a size are used at its turn number `turn`."""
        batch = self._config.batch
        seed = derive_seed(self._seed, "order", self._algorithm.name, size)
        epochs, places = np.divmod(np.arange(turn * batch, (turn + 1) * batch), count)
        known = self._orders.get(size, {})
        # Of many samples an order takes longer to draw than the samples of a step.
        orders = {
            epoch: known[epoch] if epoch in known else Stream(seed, epoch).permutation(count)
            for epoch in np.unique(epochs).tolist()
        }
        self._orders[size] = orders
        return np.array(
            [orders[epoch][place] for epoch, place in zip(epochs.tolist(), places.tolist(), strict=True)], np.int64
        )

    def _draw(self, size: int, count: int, seed: int, first: int = 0) -> Batch:
        drawn: Batch = generate(self._algorithm, size, count, seed, first=first, **self._shift)
        return drawn
