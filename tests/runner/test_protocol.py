"""What a record says of the data that a trial saw, and what a strict track refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner.test_suite import GOOD, faults_of, plan_of

from nar_bench.results.record import Protocol
from nar_bench.runner.protocol import Bounds, protocol_of
from nar_bench.runner.run import run_prepared

STRICT = GOOD.replace("version = 1", 'version = 1\ntrack = "strict"\nin_distribution = 4')
BEST = STRICT.replace("steps = 3", 'steps = 3\nselect = "best"')


def protocol(tmp_path: Path, text: str, regime: str = "hints", bounds: Bounds | None = None) -> Protocol:
    trials = [one.trial for one in plan_of(tmp_path, text).planned]
    trial = next(one for one in trials if (one.name, one.regime) == ("bfs", regime))
    return protocol_of(trial.config, bounds or trial.bounds)


def test_the_last_weights_are_chosen_by_no_data(tmp_path: Path) -> None:
    said = protocol(tmp_path, GOOD)
    assert (said.track, said.select, said.selection_split, said.selection_sizes) == ("open", "last", "none", {})
    assert (said.in_distribution, said.trained_beyond, said.selected_beyond) == ({"bfs": 4}, {}, {})


def test_the_best_weights_are_chosen_by_validation_at_a_size_that_is_said(tmp_path: Path) -> None:
    said = protocol(tmp_path, BEST)
    assert (said.track, said.select, said.selection_split) == ("strict", "best", "validation")
    assert (said.selection_sizes, said.selected_beyond) == ({"bfs": 4}, {})
    text = GOOD.replace("steps = 3", 'steps = 3\nselect = "best"\nvalidation_size = 9')
    beyond = protocol(tmp_path, text)
    assert (beyond.selection_sizes, beyond.selected_beyond) == ({"bfs": 9}, {"bfs": [9]})


def test_training_is_beyond_a_bound_that_the_suite_names(tmp_path: Path) -> None:
    text = GOOD.replace("sizes = [4]", "sizes = [4, 9, 7]")
    assert protocol(tmp_path, text).trained_beyond == {}
    assert protocol(tmp_path, text, bounds=Bounds("open", 4)).trained_beyond == {"bfs": [7, 9]}


def test_sizes_that_a_suite_sets_for_one_algorithm_count_as_its_own(tmp_path: Path) -> None:
    text = GOOD.replace("[evaluate]", "[train.algorithm.bfs]\nsizes = [3, 9]\n[evaluate]")
    assert protocol(tmp_path, text).in_distribution == {"bfs": 9}
    assert protocol(tmp_path, text, bounds=Bounds("open", 4)).trained_beyond == {"bfs": [9]}


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ('base = "hints"', ["encoded", "decoded", "length"]),
        ('base = "decoded_only"\nbudget = "linear"', ["decoded"]),
        ('base = "no_hints"', ["length"]),
        ('base = "memory"\nbudget = "learned"', []),
    ],
)
def test_what_of_hints_is_seen_is_said(tmp_path: Path, options: str, seen: list[str]) -> None:
    text = GOOD.replace('"hints", "memory"', '"mine"').replace("[model]", f"[regime.mine]\n{options}\n[model]")
    assert protocol(tmp_path, text, "mine").hints_seen == seen


@pytest.mark.parametrize(
    "option", ['positives = ["close_trajectory"]', 'negatives = "close_trajectory"\nnegative_count = 1']
)
def test_runs_that_are_compared_by_hints_have_seen_them(tmp_path: Path, option: str) -> None:
    assert "compared" in protocol(tmp_path, f"{GOOD}[contrast]\n{option}", "memory").hints_seen
    assert "compared" not in protocol(tmp_path, GOOD, "memory").hints_seen


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "sizes = [4]",
            "sizes = [4, 9]",
            "train.sizes: bfs would be trained at size 9; this suite is of the strict track",
        ),
        (
            "sizes = [4]",
            "sizes = [8, 9]",
            "train.sizes: insertion_sort would be trained at sizes 8, 9; this suite is of",
        ),
        (
            "batch = 2",
            "batch = 2\nvalidation_size = 5",
            "train.validation_size: the weights of bfs would be selected at ",
        ),
        (
            "[evaluate]",
            "[train.algorithm.bfs]\nsizes = [5]\n[evaluate]",
            "train.algorithm.bfs.sizes: bfs would be trained at size 5; this suite is of the strict track, "
            "where sizes above in_distribution = 4 are for the test alone",
        ),
        ("seeds =", "train = { sizes = [5] }\nseeds =", "trials[0].train.sizes: bfs would be trained at size 5"),
        ("in_distribution = 4\n", "", "in_distribution: this key is missing; the strict track needs the largest size"),
        ('"strict"', '"strickt"', "track: got 'strickt'; input should be 'open' or 'strict'"),
    ],
)
def test_a_strict_track_refuses_sizes_out_of_distribution(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in faults_of(tmp_path, BEST.replace(old, new, 1))


def test_an_open_track_refuses_nothing_and_says_what_was_beyond(tmp_path: Path) -> None:
    text = BEST.replace('"strict"', '"open"').replace("sizes = [4]", "sizes = [4, 9]", 1)
    assert protocol(tmp_path, text).trained_beyond == {"bfs": [9]}


def test_a_strict_track_changes_no_identity_and_is_in_the_record(tmp_path: Path) -> None:
    plain, strict = ([one.trial.id for one in plan_of(tmp_path, text).planned] for text in (GOOD, STRICT))
    assert plain == strict
    (record,) = run_prepared(plan_of(tmp_path, STRICT.replace("seeds = [0, 1]", "seeds = [0]"), only=["bfs", "mpnn"]))
    assert record.protocol is not None
    assert record.protocol.track == "strict"
    assert record.memory is not None
    assert record.memory.device is None
    assert record.memory.process is None or record.memory.process > 10
