"""Training steps whose kernels are recorded once and from then on launched together, as CUDA graphs.

A step on small graphs is thousands of short kernels, and it takes the CPU longer to launch them one by one than it
takes a GPU to run them. Recorded kernels read and write the same memory each time and make as many steps of the
algorithm, so there is one recording for each shape of batch; its inputs and draws are copied to where it reads. What
follows upon the gradients (clipping, Adam) is not recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from nar_bench.model.noise import KeptDraws
from nar_bench.model.sparse_tensors import EitherBatch, SparseTensorBatch
from nar_bench.model.tensors import TensorBatch
from nar_bench.training.contrastive import Pairs
from nar_bench.training.objective import Measure, Measured

_LOG = logging.getLogger("nar_bench")

_MOST = 64
"""Recordings are made of so many shapes, the first that come twice; they share their memory but for their results."""
_WARM_UPS = 3
"""Runs before a recording, in which libraries choose their kernels and take their memory."""
_TOLERANCE = 0.05
"""How far the loss and the gradients of a recording may be from those of the run before it, relative to their norm."""

Work = Callable[[], Measured]


class Recorder(Protocol):
    """What records kernels."""

    def warm_up(self, work: Work) -> Measured:
        """Run `work` as often as it takes, and return its last result."""
        ...

    def record(self, work: Work) -> tuple[Measured, Callable[[], object]]:
        """Return the result of `work`, and what puts a new result in its place. Raises RuntimeError if it cannot."""
        ...


class CudaGraphs:
    """Records on one GPU; see the CUDA graphs of torch's documentation."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    def warm_up(self, work: Work) -> Measured:
        """Run it on the stream of recordings."""
        here = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(here)
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UPS):
                result = work()
        here.wait_stream(self._stream)
        return result

    def record(self, work: Work) -> tuple[Measured, Callable[[], object]]:
        """Record a graph.

        All graphs share one pool of memory: what one only needs while it runs, another may keep its result in. So no
        graph may run before the result of the last one is used.
        """
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device), torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
            result = work()

        def replay() -> None:
            with torch.cuda.device(self._device):
                graph.replay()

        return result, replay


class _Recording(NamedTuple):
    tensors: list[Tensor]
    draws: KeptDraws
    result: Measured
    replay: Callable[[], object]

    def play(self, tensors: list[Tensor]) -> Measured:
        self.draws.redraw()
        for kept, new in zip(self.tensors, tensors, strict=True):
            kept.copy_(new)
        self.replay()
        return self.result


class RecordedSteps:
    """A `Measure` that records batches of a shape when it comes for the second time.

    A recording is used once it has repeated the result of the run before it. Where one cannot be made or does not, no
    more are, and every batch is measured kernel by kernel; that is logged.

    Its results are good until it measures the next batch.

    Args:
        recorder: its own, because what is replayed for others might write over its results.
    """

    def __init__(self, measure: Measure, recorder: Recorder) -> None:
        self._measure = measure
        self._recorder: Recorder | None = recorder
        self._recordings: dict[object, _Recording | None] = {}

    def __call__(self, batch: EitherBatch, noise: Generator, pairs: Pairs | None = None) -> Measured:
        """Return the loss and its gradients.

        Sparse batches are not recorded: hardly any two have as many edges, on which all shapes depend.
        """
        if isinstance(batch, SparseTensorBatch):
            return self._measure(batch, noise, pairs)
        tensors = [*_tensors(batch), *(pairs or ())]
        shape = batch.steps, *(tensor.shape for tensor in tensors)
        recording = self._recordings.get(shape)
        if recording is not None:
            return recording.play(tensors)
        if self._recorder is None or shape not in self._recordings:
            if len(self._recordings) < _MOST:
                self._recordings[shape] = None
            return self._measure(batch, noise, pairs)
        draws = KeptDraws(noise)
        try:
            expected, self._recordings[shape] = self._record(self._recorder, batch, draws, pairs)
        except RuntimeError as error:
            self._give_up(str(error).partition("\n")[0])
            draws.rewind()
            return self._measure(batch, draws, pairs)
        return expected

    def _record(
        self, recorder: Recorder, batch: TensorBatch, draws: KeptDraws, pairs: Pairs | None
    ) -> tuple[Measured, _Recording]:
        def work() -> Measured:
            draws.rewind()
            return self._measure(batch, draws, pairs)

        expected = recorder.warm_up(work)
        result, replay = recorder.record(work)
        replay()
        gap, size = _distance(result, expected), _distance(expected, None)
        if gap > _TOLERANCE * size:
            raise RuntimeError(f"a recording is {gap:.3g} away from a result of norm {size:.3g}")
        return expected, _Recording([*_tensors(batch), *(pairs or ())], draws, result, replay)

    def _give_up(self, reason: str) -> None:
        self._recorder = None
        self._recordings = {}
        _LOG.warning("training steps are launched kernel by kernel, for they could not be recorded: %s", reason)


def _tensors(batch: TensorBatch) -> list[Tensor]:
    return [*batch.inputs.values(), *batch.hints.values(), *batch.outputs.values(), batch.lengths]


def _distance(result: Measured, other: Measured | None) -> float:
    """Return the norm of all numbers of a result, less those of another."""
    own = [tensor for tensor in (result.loss, *result.gradients) if tensor is not None]
    if other is not None:
        theirs = [tensor for tensor in (other.loss, *other.gradients) if tensor is not None]
        own = [one - another for one, another in zip(own, theirs, strict=True)]
    return float(torch.stack([torch.linalg.vector_norm(tensor) for tensor in own]).norm())
