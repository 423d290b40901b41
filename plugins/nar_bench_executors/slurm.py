"""Jobs of a SLURM cluster, one for each item, through the library submitit.

A job says what it has to say in a file of the results folder, which every machine of the cluster sees. So it goes on
where the process that submitted it ends in any other way than by Ctrl-C, and its record is there when somebody looks
again.
"""

from __future__ import annotations

import importlib.util
import math
import pickle
import shutil
import signal
import struct
import threading
import time
import uuid
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nar_bench.errors import TimeLimitReached, WorkerDied
from nar_bench.plugin.execution import Executor, Item, Place, Result, Tell, Terms, Work
from nar_bench_executors.messages import BEGUN, ENDED, INTERRUPTED, TOLD, perform

_ARRAY = 1000
"""Jobs in one array; clusters refuse more than their MaxArraySize, 1001 by default."""
_POLL_SECONDS = 0.5
_CANCEL_SECONDS = 2.0
"""Between two tries to cancel a job that is over its limit."""
_GRACE_SECONDS = 10.0
_MARGIN_MINUTES = 10
"""Of a job beyond the time limit of its item, for the start; the limit itself is kept from here."""
_HEADER = struct.Struct("<Q")


@dataclass(frozen=True)
class SlurmConfig:
    """Options."""

    cluster: str = "slurm"
    """Or "local": processes of this machine that submitit starts as if they were jobs, to try things out."""
    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    cpus: int = 1
    """Of each job."""
    gpus: int = 0
    memory_gb: float = 0.0
    """Of each job; 0 for the cluster's own choice."""
    minutes: int = 1440
    """That a job may take where there is no time limit."""

    def faults(self) -> list[tuple[str, str]]:
        """Name values out of range."""
        found = []
        if self.cluster not in ("slurm", "local"):
            found.append(("cluster", f"got {self.cluster!r}; slurm or local is needed"))
        for name, least in (("cpus", 1), ("gpus", 0), ("memory_gb", 0), ("minutes", 1)):
            if getattr(self, name) < least:
                found.append((name, f"got {getattr(self, name)}; at least {least} is needed"))
        return found


class Slurm:
    """Runs items as jobs, up to `workers` at once."""

    def __init__(self, config: SlurmConfig, terms: Terms) -> None:
        self._config, self._terms = config, terms
        self._messages = terms.folder / "messages"

    def run(
        self, work: Work[Item, Result], items: Sequence[Item], tell: Tell
    ) -> Generator[tuple[Item, Result | Exception], None, None]:
        """Yield (item, result or exception) as each job ends."""
        waiting = deque(items)
        active: list[_Job] = []
        started: list[_Job] = []
        try:
            while waiting or active:
                # SLURM itself holds the jobs of an array back; submitit's local executor starts what it gets.
                room = (0 if active else _ARRAY) if self._on_slurm else self._terms.workers - len(active)
                submitted = self._submit(work, [waiting.popleft() for _ in range(min(room, len(waiting)))])
                active += submitted
                started += submitted
                ended = [outcome for job in active for outcome in job.look(tell)]
                active = [job for job in active if not job.ended]
                yield from ended
                if active and not ended:
                    time.sleep(_POLL_SECONDS)
        finally:
            for job in active:
                job.cancel()
            # SLURM looks after its jobs; those of the local executor are children of this process.
            until = time.monotonic() + (0.0 if self._on_slurm else _GRACE_SECONDS)
            while time.monotonic() < until and not all(job.is_done for job in started):
                time.sleep(0.05)

    @property
    def _on_slurm(self) -> bool:
        return self._config.cluster == "slurm"

    def _submit(self, work: Any, items: list[Any]) -> list[_Job]:
        if not items:
            return []
        self._messages.mkdir(parents=True, exist_ok=True)
        paths = [self._messages / uuid.uuid4().hex for _ in items]
        executor = self._executor()
        if self._on_slurm:
            jobs = executor.map_array(_run_job, [str(path) for path in paths], [work] * len(items), items)
        else:
            with _interruptible_children():
                jobs = [
                    executor.submit(_run_job, str(path), work, item) for path, item in zip(paths, items, strict=True)
                ]
        made = zip(jobs, items, paths, strict=True)
        return [_Job(job, item, path, self._terms.time_limit) for job, item, path in made]

    def _executor(self) -> Any:
        import submitit

        config, limit = self._config, self._terms.time_limit
        executor = submitit.AutoExecutor(folder=self._terms.folder / "%j", cluster=config.cluster)
        asked: dict[str, Any] = {
            "name": "nar-bench",
            "timeout_min": config.minutes if limit is None else math.ceil(limit / 60) + _MARGIN_MINUTES,
            "cpus_per_task": config.cpus,
            "slurm_array_parallelism": self._terms.workers,
        }
        asked |= {"gpus_per_node": config.gpus} if config.gpus else {}
        asked |= {"mem_gb": config.memory_gb} if config.memory_gb else {}
        names = ("partition", "account", "qos", "constraint")
        executor.update_parameters(
            **asked, **{f"slurm_{name}": getattr(config, name) for name in names if getattr(config, name)}
        )
        return executor


