"""One item after another, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nar_bench.plugin.contracts import Executor, Item, Result


class InProcess:
    """Runs items in their order."""

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[Item, Result | Exception]]:
        """Yield (item, result or exception) after each."""
        for item in items:
            try:
                result: Result | Exception = work(item)
            except Exception as error:
                result = error
            yield item, result


def _build(workers: int) -> InProcess:
    return InProcess()


IN_PROCESS = Executor(name="in_process", source="this project", build=_build)
