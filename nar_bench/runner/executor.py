"""From what a person asks for to an executor that is ready, or a sentence that says why it cannot be."""

from __future__ import annotations

from nar_bench.errors import ExecutorError, Unsupported
from nar_bench.plugin.assignments import Assignments, assigned
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.execution import Executor, Place, Runner, Terms
from nar_bench.plugin.options import Fault, build_options
from nar_bench.plugin.registry import Registry


def build_runner(registry: Registry, name: str, options: Assignments, terms: Terms) -> tuple[Place, Runner]:
    """Build the executor `name`.

    Args:
        options: "partition=gpu" and the like, or values by key.

    Raises:
        UnknownName: no such executor.
        ExecutorError: an option is not known or has a wrong value; every fault is listed.
        Unsupported: it cannot run on these terms here.
    """
    executor: Executor = registry.load(Kind.EXECUTOR, name)
    values = assigned(options, "--option", "cpus=2", ExecutorError)
    faults: list[Fault] = []
    config = build_options(executor.config, values, f"executor {name}", faults)
    if faults:
        raise ExecutorError("nothing was run.\n" + "\n".join(f"  {fault}" for fault in faults))
    reason = executor.unsupported(config, terms)
    if reason:
        raise Unsupported(f"executor {name}: {reason}")
    return executor.place, executor.build(config, terms)