class _Job:
    """A job, the item that it is at, and how far its file has been read."""

    def __init__(self, job: Any, item: Any, path: Path, time_limit: float | None) -> None:
        self._job, self._item, self._path, self._time_limit = job, item, path, time_limit
        self._read, self._begun, self._cancelled = 0, 0.0, 0.0
        self._was_done = self._is_over = self.ended = False

    def look(self, tell: Tell) -> Iterator[tuple[Any, Any]]:
        """Read what is new, and yield what it ends."""
        done = self._job.done()
        for kind, content in self._news():
            if kind == BEGUN:
                self._begun = time.monotonic()
            elif kind == TOLD:
                tell(content)
            elif kind == INTERRUPTED:
                if self._is_over:
                    continue  # by `cancel`
                raise KeyboardInterrupt
            elif kind == ENDED:
                yield self._end(content)
                return
        limit = self._time_limit
        if limit is not None and self._begun and time.monotonic() - self._begun > limit:
            # Again and again until it ends, because a process may lose a signal while it starts or cleans up.
            if not done and time.monotonic() - self._cancelled > _CANCEL_SECONDS:
                self.cancel()
            self._is_over = True
        if done and self._was_done:
            # At the second look: what it wrote last may have come later than the news of its end.
            log = f"its log is {self._job.paths.stderr}."
            if self._is_over:
                yield self._end(TimeLimitReached(f"it was not done after {limit:g} s, its time limit; {log}"))
            else:
                yield self._end(WorkerDied(f"job {self._job.job_id} ended before the work was done; {log}"))
        self._was_done = done

    def _end(self, content: Any) -> tuple[Any, Any]:
        self.ended = True
        self._path.unlink(missing_ok=True)
        return self._item, content

    @property
    def is_done(self) -> bool:
        """Whether its processes have ended."""
        return bool(self._job.done())

    def cancel(self) -> None:
        self._cancelled = time.monotonic()
        self._job.cancel(check=False)

    def _news(self) -> Iterator[tuple[str, Any]]:
        try:
            with self._path.open("rb") as file:  # anew each time, so that NFS looks at the server
                file.seek(self._read)
                new = file.read()
        except FileNotFoundError:
            return
        at = 0
        while len(new) >= at + _HEADER.size:
            (length,) = _HEADER.unpack_from(new, at)
            end = at + _HEADER.size + length
            if len(new) < end:
                break
            self._read += end - at
            yield pickle.loads(new[at + _HEADER.size : end])  # noqa: S301 - what our own job wrote
            at = end


@contextmanager
def _interruptible_children() -> Iterator[None]:
    """Let processes that start here hear SIGINT, by which submitit cancels them.

    Where this process was told to ignore it, as a shell tells what it runs in the background, they would be deaf too.
    """
    deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread()
    if deaf:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if deaf:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run_job(path: str, work: Any, item: Any) -> None:
    """Be the job."""
    with Path(path).open("ab", buffering=0) as file:

        def send(message: tuple[str, Any]) -> None:
            content = pickle.dumps(message)
            file.write(_HEADER.pack(len(content)) + content)

        perform(work, item, send)


def _build(config: SlurmConfig, terms: Terms) -> Slurm:
    return Slurm(config, terms)


def _unsupported(config: SlurmConfig, terms: Terms) -> str:
    if importlib.util.find_spec("submitit") is None:
        return "submitit is not installed; install it with: pip install 'nar-bench[slurm]'."
    if config.cluster == "slurm" and shutil.which("sbatch") is None:
        return (
            "the command sbatch is not there; run this where SLURM jobs are submitted, or try --option cluster=local."
        )
    return ""


SLURM = Executor(
    name="slurm",
    source="https://github.com/facebookincubator/submitit",
    config=SlurmConfig,
    build=_build,
    place=Place.CLUSTER,
    unsupported=_unsupported,
    rehearsal=SlurmConfig(cluster="local"),
)
