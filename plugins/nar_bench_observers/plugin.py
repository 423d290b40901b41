"""Registration of the observers."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_observers(register: Register) -> None:
    """Register the observers."""
    register(
        "tensorboard",
        "nar_bench_observers.tensorboard:TENSORBOARD",
        "curves of every trial in TensorBoard; needs nar-bench[tensorboard]",
    )
