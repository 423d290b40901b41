"""Who is contrasted with whom, as data of a suite: faults, reasons, identity, and runs from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner.test_suite import GOOD, faults_of, plan_of

import nar_bench
from nar_bench.plugin.registry import Registry
from nar_bench.runner.definition import identifying
from nar_bench.runner.expansion import expand
from nar_bench.runner.run import prepare
from nar_bench.runner.suite import load_suite

MEMORY = GOOD.replace('"mpnn", "memory_mpnn"', '"memory_mpnn"').replace('"hints", "memory"', '"memory"')
TOGETHER = MEMORY.replace("seeds = [0, 1]", "seeds = [0]\ntogether = true").replace(
    "steps = 3", 'steps = 3\nupdate = "average"'
)


def with_contrast(text: str, *options: str) -> str:
    return text + "[contrast]\n" + "\n".join(options) + "\n"


def reasons_of(tmp_path: Path, text: str) -> set[str]:
    return {one.reason for one in plan_of(tmp_path, text).planned}


def ids_of(tmp_path: Path, text: str) -> set[str]:
    return {one.trial.id for one in plan_of(tmp_path, text).planned}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (('positive = ["similar_input"]',), "contrast.positive: this key is not known. Did you mean 'positives'?"),
        (("close_within = 2.0",), "contrast.close_within: got 2.0; it must be from 0 to 1"),
        (('negatives = "hard"',), "contrast.negatives: got 'hard'; it must be one of all, random, close_trajectory"),
        (('related = [["bfs", "bsf"]]',), "contrast.related[0][1]: algorithm 'bsf' is not known. Did you mean 'bfs'?"),
        (('positives = ["same_algorithm"]',), "it must be without same_algorithm or across true"),
        (("across = 1",), "contrast.across: got 1; input should be a valid boolean"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    assert says in faults_of(tmp_path, with_contrast(MEMORY, *options))


def test_a_grid_changes_options_of_the_suite_and_its_faults_have_its_place(tmp_path: Path) -> None:
    text = with_contrast(MEMORY, 'negatives = "random"', "negative_count = 2")
    grid = text.replace("seeds =", "contrast = { negative_count = 3 }\nseeds =")
    contrast = plan_of(tmp_path, grid).planned[0].trial.config["contrast"]
    assert (contrast["negatives"], contrast["negative_count"]) == ("random", 3)
    told = faults_of(tmp_path, text.replace("seeds =", "contrast = { negative_count = 0 }\nseeds ="))
    assert "trials[0].contrast.negative_count: got 0; it must be 0 where negatives is 'all', and at least 1" in told


def test_across_algorithms_takes_several_of_them_and_one_update(tmp_path: Path) -> None:
    assert reasons_of(tmp_path, with_contrast(TOGETHER, "across = true")) == {""}
    alone = with_contrast(TOGETHER.replace("together = true", ""), "across = true")
    assert reasons_of(tmp_path, alone) == {
        "contrast.across is true, which takes several algorithms in one trial (together = true)"
    }
    alternate = with_contrast(TOGETHER.replace('update = "average"', ""), "across = true")
    (reason,) = reasons_of(tmp_path, alternate)
    assert "train.update must be 'average', got 'alternate', by which one algorithm's update comes before" in reason


def test_related_algorithms_have_to_be_in_the_trial(tmp_path: Path) -> None:
    options = ("across = true", 'positives = ["related_algorithm"]', 'related = [["bfs", "dijkstra"]]')
    assert reasons_of(tmp_path, with_contrast(TOGETHER, *options)) == {
        "no two of bfs, insertion_sort are in one group of contrast.related"
    }
    known = with_contrast(TOGETHER.replace('"insertion_sort"', '"nar-bench/dijkstra"'), *options)
    assert reasons_of(tmp_path, known) == {""}


def test_only_who_is_contrasted_with_similar_inputs_needs_them(tmp_path: Path) -> None:
    text = MEMORY.replace('"insertion_sort"', '"bipartite_matching"').replace("sizes = [4", "sizes = [6")
    assert "no similar input is registered for bipartite_matching" in reasons_of(tmp_path, text)
    mined = with_contrast(text, 'positives = ["close_trajectory"]')
    assert reasons_of(tmp_path, mined) == {""}
    assert all(one.trial.similar_inputs == () for one in plan_of(tmp_path, mined).planned)


def test_a_regime_that_augments_needs_similar_inputs_and_no_ideas(tmp_path: Path) -> None:
    text = GOOD.replace('"hints", "memory"', '"mine"').replace('similarity = "cosine"\n', "")
    text += '[regime.mine]\nbase = "no_hints"\naugment = true\n'
    planned = plan_of(tmp_path, text).planned
    assert {one.reason for one in planned} == {""}
    assert {used.name for one in planned for used in one.trial.similar_inputs} == {"reweighted_edges", "same_order"}
    assert {one.trial.processor.name for one in planned} == {"mpnn", "memory_mpnn"}
    none = text.replace('"insertion_sort"', '"bipartite_matching"').replace("sizes = [4", "sizes = [6")
    assert "no similar input is registered for bipartite_matching" in reasons_of(tmp_path, none)


NODES = GOOD.replace('"hints", "memory"', '"mine"').replace('similarity = "cosine"\n', "")
NODES += '[regime.mine]\nbase = "no_hints"\ncontrast_nodes = true\n'


def test_a_regime_that_contrasts_nodes_needs_similar_inputs_and_no_ideas(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, NODES).planned
    assert {one.reason for one in planned} == {""}
    assert {used.name for one in planned for used in one.trial.similar_inputs} == {"reweighted_edges", "same_order"}
    assert {one.trial.processor.name for one in planned} == {"mpnn", "memory_mpnn"}
    assert {one.trial.similarity for one in planned} == {None}
    none = NODES.replace('"insertion_sort"', '"bipartite_matching"').replace("sizes = [4", "sizes = [6")
    assert "no similar input is registered for bipartite_matching" in reasons_of(tmp_path, none)


OTHERS = """
import dataclasses
from nar_bench.plugin import hookimpl
from nar_bench.plugin.contracts import Invariant
from nar_bench_similarity.same_order import SAME_ORDER
@hookimpl
def register_similar_inputs(register):
    for kind in Invariant:
        register(f"keeps_{kind}", dataclasses.replace(SAME_ORDER, name=f"keeps_{kind}", invariant=kind), "")
