"""The identity of a trial changes with what changes its result, and with nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from runner.test_suite import GOOD, plan_of

from nar_bench.results.record import Used
from nar_bench.runner.expansion import _identifying, definition_of
from nar_bench.runner.identity import module_hash, trial_id, trial_ids


def ids(tmp_path: Path, old: str = "", new: str = "") -> list[str]:
    text = GOOD.replace(old, new) if old else GOOD
    assert not old or text != GOOD
    return [one.trial.id for one in plan_of(tmp_path, text).planned]


def test_the_hash_of_a_definition_stays_what_it_is() -> None:
    """Were this to change, every result ever stored would be run anew; raise PROTOCOL if that is what is meant."""
    assert trial_id({"a": [1, 2.5, None], "b": {"c": "d"}}) == GOLDEN
    assert trial_id({"b": {"c": "d"}, "a": [1, 2.5, None]}) == GOLDEN


GOLDEN = "d9026c36f78cde18"


def test_ids_of_several_seeds_are_those_of_each() -> None:
    definition = {"components": ["seed", 0], "config": {"seed": 0}, "regime": "hints"}
    seeds = [3, 0, 2**63 - 1, 10]
    assert trial_ids(definition, seeds) == [trial_id({**definition, "seed": seed}) for seed in seeds]
    with pytest.raises(AssertionError):
        trial_ids({**definition, "zebra": 1}, seeds)  # what sorts after the seed cannot be shared


def test_the_identity_of_a_trial_stays_what_it_is(tmp_path: Path) -> None:
    """Were this to change, every result would be run anew: leave a new option out where it is its default."""
    text = GOOD.replace("seeds = [0, 1]", "seeds = [1]").replace('["bfs", "insertion_sort"]', '["bfs"]')
    trial = plan_of(tmp_path, text).planned[-1].trial
    used = Used(name="n", id="d/n", version=1, distribution="d", distribution_version="1", source_hash="0" * 16)
    trial = dataclasses.replace(trial, algorithms=(used,), processor=used, similarity=used, similar_inputs=(used,))
    assert trial.regime == "memory"
    assert trial_id(definition_of(trial)) == "398d3544d06c0f52"


def test_the_definition_of_a_trial_is_what_its_identity_is_made_of(tmp_path: Path) -> None:
    for one in plan_of(tmp_path, TOGETHER).planned:
        assert one.trial.id == trial_id(definition_of(one.trial))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hidden = 8", "hidden = 9"),
        ("hidden = 8", 'hidden = 8\nlayout = "sparse"'),
        ("idea_size = 4", "idea_size = 5"),
        ("steps = 3", "steps = 4"),
        ("sizes = [4]", "sizes = [5]"),
        ("p = [0.3, 0.5]", "p = [0.3]"),
        ("count = 2", "count = 3"),
        ('"cosine"', '"dot"'),
        ("steps = 3", 'steps = 3\nselect = "best"'),
        ("steps = 3", "steps = 3\ncount = 100"),
        ("steps = 3", "steps = 3\naccelerate = true"),
        ("steps = 3", "steps = 3\nprojection = 4"),
        ("steps = 3", 'steps = 3\nstep_weights = "late"'),
        ("steps = 3", "steps = 3\nstep_weights = [0.5, 1.0]"),
        ("steps = 3", 'steps = 3\ndistribution = "test"'),
        ("[train.shift.bfs]", "[train.algorithm.bfs]\nsizes = [5]\n[train.shift.bfs]"),
        ("[evaluate]", "[evaluate.algorithm.bfs]\ncount = 3\n[evaluate]"),
        ("seeds = [0, 1]", "seeds = [0, 1]\ntogether = true"),
    ],
)
def test_it_changes_with_what_changes_the_result(tmp_path: Path, old: str, new: str) -> None:
    assert set(ids(tmp_path)) != set(ids(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "small"', 'name = "other"\nsummary = "words"'),
        ("steps = 3", "steps = 3\ncheckpoint_every = 7"),
        ("version = 1", "version = 2"),
        ("[evaluate]", "# a comment\n[evaluate]"),
        ("steps = 3", 'steps = 3\nupdate = "average"'),
        ("steps = 3", "steps = 3\naccelerate = false"),
        ("hidden = 8", 'hidden = 8\nlayout = "dense"'),
        ("steps = 3", 'steps = 3\nprojection = 0\nstep_weights = "uniform"'),
        ("steps = 3", "steps = 3\nvalidate_every = 7\nvalidation_count = 3\nvalidation_size = 5"),
    ],
)
def test_it_does_not_change_with_anything_else(tmp_path: Path, old: str, new: str) -> None:
    assert ids(tmp_path) == ids(tmp_path, old, new)


def test_options_that_came_later_are_no_part_of_it_where_they_are_the_default(tmp_path: Path) -> None:
    """So that what was trained before them is not trained anew."""
    train = _identifying(plan_of(tmp_path).planned[0].trial.config)["train"]
    assert not {"accelerate", "projection", "step_weights"} & train.keys()
    changed = GOOD.replace("steps = 3", 'steps = 3\nprojection = 4\nstep_weights = "mean"')
    train = _identifying(plan_of(tmp_path, changed).planned[0].trial.config)["train"]
    assert (train["projection"], train["step_weights"]) == (4, "mean")


MINE = GOOD.replace('"hints", "memory"', '"mine"').replace("[model]", '[regime.mine]\nbase = "hints"\n[model]')


def test_the_values_of_a_regime_count(tmp_path: Path) -> None:
    changed = MINE.replace('base = "hints"', 'base = "hints"\nencode_hints = false')
    one, other = ([planned.trial.id for planned in plan_of(tmp_path, text).planned] for text in (MINE, changed))
    assert not set(one) & set(other)


TOGETHER = GOOD.replace("seeds", "together = true\nseeds", 1)


def test_together_order_and_kind_of_update_count(tmp_path: Path) -> None:
    texts = (
        TOGETHER,
        TOGETHER.replace('"bfs", "insertion_sort"', '"insertion_sort", "bfs"'),
        TOGETHER.replace("steps = 3", 'steps = 3\nupdate = "average"'),
    )
    several = [{one.trial.id for one in plan_of(tmp_path, text).planned} for text in texts]
    assert len(set.union(*several)) == sum(len(one) for one in several)


def test_one_algorithm_together_is_the_trial_that_it_is_alone(tmp_path: Path) -> None:
    alone = GOOD.replace('"bfs", "insertion_sort"', '"bfs"')
    together = alone.replace("seeds", "together = true\nseeds", 1)
    one, other = ([planned.trial for planned in plan_of(tmp_path, text).planned] for text in (alone, together))
    assert one == other


def test_every_trial_has_its_own(tmp_path: Path) -> None:
    assert len(set(ids(tmp_path))) == len(ids(tmp_path))


def test_source_counts_and_comments_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    versions = {
        "plain": "from hashed_{0}.inner import f\ndef g(): return f()\n",
        "comment": '"""Doc."""\nfrom hashed_{0}.inner import f  # why\n\n\ndef g():\n    """Doc."""\n    return f()\n',
        "change": "from hashed_{0}.inner import f\ndef g(): return f() + 1\n",
        "inner": "from hashed_{0}.inner import f\ndef g(): return f()\n",
    }
    hashes = {}
    for name, source in versions.items():
        package = tmp_path / "hashed_package"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "inner.py").write_text("def f(): return 2" if name == "inner" else "def f(): return 1")
        (package / "outer.py").write_text(source.format("package"))
        module_hash.cache_clear()
        hashes[name] = module_hash("hashed_package.outer")
    assert hashes["plain"] == hashes["comment"]
    assert len({hashes["plain"], hashes["change"], hashes["inner"]}) == 3
