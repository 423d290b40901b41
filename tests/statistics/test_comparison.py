"""Two methods of results folders compared: what is paired, what is named, what is said."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from made_records import CONFIG, record, together

import nar_bench
from nar_bench.errors import StatisticsError, UnknownName
from nar_bench.results.store import Store
from nar_bench.statistics.methods import find_method, methods_in


class Folder:
    """A results folder in the making."""

    def __init__(self, path: Path) -> None:
        self.path, self._store, self._number = path, Store(path), 0

    def add(self, algorithm: str, processor: str, seed: int, score: float, **changes: Any) -> None:
        self._number += 1
        values = {16: (0.9, 0.5, 0.6), 64: (score, 0.1, 0.2)}
        self._store.write(
            record(
                **{"number": self._number, "values": values, **changes},
                algorithm=algorithm,
                processor=processor,
                seed=seed,
            )
        )


NOISE = (0.0, 0.01, -0.01, 0.005, -0.005)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two algorithms, five seeds; mpnn is ahead by about 0.1 on bfs and by 0.02 on dfs."""
    made = Folder(tmp_path / "run")
    for seed, noise in enumerate(NOISE):
        made.add("bfs", "mpnn", seed, 0.8 + noise)
        made.add("bfs", "pgn", seed, 0.7 - noise / 2)
        made.add("dfs", "mpnn", seed, 0.6 - noise / 2)
        made.add("dfs", "pgn", seed, 0.58 + noise / 2)
    return made


def test_every_seed_is_paired_and_the_difference_is_shown(folder: Folder) -> None:
    made = nar_bench.compare("mpnn (hints)", "pgn (hints)", folder.path)
    bfs, dfs = made.algorithms
    assert (bfs.pair.algorithm, bfs.pair.size, bfs.pair.seeds) == ("bfs", 64, (0, 1, 2, 3, 4))
    assert bfs.pair.differences == pytest.approx([0.1 + 1.5 * noise for noise in NOISE])
    assert bfs.adjusted_p is not None
    assert bfs.adjusted_p < 0.001
    assert dfs.estimate.value == pytest.approx(0.02)
    assert made.these.value == pytest.approx(0.06)
    assert made.these.differs_from_zero
    assert not made.like_these.differs_from_zero
    assert made.improvement.value == 1.0
    assert (made.left_out, made.notes) == ((), ())
    assert made.verdict.startswith(
        "mpnn (hints) is better than pgn (hints) on these 2 algorithms: "
        "mpnn (hints) less pgn (hints) in score is +0.060, 95% interval +0.0"
    )
    assert "It is open for algorithms of which these are a random sample." in made.verdict


def test_the_order_of_the_two_turns_the_sign_alone(folder: Folder) -> None:
    one, other = (nar_bench.compare(*names, folder.path) for names in (("mpnn", "pgn"), ("pgn", "mpnn")))
    assert other.these.value == pytest.approx(-one.these.value)
    assert (other.these.low, other.these.p) == pytest.approx((-one.these.high, one.these.p))
    assert other.verdict.startswith("mpnn (hints) is better than pgn (hints)")


def test_what_one_method_alone_has_is_named_with_the_reason(folder: Folder) -> None:
    folder.add("bfs", "mpnn", 7, 0.9)
    folder.add("bfs", "mpnn", 8, 0.9)
    folder.add("prim", "pgn", 0, 0.9)
    error = {"type": "E", "message": "it broke\nthere", "traceback": ""}
    folder.add("prim", "mpnn", 0, 0.9, state="failed", scores=[], error=error)
    (folder.path / "records" / "00000000000000ff.json").write_text("{")
    made = nar_bench.compare("mpnn", "pgn", folder.path)
    assert made.left_out[:2] == (
        "bfs, seeds 7, 8: only mpnn (hints) has them",
        "prim: only pgn (hints) has it; mpnn (hints) failed: it broke",
    )
    assert "damaged record: " in made.left_out[2]
    assert made.algorithms[0].pair.seeds == (0, 1, 2, 3, 4)
    assert made.verdict.endswith("This is over what both have; 3 left out.")


def test_a_size_or_a_metric_that_both_do_not_have_is_named(folder: Folder) -> None:
    assert nar_bench.compare("mpnn", "pgn", folder.path, size=16).these.value == 0.0
    assert nar_bench.compare("mpnn", "pgn", folder.path, metric="validity").algorithms[0].pair.a == (0.2,) * 5
    with pytest.raises(StatisticsError, match=r"bfs, seeds 0, 1, 2, 3, 4: not both have score at n = 32"):
        nar_bench.compare("mpnn", "pgn", folder.path, size=32)
    with pytest.raises(StatisticsError, match="no size has nonsense with all common seeds"):
        nar_bench.compare("mpnn", "pgn", folder.path, metric="nonsense")
    folder.add("bfs", "mpnn", 9, 0.0, values={16: (0.5, 0.5, 0.5)})
    folder.add("bfs", "pgn", 9, 0.0)
    made = nar_bench.compare("mpnn", "pgn", folder.path, size=64)
    assert made.left_out == ("bfs, seed 9: not both have score at n = 64",)
    assert nar_bench.compare("mpnn", "pgn", folder.path).algorithms[0].pair.size == 16  # the largest that all have