"""


def test_nodes_are_only_contrasted_between_runs_of_which_hints_are_kept(tmp_path: Path) -> None:
    file, suite = tmp_path / "others.py", tmp_path / "small.toml"
    file.write_text(OTHERS)

    def reason(keeps: str, text: str) -> str:
        given = f'similar_inputs = {{ insertion_sort = "keeps_{keeps}" }}\n[model]'
        suite.write_text(
            text.replace('"bfs", ', "").replace("[train.shift.bfs]\np = [0.3, 0.5]\n", "").replace("[model]", given)
        )
        (only,) = {why for _, why in expand(load_suite(suite), Registry(files=[file]))}
        return only

    assert [reason(kind, NODES) for kind in ("trajectory", "discrete_hints", "prefix")] == ["", "", ""]
    told = "keeps_output keeps the output alone; to contrast nodes step by step takes one that keeps hints"
    assert reason("output", NODES) == told
    assert reason("output", NODES.replace("contrast_nodes", "augment")) == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "contrast_nodes = true",
            "contrast_nodes = true\naugment = true",
            "regime.mine.augment: got True; it must be false where contrast_nodes is true",
        ),
        ("contrast_nodes = true", "contrast_nodes = 1", "regime.mine.contrast_nodes: got 1"),
        ("steps = 3", "steps = 3\nnode_temperature = 0.0", "train.node_temperature: got 0.0; it must be above 0"),
        ("steps = 3", "steps = 3\nnode_contrastive_weight = -1.0", "it must be at least 0"),
    ],
)
def test_faults_of_contrasted_nodes_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in faults_of(tmp_path, NODES.replace(old, new))


def test_contrasted_nodes_change_no_trial_from_before_them(tmp_path: Path) -> None:
    later = "steps = 3\nnode_temperature = 0.5\nnode_contrastive_weight = 2.0"
    assert ids_of(tmp_path, GOOD.replace("steps = 3", later)) == ids_of(tmp_path, GOOD)
    kept = identifying(plan_of(tmp_path, GOOD).planned[0].trial.config)
    assert not {"contrast_nodes", "augment"} & kept["regime"].keys()
    assert not {"node_temperature", "node_contrastive_weight"} & kept["train"].keys()
    plain = NODES.replace("contrast_nodes", "augment")
    assert not ids_of(tmp_path, NODES) & ids_of(tmp_path, plain)
    for option in ("node_temperature = 0.5", "node_contrastive_weight = 2.0"):
        assert not ids_of(tmp_path, NODES.replace("steps = 3", f"steps = 3\n{option}")) & ids_of(tmp_path, NODES)


def test_options_that_are_not_asked_for_do_not_change_a_trial(tmp_path: Path) -> None:
    for options in (
        ('related = [["bfs", "dijkstra"]]',),
        ("close_within = 0.5", "close_count = 3"),
        ('positives = ["similar_input"]', "across = false"),
    ):
        assert ids_of(tmp_path, with_contrast(GOOD, *options)) == ids_of(tmp_path, GOOD)
    mined = with_contrast(GOOD, 'positives = ["close_trajectory"]')
    assert ids_of(tmp_path, mined + 'related = [["bfs", "insertion_sort"]]') == ids_of(tmp_path, mined)
    related = 'related = [["bfs", "insertion_sort"]]', "across = true"
    kinds = 'positives = ["similar_input", "related_algorithm"]', 'positives = ["related_algorithm", "similar_input"]'
    first, second = (ids_of(tmp_path, with_contrast(TOGETHER, *related, one)) for one in kinds)
    assert first == second
    more = 'related = [["insertion_sort", "dijkstra", "bfs"], ["dfs", "bfs"]]', "across = true"
    assert ids_of(tmp_path, with_contrast(TOGETHER, *more, kinds[0])) == first


@pytest.mark.parametrize(
    "options",
    [
        ('positives = ["close_trajectory"]',),
        ('positives = ["similar_input", "close_trajectory"]', "close_within = 0.2"),
        ('positives = ["similar_input", "close_trajectory"]', "close_count = 2"),
        ('negatives = "random"', "negative_count = 1"),
        ('negatives = "random"', "negative_count = 2"),
        ('negatives = "similar_ideas"', "negative_count = 1"),
        ('negatives = "close_trajectory"', "negative_count = 1"),
        ("across = true",),
        ('positives = ["same_algorithm"]', "across = true"),
        (
            'positives = ["related_algorithm"]',
            'related = [["bfs", "insertion_sort"]]',
            "across = true",
        ),
    ],
)
def test_options_that_change_the_pairs_change_the_trial(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert not ids_of(tmp_path, with_contrast(TOGETHER, *options)) & ids_of(tmp_path, TOGETHER)


def test_trials_without_a_memory_do_not_depend_on_pairs(tmp_path: Path) -> None:
    hints = GOOD.replace('"hints", "memory"', '"hints"')
    assert ids_of(tmp_path, with_contrast(hints, 'positives = ["close_trajectory"]')) == ids_of(tmp_path, hints)


RUNS = {
    "close": ('positives = ["similar_input", "close_trajectory"]', "close_count = 1", "close_within = 0.9"),
    "mined alone": ('positives = ["close_trajectory"]', "close_within = 0.9"),
    "random": ('negatives = "random"', "negative_count = 1"),
    "hard by hints": ('negatives = "close_trajectory"', "negative_count = 1"),
    "hard by ideas": ('negatives = "similar_ideas"', "negative_count = 1"),
    "across": ("across = true",),
    "same": ("across = true", 'positives = ["same_algorithm"]'),
    "related": ("across = true", 'positives = ["related_algorithm"]', 'related = [["bfs", "insertion_sort"]]'),
    "all at once": (
        "across = true",
        'positives = ["similar_input", "close_trajectory", "related_algorithm"]',
        'related = [["bfs", "insertion_sort"]]',
        'negatives = "similar_ideas"',
        "negative_count = 2",
    ),
}


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
def test_a_suite_runs_from_end_to_end(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "small.toml"
    file.write_text(with_contrast(TOGETHER, *options))
    rows = nar_bench.load_results(nar_bench.run(file, out=tmp_path / "out")).to_pylist()
    assert {row["algorithm"] for row in rows} == {"bfs", "insertion_sort"}
    assert all(0 <= row["value"] <= 1 for row in rows if row["metric"] == "score")


def test_augmented_trials_run_from_end_to_end(tmp_path: Path) -> None:
    text = GOOD.replace('"hints", "memory"', '"mine"').replace("seeds = [0, 1]", "seeds = [0]")
    file = tmp_path / "small.toml"
    file.write_text(text + '[regime.mine]\nbase = "no_hints"\naugment = true\n')
    rows = nar_bench.load_results(nar_bench.run(file, out=tmp_path / "out")).to_pylist()
    assert {(row["algorithm"], row["processor"]) for row in rows} == {
        (algorithm, processor) for algorithm in ("bfs", "insertion_sort") for processor in ("mpnn", "memory_mpnn")
    }


@pytest.mark.parametrize("together", [False, True])
def test_trials_that_contrast_nodes_run_from_end_to_end(tmp_path: Path, together: bool) -> None:
    file = tmp_path / "small.toml"
    file.write_text(NODES.replace("seeds = [0, 1]", f"seeds = [0]\ntogether = {str(together).lower()}"))
    rows = nar_bench.load_results(nar_bench.run(file, out=tmp_path / "out")).to_pylist()
    assert {(row["algorithm"], row["processor"]) for row in rows} == {
        (algorithm, processor) for algorithm in ("bfs", "insertion_sort") for processor in ("mpnn", "memory_mpnn")
    }


def test_the_study_can_be_planned_and_has_every_arm() -> None:
    planned = prepare("memory-study-lite", "/nowhere").planned
    assert {one.reason for one in planned} == {""}
    arms = {(one.trial.processor.name, one.trial.regime, len(one.trial.algorithms) > 1) for one in planned}
    assert arms == {
        ("mpnn", "hints", False),
        ("mpnn", "no_hints", False),
        ("mpnn", "augmented", False),
        ("memory_mpnn", "augmented", False),
        ("mpnn", "node_contrast", False),
        ("memory_mpnn", "memory", False),
        ("memory_mpnn", "memory_and_hints", False),
        ("memory_mpnn", "augmented", True),
        ("memory_mpnn", "memory", True),
    }
    across = [one.trial.config["contrast"] for one in planned if one.trial.regime == "memory"]
    assert any("related_algorithm" in one["positives"] for one in across)


def test_similar_inputs_of_another_size_are_asked_for_by_name_and_refused_where_they_cannot_be_compared(
    tmp_path: Path,
) -> None:
    assert {used.name for one in plan_of(tmp_path, TOGETHER).planned for used in one.trial.similar_inputs} == {
        "reweighted_edges",
        "same_order",
    }
    larger = TOGETHER.replace("seeds", 'similar_inputs = { bfs = "appended_component" }\nseeds', 1)
    planned = plan_of(tmp_path, larger).planned
    assert {one.reason for one in planned} == {""}
    assert [used.name for used in planned[0].trial.similar_inputs] == ["appended_component", "same_order"]
    (mined,) = reasons_of(tmp_path, with_contrast(larger, 'positives = ["similar_input", "close_trajectory"]'))
    assert mined.startswith("bfs: the inputs of appended_component have more nodes than those that they are similar to")
    assert "close trajectories are found among hints on as many nodes" in mined
    (across,) = reasons_of(tmp_path, with_contrast(larger, "across = true"))
    assert across.endswith("which contrast.across does not take")
