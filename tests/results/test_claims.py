"""Claims: one holder at a time, none that is dead, and none that sleeps loses it on its own machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_records import record

from nar_bench.errors import StoreError
from nar_bench.results import claims
from nar_bench.results.store import Store

TRIAL = record().trial
HOLDER = (
    "import sys; from pathlib import Path; from nar_bench.results.store import Store\n"
    "with Store(Path(sys.argv[1])).claim(sys.argv[2]) as claim:\n"
    "    print(claim is not None, flush=True); sys.stdin.read()"
)


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the claim until its stdin is closed."""
    command = [sys.executable, "-c", HOLDER, str(folder), TRIAL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def is_free(folder: Path, patient: bool = False) -> bool:
    with Store(folder).claim(TRIAL, patient) as claim:
        return claim is not None


def test_a_trial_is_claimed_by_one_process_and_then_free(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert not is_free(tmp_path)
        with Store(tmp_path).claim("f" * 16) as other:
            assert other is not None, "another trial is another claim"
        process.communicate("")
        assert is_free(tmp_path)


def test_a_thread_of_the_same_process_does_not_get_it_either(tmp_path: Path) -> None:
    found = []
    with Store(tmp_path).claim(TRIAL) as claim:
        assert claim is not None
        thread = threading.Thread(target=lambda: found.append(is_free(tmp_path)))
        thread.start()
        thread.join()
    assert found == [False]
    assert is_free(tmp_path)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / "claims" / f"{TRIAL}.lease").exists()
        assert is_free(tmp_path)


def test_a_process_that_sleeps_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "LEASE", 0.5)
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        assert not is_free(tmp_path, patient=True)
        process.send_signal(signal.SIGCONT)


def elsewhere(folder: Path, lease: float) -> Path:
    """Write the lease of a process on another machine, whose OS lock does not reach this one."""
    path = folder / "claims" / f"{TRIAL}.lease"
    path.parent.mkdir(parents=True)
    fields = {"pid": 1, "host": "another", "mode": "lease", "token": "0" * 32, "duration": lease, "start": 1}
    path.write_text("filelock/2\n" + "".join(f"{name}={value}\n" for name, value in fields.items()))
    return path


def test_another_machine_holds_it_until_it_shows_no_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "LEASE", 0.4)
    monkeypatch.setattr(claims, "_POLL", 0.05)
    path = elsewhere(tmp_path, 0.4)
    assert not is_free(tmp_path), "at first sight it counts as alive"
    stop = threading.Event()

    def live() -> None:
        while not stop.wait(0.05):
            os.utime(path)

    thread = threading.Thread(target=live)
    thread.start()
    assert not is_free(tmp_path, patient=True)
    stop.set()
    thread.join()
    assert is_free(tmp_path, patient=True)


def test_who_was_overtaken_learns_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "LEASE", 0.3)
    with Store(tmp_path).claim(TRIAL) as claim:
        assert claim is not None
        claim.check()
        path = tmp_path / "claims" / f"{TRIAL}.lease"
        path.unlink()
        path.write_text("another's")
        for _ in range(100):
            if claim._lease.compromise:
                break
            threading.Event().wait(0.05)
        with pytest.raises(StoreError, match="another runner took this trial over"):
            claim.check()


def test_a_finished_trial_leaves_no_claim_behind(tmp_path: Path) -> None:
    with Store(tmp_path).claim(TRIAL):
        Store(tmp_path).write(record())
    assert list((tmp_path / "claims").iterdir()) == []


def test_a_claim_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "claims").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot write .*claims.*\.lock"):
        with Store(tmp_path).claim(TRIAL):
            pass


def test_a_stamp_tells_one_record_from_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.fresh_stamp(TRIAL) is None
    store.write(record())
    first = store.fresh_stamp(TRIAL)
    store.write(record())
    assert None not in (first, store.fresh_stamp(TRIAL))
    assert store.fresh_stamp(TRIAL) != first
