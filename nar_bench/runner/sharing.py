"""Processes of this machine that share the training of a trial; how it is run, so no part of its identity.

What comes out differs from one process's by rounding alone, as it does between devices. The process that runs the trial
is the first; it starts the others, which build the same networks of the same trial (`nar_bench.runner.member`) and end
with it.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from nar_bench.errors import WorkerDied
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.results.store import Store
from nar_bench.runner.definition import Trial
from nar_bench.spec import Type

if TYPE_CHECKING:
    from nar_bench.training.sharing import Member

READY = b"ready\n"
"""What another process writes when it has built its networks."""


@dataclass(frozen=True)
class Invitation:
    """What another process is told, pickled, through its standard input; it ends when that is closed."""

    trial: Trial
    store: Store
    plugins: tuple[Path, ...]
    device: str
    threads: int
    rank: int
    count: int
    meeting: Path


def unshared_reason(trial: Trial, processes: int, registry: Registry) -> str:
    """Return "" where the parts of a batch can be trained on apart with the loss of the whole, or why not."""
    config = trial.config
    if len(trial.algorithms) > 1:
        return "several algorithms are trained together"
    (used,) = trial.algorithms
    algorithm: Algorithm = registry.load(Kind.ALGORITHM, used.id)
    train, regime = {**config["train"], **config["algorithms"][algorithm.name]["train"]}, config["regime"]
    if train["batch"] % processes:
        return f"{processes} processes do not divide train.batch = {train['batch']}"
    if trial.similarity is not None or trial.similar_inputs:
        return "inputs of a batch are compared with each other"
    predicted = algorithm.spec.outputs + (algorithm.spec.hints if regime["decode_hints"] else ())
    drawn = {
        "teacher forcing": regime["teacher_forcing"] > 0,
        "dropout": config["model"]["dropout"] > 0,
        "noise on permutations": any(feature.type is Type.PERMUTATION_POINTER for feature in predicted),
    }
    for what, is_drawn in drawn.items():
        if is_drawn:
            return f"{what} is drawn for the whole batch"
    return ""


@contextlib.contextmanager
def shared(
    trial: Trial, registry: Registry, store: Store, device: str, threads: int, processes: int
) -> Iterator[Member | None]:
    """Start the other processes and meet them; None where there is to be one process alone.

    Args:
        device: of this process; where it is a GPU, the others take those that follow it.
        threads: of torch within one operation, in each of the others.

    Raises:
        WorkerDied: one of them ended; it says why.
    """
    if processes == 1:
        yield None
        return
    from nar_bench.training.sharing import joined

    plugins = tuple(Path(row.source.target) for row in registry.rows if row.source.is_file)
    with tempfile.TemporaryDirectory(prefix="nar-bench-") as folder, contextlib.ExitStack() as started:
        first = Invitation(trial, store, plugins, device, threads, 0, processes, Path(folder) / "meeting")
        others = [
            started.enter_context(_process(replace(first, rank=rank, device=_device(device, rank)), Path(folder)))
            for rank in range(1, processes)
        ]
        for other in others:
            other.wait_until_ready()
        try:
            with joined(0, processes, first.meeting) as member:
                yield member
        except RuntimeError as error:  # of gloo, when another process is gone
            for other in others:
                other.check(error)
            raise


def _device(first: str, rank: int) -> str:
    kind, _, index = first.partition(":")
    return f"{kind}:{int(index or 0) + rank}" if kind == "cuda" else first


class _Other:
    """Another process, with what it wrote to its standard error."""

    def __init__(self, process: Any, rank: int, errors: Path) -> None:
        self._process, self._rank, self._errors = process, rank, errors

    def wait_until_ready(self) -> None:
        """Wait until it has built its networks. Raises WorkerDied."""
        if self._process.stdout.readline() != READY:
            self._process.wait()
            self.check(None)

    def check(self, cause: Exception | None) -> None:
        """Raise WorkerDied if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=5)
            told = self._errors.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise WorkerDied(f"process {self._rank} of those that share the training {how}: {told[-1]}") from cause


@contextlib.contextmanager
def _process(invitation: Invitation, folder: Path) -> Iterator[_Other]:
    errors = folder / f"errors of {invitation.rank}"
    command = [sys.executable, "-m", "nar_bench.runner.member"]
    with errors.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file)  # noqa: S603
    assert process.stdin is not None
    try:
        with contextlib.suppress(BrokenPipeError):  # it ended at once, which is noticed where it is waited for
            pickle.dump(invitation, process.stdin)
            process.stdin.flush()
        yield _Other(process, invitation.rank, errors)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                cast(IO[bytes], pipe).close()
