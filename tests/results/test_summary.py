"""Lines of a table: over seeds of equal trials, never over what happens to be there."""

from __future__ import annotations

import copy

from made_records import CONFIG, record, together

from nar_bench.results.summary import summarise


def test_seeds_of_one_method_are_one_line() -> None:
    (line,) = summarise([record(1, seed=1), record(2, seed=0, values={16: (1.0, 1.0, 1.0), 64: (0.9, 0.0, 0.0)})])
    assert line.seeds == [0, 1]
    assert line.values("score", 64) == [0.9, 0.7]
    assert line.value("score", 64) == 0.8


def test_no_mean_is_taken_where_a_seed_lacks_the_size() -> None:
    (line,) = summarise([record(1, seed=0), record(2, seed=1, values={16: (1.0, 1.0, 1.0)})])
    assert line.value("score", 64) is None
    assert line.value("score", 16) == 0.95
    assert line.sizes == [16]


def test_trials_that_differ_in_an_option_are_two_lines_and_the_option_is_named() -> None:
    wide = copy.deepcopy(CONFIG)
    wide["model"]["hidden"] = 16
    lines = summarise([record(1), record(2, config=wide)])
    assert [line.method for line in lines] == ["mpnn (hints) [hidden=16]", "mpnn (hints) [hidden=8]"]


def test_versions_of_a_suite_and_failed_trials_do_not_mix() -> None:
    failed = record(3, state="failed", scores=[], error={"type": "E", "message": "m", "traceback": ""})
    lines = summarise([record(1), record(2, suite={"name": "invented", "version": 2}), failed])
    assert [(line.suite_version, len(line.records)) for line in lines] == [(1, 1), (2, 1)]


def test_a_record_of_several_algorithms_is_in_a_line_of_each_apart_from_those_trained_alone() -> None:
    lines = summarise([record(1), together(2, "bfs", "dfs"), together(3, "bfs", "dfs", seed=1)])
    assert [(line.algorithm, line.method, line.seeds) for line in lines] == [
        ("bfs", "mpnn (hints)", [0]),
        ("bfs", "mpnn (hints, 2 together)", [0, 1]),
        ("dfs", "mpnn (hints, 2 together)", [0, 1]),
    ]
    assert [line.values("score", 64) for line in lines] == [[0.7], [0.7, 0.7], [0.6, 0.6]]
    assert lines[2].sizes == [16, 64]


def test_many_algorithms_have_a_short_name() -> None:
    assert together(1, "a", "b", "c", "d").name == "a + b + c + d"
    assert together(1, *"abcdefg").name == "a + b + c + 4 more"
