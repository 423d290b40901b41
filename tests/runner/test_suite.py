"""Suites: every fault at once, with its place and a suggestion, before anything runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from nar_bench_processors import mpnn

from nar_bench.errors import SuiteError, UnknownName
from nar_bench.model.regime import REGIMES
from nar_bench.runner.run import Prepared, prepare

GOOD = """
name = "small"
version = 1
[[trials]]
algorithms = ["bfs", "insertion_sort"]
processors = ["mpnn", "memory_mpnn"]
regimes = ["hints", "memory"]
similarity = "cosine"
seeds = [0, 1]
[model]
hidden = 8
[processor.memory_mpnn]
idea_size = 4
[train]
steps = 3
batch = 2
sizes = [4]
[train.shift.bfs]
p = [0.3, 0.5]
[evaluate]
sizes = [4, 6]
count = 2
"""


def plan_of(tmp_path: Path, text: str = GOOD, **options: object) -> Prepared:
    file = tmp_path / "small.toml"
    file.write_text(text)
    return prepare(file, tmp_path / "out", **options)  # type: ignore[arg-type]


def faults_of(tmp_path: Path, text: str, **options: object) -> str:
    with pytest.raises(SuiteError) as caught:
        plan_of(tmp_path, text, **options)
    assert not (tmp_path / "out").exists()
    return str(caught.value)


def test_a_grid_is_expanded_and_what_cannot_run_is_skipped_with_its_reason(tmp_path: Path) -> None:
    planned = plan_of(tmp_path).planned
    assert len(planned) == 2 * 2 * 2 * 2
    skipped = [one for one in planned if one.state == "skipped"]
    assert {(one.trial.processor.name, one.trial.regime) for one in skipped} == {("mpnn", "memory")}
    assert {one.reason for one in skipped} == {"mpnn writes no ideas, which the regime memory contrasts"}
    memory = next(one.trial for one in planned if one.trial.regime == "memory" and one.state == "to do")
    assert memory.similarity is not None
    assert [used.name for used in memory.similar_inputs] == ["reweighted_edges"]
    assert memory.config["processor"] == {
        "idea_size": 4,
        "heads": 1,
        "pool": ["nodes"],
        "pooling": ["max", "mean"],
        "read": "attention",
        "feed": ["graph"],
        "depth": 2,
        "layer_norm": True,
    }
    assert memory.config["algorithms"]["bfs"]["train_shift"] == {"p": [0.3, 0.5], "positions": "random"}


def test_every_fault_is_told_at_once_with_its_place_and_a_suggestion(tmp_path: Path) -> None:
    text = (
        GOOD.replace('"bfs", "insertion_sort"', '"bsf", "insertion_sort"')
        .replace('"mpnn", "memory_mpnn"', '"mpn", "memory_mpnn"')
        .replace('"hints", "memory"', '"hint"')
        .replace("seeds = [0, 1]", "seeds = [-1]")
        .replace('"cosine"', '"cosinus"')
        .replace("idea_size = 4", 'idea_size = "4"')
        .replace("steps = 3", "stepz = 3")
        .replace("batch = 2", "batch = 0")
        .replace("sizes = [4]", "sizes = [4.5]")
        .replace("p = [0.3, 0.5]", "q = 0.3")
        .replace("hidden = 8", "hidden = true")
    )
    told = faults_of(tmp_path, text)
    for fault in (
        "trials[0].algorithms[0]: algorithm 'bsf' is not known. Did you mean 'bfs'?",
        "trials[0].processors[0]: processor 'mpn' is not known. Did you mean 'mpnn'?",
        "trials[0].regimes[0]: regime 'hint' is not known. Did you mean 'hints'?",
        "trials[0].seeds[0]: got -1; seeds are from 0 to 2^63 - 1",
        "trials[0].similarity: similarity 'cosinus' is not known. Did you mean 'cosine'?",
        "processor.memory_mpnn.idea_size: got '4'; input should be a valid integer",
        "train.batch: got 0; it must be at least 1",
        "train.stepz: this key is not known. Did you mean 'steps'?",
        "train.sizes[0]: got 4.5; input should be a valid integer",
        "train.shift.bfs.q: bfs has no such shift axis. Known: family, p, positions.",
        "model.hidden: got True; input should be a valid integer",
    ):
        assert fault in told
    assert "small.toml: 11 faults; nothing was run." in told


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "small"', "", "name: this key is missing"),
        ('name = "small"', 'name = "Small Suite"', "name: got 'Small Suite'; string should match pattern"),
        ("version = 1", "version = 1\nversionn = 2", "versionn: this key is not known. Did you mean 'version'?"),
        ("seeds = [0, 1]", "seeds = []", "trials[0].seeds: got []; list should have at least 1 item"),
        ("seeds = [0, 1]", "seeds = [0]\nseed = 1", "trials[0].seed: this key is not known. Did you mean 'seeds'?"),
        ('similarity = "cosine"\n', "", "trials[0].similarity: the regime memory needs one of: bilinear, cosine, dot"),
        ("batch = 2", "batch = 0", "train.batch: got 0; it must be at least 1"),
        ("batch = 2", "projection = -1", "train.projection: got -1; it must be at least 0"),
        (
            "batch = 2",
            'step_weights = "lat"',
            "train.step_weights: got 'lat'; it must be 'uniform', 'mean', 'late', 'early', or numbers of at least 0",
        ),
        ("batch = 2", "step_weights = [1, -1]", "train.step_weights: got (1.0, -1.0); it must be 'uniform', "),
        ("batch = 2", "step_weights = []", "train.step_weights: got (); it must be 'uniform', "),
        (
            'similarity = "cosine"',
            'similarity = "soft_dtw"\ntrain = { step_weights = "late" }',
            "trials[0].train.step_weights: got 'late'; soft_dtw scores whole trajectories, without weights",
        ),
        ("count = 2", "count = 0", "evaluate.count: got 0; it must be at least 1"),
        ("hidden = 8", "hidden = 0", "model.hidden: got 0; it must be at least 1"),
        ("p = [0.3, 0.5]", "p = 'x'", "train.shift.bfs.p: got 'x'; a number or a list of numbers is needed"),
        ("name = ", "name ", "no valid TOML: Expected '=' after a key in a key/value pair (at line 2"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in faults_of(tmp_path, GOOD.replace(old, new))


DISCRETE = (
    GOOD.replace('"mpnn", "memory_mpnn"', '"discrete", "gat"')
    .replace('["hints", "memory"]', '["hints", "hard"]')
    .replace('similarity = "cosine"\n', "")
    .replace('["bfs", "insertion_sort"]', '["bfs", "dijkstra"]')
    .replace("[processor.memory_mpnn]\nidea_size = 4", "[processor.gat]\nheads = 3")
    + '[regime.hard]\nbase = "hints"\nrepredict = "hard"\n'
)


def test_what_a_processor_does_not_support_is_skipped_with_its_reason(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, DISCRETE).planned
    assert len(planned) == 2 * 2 * 2 * 2
    found = {(t.name, t.processor.name, t.regime): one.reason for one in planned if (t := one.trial).seed == 0}
    assert found.pop(("bfs", "discrete", "hard")) == ""
    for (algorithm, processor, regime), reason in found.items():
        if processor == "gat":
            assert reason == "gat: heads=3 must divide the hidden width, 8"
        elif algorithm == "dijkstra":
            assert reason.startswith("discrete: states are the hints, and 'd' is a number; ")
        else:
            assert regime == "hints"
            assert reason.startswith("discrete: states are the hints, decided after each step, and the regime hints ")
    assert {one.state for one in planned if one.reason} == {"skipped"}


def test_a_processor_that_cannot_say_what_it_supports_does_not_bring_the_plan_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confused(*asked: object) -> str:
        raise RuntimeError("no idea")

    monkeypatch.setattr(mpnn, "MPNN", dataclasses.replace(mpnn.MPNN, unsupported=confused))
    planned = plan_of(tmp_path).planned
    states = {(one.trial.processor.name, one.trial.regime): one for one in planned}
    assert states["mpnn", "hints"].state == "skipped"
    assert "its unsupported() raised RuntimeError('no idea')" in states["mpnn", "hints"].reason
    assert states["memory_mpnn", "hints"].state == "to do"


def test_a_similar_input_for_another_algorithm_is_skipped_with_its_reason(tmp_path: Path) -> None:
    text = GOOD.replace("seeds", 'similar_inputs = { bfs = "same_order" }\nseeds', 1)
    reasons = {
        one.reason
        for one in plan_of(tmp_path, text).planned
        if one.trial.name == "bfs" and one.trial.regime == "memory"
    }
    assert any(one.startswith("same_order does not hold for bfs, only for bubble_sort, ") for one in reasons)


@pytest.mark.parametrize("option", ["model.dropout=0.1", "model.lstm=trained", "model.lstm=frozen"])
def test_a_processor_without_hidden_vectors_in_its_state_is_not_planned_with_dropout_or_an_lstm(
    tmp_path: Path, option: str
) -> None:
    text = GOOD.replace('"mpnn", "memory_mpnn"', '"mpnn", "edge_transformer"').replace('"hints", "memory"', '"hints"')
    assert {one.state for one in plan_of(tmp_path, text).planned} == {"to do"}
    reasons = {one.trial.processor.name: one.reason for one in plan_of(tmp_path, text, overrides=[option]).planned}
    why = "edge_transformer carries no hidden vectors, which the model's dropout and lstm would change"
    assert reasons == {"mpnn": "", "edge_transformer": why}


def test_overrides_are_applied_and_checked_like_the_file(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, overrides=["train.steps=7", "evaluate.sizes=[5]", "model.hidden=16"]).planned
    config = planned[0].trial.config
    assert (config["train"]["steps"], config["evaluate"]["sizes"], config["model"]["hidden"]) == (7, [5], 16)
    assert "train.steps: got 'many'; input should be a valid integer" in faults_of(
        tmp_path, GOOD, overrides=["train.steps=many"]
    )
    for wrong in ("train.steps", "=3", "name.x=3"):
        assert f"--set {wrong}" in faults_of(tmp_path, GOOD, overrides=[wrong])


def test_only_keeps_what_is_named(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, only=["bfs", "hints"]).planned
    assert {(one.trial.name, one.trial.regime) for one in planned} == {("bfs", "hints")}
    assert "--only bsf: suite small has no such name. Did you mean 'bfs'?" in faults_of(tmp_path, GOOD, only=["bsf"])


def test_a_suite_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"nowhere.toml: there is no such file"):
        prepare(tmp_path / "nowhere.toml")
    with pytest.raises(UnknownName, match="suite 'quickstrat' is not known. Did you mean 'quickstart'"):
        prepare("quickstrat")


def test_the_suites_that_we_ship_are_right() -> None:
    assert prepare("quickstart", "/nowhere").planned


def with_regime(table: str) -> str:
    return GOOD.replace('"hints", "memory"', '"mine"').replace("[model]", f"[regime.mine]\n{table}\n[model]")


def test_a_regime_of_the_suite_is_a_built_in_one_with_changes(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, with_regime('base = "hints"\nencode_hints = false')).planned
    assert {one.trial.regime for one in planned} == {"mine"}
    expected = {**dataclasses.asdict(REGIMES["hints"]), "encode_hints": False}
    assert planned[0].trial.config["regime"] == {key: value for key, value in expected.items() if key != "name"}


def test_a_regime_of_the_suite_can_use_the_memory(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, with_regime('base = "memory"\ndecode_hints = true')).planned
    made = next(one.trial for one in planned if one.state == "to do")
    assert (made.similarity and made.similarity.name, len(made.similar_inputs)) == ("cosine", 1)
    told = faults_of(tmp_path, with_regime('base = "memory"').replace('similarity = "cosine"\n', ""))
    assert "trials[0].similarity: the regime mine needs one of: bilinear, cosine, dot" in told


def test_every_fault_of_a_regime_is_told(tmp_path: Path) -> None:
    text = with_regime('base = "hintz"\nencode_hint = true\ndecode_hints = 1\nname = "x"').replace(
        "[model]", "[regime.hints]\n[model]"
    )
    told = faults_of(tmp_path, text.replace('"mine"', '"mina"'))
    for fault in (
        "regime.mine.base: got 'hintz'; it must be one of: hints, decoded_only, no_hints, memory",
        "regime.mine.encode_hint: this key is not known. Did you mean 'encode_hints'?",
        "regime.mine.decode_hints: got 1; input should be a valid boolean",
        "regime.mine.name: the table's own name is the regime's",
        "regime.hints: this regime is built in; give yours another name",
        "regime.hints.base: this key is missing; give one of: hints",
        "trials[0].regimes[0]: regime 'mina' is not known. Did you mean 'mine'?",
    ):
        assert fault in told


def test_options_about_data_can_be_set_for_one_algorithm(tmp_path: Path) -> None:
    text = GOOD + "[evaluate.algorithm.bfs]\ncount = 9\n[train.algorithm.bfs]\nsizes = [5, 6]\n"
    text = text.replace("steps = 3", 'steps = 3\nselect = "best"').replace("sizes = [4]", "sizes = [4]\ncount = 10")
    by_name = {one.trial.name: one.trial.config for one in plan_of(tmp_path, text).planned}
    own = by_name["bfs"]["algorithms"]["bfs"]
    assert (own["train"], own["evaluate"]) == ({"sizes": [5, 6]}, {"count": 9})
    assert by_name["bfs"]["train"] == by_name["insertion_sort"]["train"]
    assert by_name["insertion_sort"]["algorithms"]["insertion_sort"]["train"] == {}


def test_every_fault_of_an_algorithms_own_options_is_told(tmp_path: Path) -> None:
    text = GOOD + (
        "[train.algorithm]\nbsf = {}\nbfs = { steps = 3, sizes = [0] }\ninsertion_sort = 3\n"
        "[evaluate.algorithm.bfs]\nseed = 3\ncount = 'many'\n"
    )
    told = faults_of(tmp_path, text)
    for fault in (
        "train.algorithm.bsf: algorithm 'bsf' is not known. Did you mean 'bfs'?",
        "train.algorithm.bfs.steps: this key cannot be set for one algorithm; these can: sizes, count,",
        "train.algorithm.bfs.sizes: got (0,); it must be one or more sizes of at least 1",
        "train.algorithm.insertion_sort: got 3; a table is needed",
        "evaluate.algorithm.bfs.seed: this key cannot be set for one algorithm; these can: sizes, count",
        "evaluate.algorithm.bfs.count: got 'many'; input should be a valid integer",
    ):
        assert fault in told


@pytest.mark.parametrize("key", ["algorithm", "shift"])
def test_tables_by_algorithm_are_tables(tmp_path: Path, key: str) -> None:
    text = GOOD.replace("[train.shift.bfs]\np = [0.3, 0.5]\n", "").replace(
        "seeds =", f"train = {{ {key} = 3 }}\nseeds ="
    )
    told = faults_of(tmp_path, text)
    assert f"trials[0].train.{key}: got 3; tables named after algorithms are needed" in told


def test_a_grid_s_own_table_replaces_the_suite_s_and_full_ids_are_names_too(tmp_path: Path) -> None:
    text = GOOD + '[train.algorithm."nar-bench/bfs"]\nsizes = [5]\n[train.algorithm.insertion_sort]\nsizes = [6]\n'
    text = text.replace("seeds =", "train = { algorithm = { insertion_sort = { count = 9 } } }\nseeds =")
    own = {
        one.trial.name: one.trial.config["algorithms"][one.trial.name]["train"]
        for one in plan_of(tmp_path, text).planned
    }
    assert own == {"bfs": {"sizes": [5]}, "insertion_sort": {"count": 9}}


ABLATION = (
    (
        GOOD.replace('"cosine"', "{ rbf = { bandwidth = 0.5 } }")
        .replace("seeds = [0, 1]", "seeds = [0]\nprocessor = { memory_mpnn = { heads = 2 } }")
        .replace("[train]", "[similarity.rbf]\nbandwidth = 2.0\n[train]")
        .replace('"hints", "memory"', '"memory"')
    )
    + """
