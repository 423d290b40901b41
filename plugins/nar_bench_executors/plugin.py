"""Registration of the executors."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register


@hookimpl
def register_executors(register: Register) -> None:
    """Register the executors."""
    register("in_process", "nar_bench_executors.in_process:IN_PROCESS", "one trial after another, in this process")
    register("local", "nar_bench_executors.local:LOCAL", "worker processes of this machine")
    register("ray", "nar_bench_executors.ray:RAY", "a Ray cluster, or Ray on this machine; needs nar-bench[ray]")
    register("slurm", "nar_bench_executors.slurm:SLURM", "jobs of a SLURM cluster; needs nar-bench[slurm]")
