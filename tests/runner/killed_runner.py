"""A process that has imported everything, and forks runners that it kills at random points.

A fork is there in milliseconds, so that a hundred real runs can be killed in minutes. Each works on a folder as any
runner does: plans it, claims trials, trains, writes. Prints one line of JSON for every folder that is finished.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import torch
from runner.results_of import results_of

import nar_bench
from nar_bench.runner.progress import Silent
from nar_bench.runner.run import prepare, run_prepared
from nar_bench.runner.trial import Event


class Diary(Silent):
    """Writes down what begins and ends, in one line each that no other process can come between."""

    def __init__(self, out: Path) -> None:
        self._file = os.open(out / "diary", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def __call__(self, event: Event) -> None:
        if event.phase in ("build", "end"):
            os.write(self._file, f"{event.trial.id} {event.phase} {os.getpid()}\n".encode())


def fork_runner(suite: Path, out: Path) -> int:
    child = os.fork()
    if child:
        return child
    try:
        run_prepared(prepare(suite, out), threads=1, make_reporter=lambda trials: Diary(out))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def end_of(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def finish(suite: Path, out: Path, runners: int, longest: float, draw: random.Random) -> int:
    """Fork runners and kill them until one gets to the end; return how many were killed."""
    killed = 0
    while True:
        children = [fork_runner(suite, out) for _ in range(runners)]
        start, ends = time.monotonic(), []
        for wait, child in sorted((draw.uniform(0, longest), child) for child in children):
            time.sleep(max(0.0, start + wait - time.monotonic()))
            os.kill(child, signal.SIGKILL)
            ends.append(end_of(child))
        assert set(ends) <= {0, -signal.SIGKILL}, ends
        killed += ends.count(-signal.SIGKILL)
        if 0 in ends and end_of(fork_runner(suite, out)) == 0:
            return killed


def twice(out: Path) -> list[str]:
    """Return the trials that began although they had ended."""
    ended: set[str] = set()
    found = []
    for line in (out / "diary").read_text().splitlines():
        trial, phase, _ = line.split()
        found += [trial] if trial in ended else []
        ended |= {trial} if phase == "end" else set()
    return found


def main(suite: Path, folder: Path, kills: int, runners: int, seed: int) -> None:
    torch.set_num_threads(1)
    for algorithm in ("bfs", "insertion_sort"):  # compiles them
        nar_bench.generate(algorithm, 4, 2)
    prepare(suite, folder)  # reads and hashes every component
    (folder / "whole").mkdir()
    assert end_of(fork_runner(suite, folder / "whole")) == 0
    start = time.monotonic()
    (folder / "timed").mkdir()
    assert end_of(fork_runner(suite, folder / "timed")) == 0
    longest = 0.7 * (time.monotonic() - start)
    whole, draw, total, number = results_of(folder / "whole"), random.Random(seed), 0, 0
    while total < kills:
        out = folder / str(number)
        out.mkdir()
        killed = finish(suite, out, runners, longest, draw)
        total, number = total + killed, number + 1
        found = results_of(out)
        left = [str(path.relative_to(out)) for name in ("checkpoints", "claims") for path in (out / name).glob("*")]
        print(
            json.dumps(
                {
                    "killed": killed,
                    "longest": longest,
                    "trials": len(found),
                    "equal": found == whole,
                    "twice": twice(out),
                    "left": [path for path in left if not path.endswith(".lock")],
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *(int(argument) for argument in sys.argv[3:]))
