"""Examine one plugin in a process of its own, which may hang or die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from nar_bench.plugin.discovery import IMPORT_LIMIT_VARIABLE, Source, Status
from nar_bench.plugin.registry import Registry

_MARK = "nar-bench-doctor:"


def examine(source: Source, limit: float) -> dict[str, Any]:
    """Import a plugin, register it and load each of its components, in a subprocess.

    Args:
        limit: seconds after which it is killed.

    Returns:
        a row: plugin, distribution, version, status, components, seconds, reason.
    """
    row: dict[str, Any] = {
        "plugin": source.name,
        "distribution": source.distribution,
        "version": source.version,
        "components": 0,
    }
    start = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "nar_bench.plugin.doctor",
        source.name,
        source.distribution,
        source.version,
        source.target,
    ]
    # The subprocess must not give up by itself before its time is over.
    environment = {**os.environ, IMPORT_LIMIT_VARIABLE: str(limit * 2)}
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        output, errors = process.communicate(timeout=limit)
        row |= _verdict(output, errors, process.returncode)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        row |= {"status": str(Status.TIMEOUT), "reason": f"it was not done after {limit:g} s"}
    row["seconds"] = round(time.perf_counter() - start, 3)
    return row


def _verdict(output: str, errors: str, code: int) -> dict[str, Any]:
    for line in output.splitlines():
        if line.startswith(_MARK):
            verdict: dict[str, Any] = json.loads(line.removeprefix(_MARK))
            return verdict
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    last = errors.strip().splitlines()[-1:] or ["it said nothing"]
    return {
        "status": str(Status.IMPORT_ERROR),
        "reason": f"its process was {how}: {last[0]}" if code < 0 else f"its process {how}",
    }


def _main(name: str, distribution: str, version: str, target: str) -> None:
    plugins = Registry(sources=[Source(name, distribution, version, target)])
    (row,) = plugins.rows
    reasons = [row.reason] if row.reason else []
    for entry in plugins.all_entries():
        try:
            entry.examine()
        except Exception as error:
            reasons.append(str(error))
            if row.status is Status.OK:
                row.status = Status.INVALID
    verdict = {"status": str(row.status), "components": row.components, "reason": "; ".join(reasons)}
    sys.stdout.write(f"{_MARK}{json.dumps(verdict)}\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
