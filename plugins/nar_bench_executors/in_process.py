"""One item after another, in this process."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from nar_bench.plugin.execution import Executor, Item, NoOptions, Place, Result, Tell, Terms, Work


class InProcess:
    """Runs items in their order."""

    def run(
        self, work: Work[Item, Result], items: Sequence[Item], tell: Tell
    ) -> Generator[tuple[Item, Result | Exception], None, None]:
        """Yield (item, result or exception) after each."""
        for item in items:
            try:
                result: Result | Exception = work(item, tell)
            except Exception as error:
                result = error
            yield item, result


def _build(config: NoOptions, terms: Terms) -> InProcess:
    return InProcess()


def _unsupported(config: NoOptions, terms: Terms) -> str:
    if terms.workers > 1:
        return f"it runs one trial at a time, not {terms.workers}; --executor local has workers."
    if terms.time_limit is not None:
        return "it cannot stop a trial whose time is over; --executor local can."
    return ""


IN_PROCESS = Executor(
    name="in_process",
    source="this project",
    config=NoOptions,
    build=_build,
    place=Place.PROCESS,
    unsupported=_unsupported,
)
