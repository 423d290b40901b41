"""Real clients in processes of their own, against the Hub of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub.server import TOKEN, Hub

MAIN = "from nar_bench.cli.main import main; main()"
WITHOUT = "import sys; sys.modules['nar_bench'] = None  # to import it fails\n"


class Client:
    """Runs commands as one user, with a home of their own."""

    def __init__(self, hub: Hub, home: Path, *, token: bool = True) -> None:
        self._environment = {**os.environ, **hub.environment(home, token=token)}
        if not token:
            self._environment.pop("HF_TOKEN", None)
        self.home = home

    def start(self, *arguments: str, compiled: bool = False) -> subprocess.Popen[str]:
        """Start `nar-bench` with these arguments; algorithms run interpreted unless `compiled`."""
        command = [sys.executable, "-c", MAIN, *arguments]
        environment = {**self._environment, "NUMBA_DISABLE_JIT": "0" if compiled else "1"}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments: str, code: int = 0, compiled: bool = False, seconds: float = 240) -> str:
        """Run `nar-bench`, and return what it says; its exit code must be `code`, and the token in nothing."""
        return finished(self.start(*arguments, compiled=compiled), code, seconds)

    def python(self, code: str, *, bare: bool = True, seconds: float = 240) -> str:
        """Run Python code, and return what it prints; it cannot import nar_bench if `bare`."""
        code = f"{WITHOUT}{code}" if bare else code
        done = subprocess.run(
            [sys.executable, "-c", code], env=self._environment, capture_output=True, text=True, timeout=seconds
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def finished(process: subprocess.Popen[str], code: int = 0, seconds: float = 240) -> str:
    """Wait for a command, and return what it says."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == code, out + err
    assert TOKEN not in out + err
    assert "Traceback" not in err, err
    return out + err