[[trials]]
algorithms = ["bfs"]
processors = ["memory_mpnn"]
regimes = ["memory"]
similarity = "rbf"
seeds = [0]
[[trials]]
algorithms = ["bfs"]
processors = ["nar-bench/memory_mpnn"]
regimes = ["memory"]
similarity = { rbf = { } }
processor = { memory_mpnn = { idea_size = 8, pool = ["nodes", "edges"] } }
seeds = [0]
"""
)


def test_each_grid_can_give_options_of_its_processors_and_its_similarity(tmp_path: Path) -> None:
    trials = [one.trial for one in plan_of(tmp_path, ABLATION).planned if one.trial.processor.name == "memory_mpnn"]
    bfs = [trial for trial in trials if trial.name == "bfs"]
    assert [trial.config["similarity"] for trial in bfs] == [{"bandwidth": 0.5}, {"bandwidth": 2.0}, {"bandwidth": 2.0}]
    options = [trial.config["processor"] for trial in bfs]
    assert [(one["idea_size"], one["heads"], one["pool"]) for one in options] == [
        (4, 2, ["nodes"]),
        (4, 1, ["nodes"]),
        (8, 1, ["nodes", "edges"]),
    ]
    assert len({trial.id for trial in bfs}) == 3


def test_options_of_the_suite_are_found_by_the_full_id_too(tmp_path: Path) -> None:
    text = GOOD.replace("[processor.memory_mpnn]", '[processor."nar-bench/memory_mpnn"]')
    assert [one.trial for one in plan_of(tmp_path, text).planned] == [one.trial for one in plan_of(tmp_path).planned]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("heads = 2", "head = 2", "trials[0].processor.memory_mpnn.head: this key is not known. Did you mean 'heads'?"),
        ("heads = 2", "heads = 0", "trials[0].processor.memory_mpnn.heads: got 0; it must be at least 1"),
        ("memory_mpnn = {", "gat = {", "trials[0].processor.gat: the grid has no such processor; it has: mpnn, memory"),
        ("memory_mpnn = {", "gad = {", "trials[0].processor.gad: processor 'gad' is not known. Did you mean 'gat'?"),
        ("0.5", '"a"', "trials[0].similarity.rbf.bandwidth: got 'a'; input should be a valid number"),
        ("{ rbf =", "{ rbv =", "trials[0].similarity: similarity 'rbv' is not known. Did you mean 'rbf'?"),
        (
            "{ rbf = {",
            "{ cosine = {}, rbf = {",
            "trials[0].similarity: got {'cosine': {}, 'rbf': {'bandwidth': 0.5}}; ",
        ),
        ("{ rbf = { bandwidth = 0.5 } }", "3", "trials[0].similarity: got 3; one name is needed, or one table of "),
        ("{ memory_mpnn = { heads = 2 } }", "3", "trials[0].processor: got 3; input should be a valid dictionary"),
    ],
)
def test_each_fault_of_a_grids_options_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    told = faults_of(tmp_path, ABLATION.replace(old, new, 1))
    assert says in told
    assert ": 1 fault;" in told


def test_samples_can_be_drawn_from_the_test_distribution(tmp_path: Path) -> None:
    text = GOOD.replace("steps = 3", 'steps = 3\ndistribution = "test"').replace(
        "[train.shift.bfs]\np = [0.3, 0.5]", ""
    )
    shifts = [one.trial.config["algorithms"][one.trial.name]["train_shift"] for one in plan_of(tmp_path, text).planned]
    assert shifts == [{}] * len(shifts)


TOGETHER = GOOD.replace("seeds", "together = true\nseeds", 1)


def test_algorithms_together_are_one_trial(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, TOGETHER).planned
    assert len(planned) == 2 * 2 * 2
    assert {one.trial.name for one in planned} == {"bfs + insertion_sort"}
    memory = next(one.trial for one in planned if one.trial.regime == "memory" and one.state == "to do")
    assert [used.name for used in memory.similar_inputs] == ["reweighted_edges", "same_order"]
    assert memory.config["algorithms"]["bfs"]["train_shift"]["p"] == [0.3, 0.5]
    assert memory.config["algorithms"]["insertion_sort"]["train_shift"] == {"positions": "random"}


def test_one_that_cannot_be_trained_keeps_all_from_it_and_is_named(tmp_path: Path) -> None:
    text = TOGETHER.replace('"insertion_sort"', '"sparse_bfs", "insertion_sort"')
    reasons = {one.reason for one in plan_of(tmp_path, text, only=["hints", "mpnn"]).planned}
    assert len(reasons) == 1
    assert reasons.pop().startswith("sparse_bfs: ")
    text = TOGETHER.replace(
        '"memory_mpnn"]', '"memory_mpnn"]\nsimilar_inputs = { insertion_sort = "reweighted_edges" }'
    )
    text = text.replace('"mpnn", ', "").replace('"hints", ', "")
    (reason,) = {one.reason for one in plan_of(tmp_path, text).planned}
    assert reason.startswith("insertion_sort: reweighted_edges does not hold for insertion_sort")


def test_an_algorithm_is_together_with_others_only(tmp_path: Path) -> None:
    told = faults_of(tmp_path, TOGETHER.replace('"insertion_sort"', '"bfs"'))
    assert "trials[0].algorithms: bfs comes twice; together each may come once" in told


def test_only_keeps_a_trial_of_several_algorithms_where_all_are_named(tmp_path: Path) -> None:
    assert len(plan_of(tmp_path, TOGETHER, only=["insertion_sort", "bfs"]).planned) == 8
    with pytest.raises(SuiteError, match="Algorithms that are trained together must all be named"):
        plan_of(tmp_path, TOGETHER, only=["bfs"])
    both = TOGETHER + '[[trials]]\nalgorithms = ["bfs"]\nprocessors = ["mpnn"]\nregimes = ["hints"]\nseeds = [0]\n'
    assert [one.trial.name for one in plan_of(tmp_path, both, only=["bfs"]).planned] == ["bfs"]


def test_labels_add_what_tells_trials_apart_and_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    assert {one.trial.differs for one in plan_of(tmp_path).planned} == {""}
    grid = """
[[trials]]
algorithms = ["bfs"]
processors = ["memory_mpnn"]
regimes = ["memory"]
similarity = "cosine"
seeds = [0]
"""
    more = GOOD + grid + 'contrast = { negatives = "random", negative_count = 1 }\n' + grid + "model = { hidden = 4 }\n"
    labels = {one.trial.label for one in plan_of(tmp_path, more).planned if one.trial.processor.name == "memory_mpnn"}
    assert {label for label in labels if label.startswith("bfs / memory_mpnn / memory")} == {
        "bfs / memory_mpnn / memory (cosine) / seed 0",
        "bfs / memory_mpnn / memory (cosine) / seed 1",
        "bfs / memory_mpnn / memory (cosine) [negative_count=1, negatives=random] / seed 0",
        "bfs / memory_mpnn / memory (cosine) [hidden=4] / seed 0",
    }
    assert "insertion_sort / memory_mpnn / hints / seed 0" in labels
