"""Two processes that share a batch have its loss and gradients, though their parts have unlike numbers of hints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).parent / "shared_gradients.py"


@pytest.mark.slow
def test_two_processes_have_the_loss_and_the_gradients_of_one(tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, str(SCRIPT), str(rank), str(tmp_path / "meeting"), str(tmp_path / str(rank))])
        for rank in (-1, 0, 1)
    ]
    assert [process.wait(timeout=250) for process in running] == [0, 0, 0]
    whole, first, second = (torch.load(tmp_path / str(rank), weights_only=True) for rank in (-1, 0, 1))
    assert first["lengths"].sum() > second["lengths"].sum()
    for part in (first, second):
        torch.testing.assert_close(part["loss"], whole["loss"], rtol=1e-12, atol=0)
        for name, value in whole["parts"].items():
            torch.testing.assert_close(part["parts"][name], value, rtol=1e-12, atol=1e-14)
        for one, other in zip(part["gradients"], whole["gradients"], strict=True):
            torch.testing.assert_close(one, other.expand_as(one), rtol=1e-9, atol=1e-12)
