"""The data set that a suite reads its samples from, where it names one."""

from __future__ import annotations

from typing import Any

from nar_bench.data_sets.options import SourceOptions
from nar_bench.data_sets.source import Reading, Source
from nar_bench.errors import NarBenchError
from nar_bench.hub.source import open_source
from nar_bench.plugin.contracts import Algorithm
from nar_bench.plugin.options import Fault, build_options
from nar_bench.runner.suite import Suite


class Readings:
    """How the samples of each algorithm are read; what is wrong with the section `data` is a fault."""

    def __init__(self, suite: Suite, faults: list[Fault]) -> None:
        self._options: SourceOptions = build_options(SourceOptions, suite.data, "data", faults)
        self._source = self._open(suite, faults)

    def of(self, algorithm: Algorithm) -> Reading | None:
        """Return how the samples of an algorithm are read, or None where they are drawn."""
        if self._source is None:
            return None
        config = self._options.configs.get(algorithm.name, algorithm.name)
        return Reading(self._source, config, self._options.streaming)

    def section(self) -> dict[str, Any]:
        """Return the section `data` of a trial's configuration; none where samples are drawn."""
        if not self._options.source:
            return {}
        return {"data": {"source": self._options.source, "streaming": self._options.streaming}}

    def _open(self, suite: Suite, faults: list[Fault]) -> Source | None:
        if not self._options.source:
            if suite.data:
                problem = "this key is missing; give a folder or hub:OWNER/NAME@REVISION"
                faults.append(Fault("data.source", problem))
            return None
        for section, table in (("train", suite.train), ("evaluate", suite.evaluate)):
            if table.get("shift"):
                problem = "samples of data.source are as they are; remove this table, or data.source"
                faults.append(Fault(f"{section}.shift", problem))
        try:
            return open_source(self._options.source)
        except NarBenchError as error:
            faults.append(Fault("data.source", str(error)))
            return None
