"""Reading the files in tests/oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

ORACLE = Path(__file__).parent / "oracle"
TRAJECTORIES = sorted(path.stem for path in (ORACLE / "trajectories").glob("*.npz"))


def load(folder: str, name: str) -> dict[str, Any]:
    with np.load(ORACLE / folder / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)


def part(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {key[len(prefix) :]: value for key, value in arrays.items() if key.startswith(prefix)}
