"""Generation: sample i depends on its seed and index alone."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nar_bench
from nar_bench.errors import InputError, UnknownName
from nar_bench.trajectory import Batch

NAMES = ["bellman_ford", "bfs", "insertion_sort"]


def digest(batch: Batch) -> str:
    """A hash over every column, little-endian."""
    hasher = hashlib.blake2b(digest_size=8)
    for columns in (batch.inputs, batch.hints, batch.outputs, {"offsets": batch.offsets}):
        for name in sorted(columns):
            column = np.ascontiguousarray(columns[name])
            hasher.update(name.encode() + column.astype(column.dtype.newbyteorder("<")).tobytes())
    return hasher.hexdigest()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_sample_is_the_same_in_any_batch(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**63 - 1))
    size = data.draw(st.integers(1, 12))
    start = data.draw(st.integers(0, 10**6))
    cut = data.draw(st.integers(0, 7))
    shift = data.draw(st.sampled_from([{}, dict(nar_bench.algorithm(name).training)]))
    whole = nar_bench.generate(name, size, 7, seed, first=start, **shift)
    for first, last in ((0, cut), (cut, 7)):
        piece = nar_bench.generate(name, size, last - first, seed, first=start + first, **shift)
        assert digest(piece) == digest(whole.select(np.arange(first, last)))


# Recipe: digest(generate(name, 9, 20, seed=5, **training)). They change only with a new version of the generator.
GOLDEN = {"bellman_ford": "bbf0243c64f42924", "bfs": "8a77cbc896fa185a", "insertion_sort": "b22c41c417f7d88c"}


@pytest.mark.parametrize("name", NAMES)
def test_data_stay_what_they_are(name: str) -> None:
    assert digest(nar_bench.generate(name, 9, 20, seed=5, **nar_bench.algorithm(name).training)) == GOLDEN[name]


def test_another_process_without_compilation_makes_the_same_bytes() -> None:
    code = (
        "import json, nar_bench, sys; sys.path.insert(0, sys.argv[1]); from data.test_generate import digest, NAMES\n"
        "print(json.dumps({n: digest(nar_bench.generate(n, 7, 5, seed=11)) for n in NAMES}))"
    )
    tests = str(__file__).rpartition("/data/")[0]
    finished = subprocess.run(
        [sys.executable, "-c", code, tests],
        capture_output=True,
        text=True,
        check=True,
        env={"NUMBA_DISABLE_JIT": "1", "PATH": ""},
    )
    assert json.loads(finished.stdout) == {n: digest(nar_bench.generate(n, 7, 5, seed=11)) for n in NAMES}


def test_sizes_and_seeds_draw_unrelated_instances() -> None:
    one = nar_bench.generate("insertion_sort", 8, 50, seed=1).inputs["key"]
    other = nar_bench.generate("insertion_sort", 8, 50, seed=2).inputs["key"]
    longer = nar_bench.generate("insertion_sort", 9, 50, seed=1).inputs["key"][:, :8]
    assert not np.isin(one, other).any()
    assert not np.isin(one, longer).any()


@pytest.mark.parametrize("name", NAMES)
def test_no_samples_are_a_batch_too(name: str) -> None:
    batch = nar_bench.generate(name, 5, 0)
    assert len(batch) == 0
    assert list(batch) == []
    assert batch.padded(batch.spec.hints[0].name).shape[:2] == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"size": 0}, InputError, r"'bfs', size: got 0; a whole number from 1"),
        ({"size": 2.5}, InputError, r"size: got 2.5"),
        ({"count": -1}, InputError, r"count: got -1; a whole number from 0"),
        ({"seed": -1}, InputError, r"seed: got -1"),
        ({"seed": 2**63}, InputError, r"seed: got 9223372036854775808"),
        ({"p": "high"}, InputError, r"shift axis 'p': got 'high'; a finite number or a sequence"),
        ({"p": float("nan")}, InputError, r"shift axis 'p': got nan"),
        ({"p": (0.5, 1.5)}, InputError, r"shift axis 'p': got \(0.5, 1.5\); allowed: from 0 to 1"),
        ({"p": ()}, InputError, r"shift axis 'p': got \(\)"),
        ({"q": 0.5}, UnknownName, r"'bfs': shift axis 'q' is not known. Known: family, p, positions"),
        ({"positions": "radnom"}, InputError, r"'positions': got 'radnom'; allowed: ordered, random"),
    ],
)
def test_bad_arguments_are_refused_with_what_is_allowed(arguments, error, says) -> None:
    with pytest.raises(error, match=says):
        nar_bench.generate("bfs", **{"size": 4, "count": 1, **arguments})


def test_unknown_algorithms_suggest_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"algorithm 'belman_ford' is not known. Did you mean 'bellman_ford'\?"):
        nar_bench.generate("belman_ford", 4, 1)
