"""Work on blocks by several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from nar_bench.model.blocks import on_threads


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_each_part_is_taken_once_by_threads_that_share_no_operation() -> None:
    taken: list[int] = []
    seen: set[tuple[int, int, bool]] = set()

    def work(left: Iterator[int]) -> None:
        for part in left:
            taken.append(part)
            seen.add((threading.get_ident(), torch.get_num_threads(), torch.is_grad_enabled()))

    on_threads(work, range(500))
    assert sorted(taken) == list(range(500))
    assert threading.get_ident() not in {thread for thread, _, _ in seen}
    assert {(threads, grad) for _, threads, grad in seen} == {(1, False)}
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_what_a_thread_raises_is_raised() -> None:
    def work(left: Iterator[int]) -> None:
        if next(left) >= 0:
            raise ValueError("in a thread")

    with pytest.raises(ValueError, match="in a thread"):
        on_threads(work, range(10))


def test_few_parts_are_worked_on_here() -> None:
    threads: list[int] = []
    on_threads(lambda left: threads.extend(threading.get_ident() for _ in left), range(1))
    assert threads == [threading.get_ident()]