def test_squared_errors_are_not_compared_as_scores(folder: Folder) -> None:
    for number, processor in ((90, "mpnn"), (91, "pgn")):
        scalar = [
            {"algorithm": "ecc", "size": 64, "metric": metric, "value": 0.3, "count": 4}
            for metric in ("score", "score/ecc", "exact_match")
        ]
        folder.add("ecc", processor, 0, 0.0, number=number, scores=scalar)
    assert nar_bench.compare("mpnn", "pgn", folder.path).left_out == (
        "ecc: its score holds squared errors, of which less is better; try exact_match",
    )
    exact = nar_bench.compare("mpnn", "pgn", folder.path, metric="exact_match")
    assert [one.pair.algorithm for one in exact.algorithms] == ["bfs", "dfs", "ecc"]


def test_settings_that_differ_are_named(folder: Folder, tmp_path: Path) -> None:
    config = copy.deepcopy(CONFIG)
    config["train"]["steps"] = 20
    other = Folder(tmp_path / "other")
    for seed in (0, 1):
        other.add("bfs", "mpnn", seed, 0.9, config=config)
    made = nar_bench.compare("mpnn", "mpnn", folder.path, tmp_path / "other")
    a, b = f"mpnn (hints) in {folder.path}", f"mpnn (hints) in {tmp_path / 'other'}"
    assert made.notes == (f"train.steps is 10 for {a} and 20 for {b} (on all algorithms)",)
    assert made.left_out[0] == f"bfs, seeds 2, 3, 4: only {a} has them"


def test_no_difference_is_never_called_equal_and_one_seed_is_no_verdict(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    for seed, noise in enumerate(NOISE):
        other.add("bfs", "mpnn", seed, 0.8 + noise)
        other.add("bfs", "pgn", seed, 0.801 - noise)
    verdict = nar_bench.compare("mpnn", "pgn", other.path).verdict
    assert verdict.startswith("No difference is resolved on bfs: ")
    assert "These seeds find a difference of 0.0" in verdict
    assert "equal" not in verdict
    single = Folder(tmp_path / "single")
    single.add("bfs", "mpnn", 0, 0.9)
    single.add("bfs", "pgn", 0, 0.1)
    assert nar_bench.compare("mpnn", "pgn", single.path).verdict == (
        "No verdict on bfs: one seed on bfs, so the difference +0.800 has no interval."
    )


def test_networks_that_algorithms_share_are_compared_over_seeds_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for seed in range(3):
        store.write(together(2 * seed + 1, "bfs", "dfs", seed=seed))
        store.write(together(2 * seed + 2, "bfs", "dfs", processor="pgn", seed=seed))
    made = nar_bench.compare("mpnn", "pgn", tmp_path)
    assert made.shared_seeds
    assert made.these.reason == "all 3 seeds are equal"
    store.write(record(90, "prim", values={64: (0.1, 0, 0)}))
    assert nar_bench.compare("mpnn/hints/2 together", "pgn", tmp_path).a == "mpnn (hints, 2 together)"


def test_a_method_is_named_whole_or_by_its_first_parts(folder: Folder) -> None:
    folder.add("bfs", "mpnn", 0, 0.5, regime="no_hints")
    assert find_method("pgn", folder.path).name == "pgn (hints)"
    assert find_method("mpnn/no_hints", folder.path).name == "mpnn (no_hints)"
    with pytest.raises(StatisticsError, match=r"'mpnn' fits several .* 'mpnn \(hints\)', 'mpnn \(no_hints\)'"):
        find_method("mpnn", folder.path)
    with pytest.raises(UnknownName, match=r"method 'pgm \(hints\)' is not known. Did you mean 'pgn \(hints\)'"):
        find_method("pgm (hints)", folder.path)


def test_versions_of_a_suite_are_methods_apart(folder: Folder) -> None:
    folder.add("bfs", "mpnn", 0, 0.5, suite={"name": "invented", "version": 2})
    assert "invented 2: mpnn (hints)" in [method.name for method in methods_in(folder.path)]
    with pytest.raises(StatisticsError, match="fits several"):
        find_method("mpnn", folder.path)


def test_a_seed_that_was_run_twice_is_an_error(folder: Folder) -> None:
    folder.add("bfs", "mpnn", 0, 0.5)
    with pytest.raises(StatisticsError, match="has seed 0 more than once"):
        methods_in(folder.path)


def test_folders_stand_for_their_one_method(folder: Folder, tmp_path: Path) -> None:
    one, two = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    one.add("bfs", "mpnn", 0, 0.9)
    two.add("bfs", "pgn", 0, 0.9)
    assert nar_bench.compare(str(one.path), str(two.path)).b == "pgn (hints)"
    with pytest.raises(StatisticsError, match="several methods: 'mpnn"):
        nar_bench.compare(str(one.path), str(folder.path))
    with pytest.raises(StatisticsError, match="'mpnn' is no results folder"):
        nar_bench.compare("mpnn", "pgn")
    with pytest.raises(StatisticsError, match="both names mean the method"):
        nar_bench.compare("mpnn", "mpnn/hints", folder.path)
    with pytest.raises(StatisticsError, match="got 3 results folders"):
        nar_bench.compare("mpnn", "pgn", one.path, two.path, folder.path)
    two.add("prim", "gat", 0, 0.9)
    with pytest.raises(StatisticsError, match="no algorithm, seed, size and metric 'score' in common"):
        nar_bench.compare("mpnn", "gat", one.path, two.path)


def test_a_comparison_is_plain_data(folder: Folder) -> None:
    made = nar_bench.compare("mpnn", "pgn", folder.path)
    plain = json.loads(json.dumps(made.to_dict()))
    assert plain["verdict"] == made.verdict
    assert plain["algorithms"][0]["pair"]["a"] == list(made.algorithms[0].pair.a)
