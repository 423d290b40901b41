"""Which samples a step sees: new ones, or those of a fixed data set in an order without repetition."""

from __future__ import annotations

import numpy as np

import nar_bench
from nar_bench.training.config import TrainConfig
from nar_bench.training.data import TrainingData
from nar_bench.trajectory import Batch


def data(seed: int = 1, **config: object) -> TrainingData:
    options = {"batch": 2, "sizes": (3,), **config}
    return TrainingData(nar_bench.algorithm("insertion_sort"), TrainConfig(**options), seed, {})  # type: ignore[arg-type]


def keys(batch: Batch) -> list[tuple[float, ...]]:
    return [tuple(row) for row in batch.inputs["key"].tolist()]


def test_steps_cycle_through_the_sizes_and_no_sample_comes_twice() -> None:
    batches = [data(sizes=(3, 5)).batch(step) for step in range(4)]
    assert [batch.nodes for batch in batches] == [3, 5, 3, 5]
    assert len({key for step in range(50) for key in keys(data().batch(step))}) == 100


def test_every_fixed_sample_comes_once_before_any_comes_again() -> None:
    """Seven samples in batches of two: batches cross from one round into the next."""
    fixed = data(count=7)
    seen = [key for step in range(14) for key in keys(fixed.batch(step))]
    rounds = [seen[at : at + 7] for at in range(0, 28, 7)]
    assert all(set(one) == set(rounds[0]) and len(set(one)) == 7 for one in rounds)
    assert len({tuple(one) for one in rounds}) == 4, "each round has an order of its own"


def test_a_batch_may_be_larger_than_the_data_set() -> None:
    assert len(set(keys(data(count=3, batch=9).batch(5)))) == 3


def test_each_size_has_its_own_fixed_samples() -> None:
    fixed = data(count=4, sizes=(3, 5))
    seen = {size: [key for step in range(at, 8, 2) for key in keys(fixed.batch(step))] for at, size in ((0, 3), (1, 5))}
    assert [len(set(seen[size])) for size in (3, 5)] == [4, 4]
    assert [len(key) for size in (3, 5) for key in seen[size]] == [3] * 8 + [5] * 8


def test_seeds_share_fixed_samples_and_differ_in_their_order() -> None:
    one, other = ([key for step in range(10) for key in keys(data(seed, count=20).batch(step))] for seed in (1, 2))
    assert set(one) == set(other)
    assert one != other
    assert not set(keys(data(1).batch(0))) & set(keys(data(2).batch(0))), "new samples differ"


def test_a_step_needs_no_earlier_step() -> None:
    whole = data(count=7)
    for step in range(6):
        whole.batch(step)
    assert keys(data(count=7).batch(6)) == keys(whole.batch(6))


def test_validation_instances_are_at_their_size_and_no_training_samples() -> None:
    assert data(sizes=(3, 5, 4), validation_count=6).validation().nodes == 5
    held_out = data(validation_size=4, validation_count=6).validation()
    assert (held_out.nodes, len(held_out)) == (4, 6)
    same_size = data(validation_count=6).validation()
    assert not set(keys(same_size)) & {key for step in range(100) for key in keys(data(count=100).batch(step))}
    np.testing.assert_array_equal(same_size.inputs["key"], data(seed=9, validation_count=6).validation().inputs["key"])
