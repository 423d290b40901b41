"""What tells trials apart: enough, nothing that is no difference, and the same words for every algorithm."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import CONFIG, record, used

from nar_bench.results.differences import Named, told_apart
from nar_bench.results.record import Record, Used


def trial(algorithm: str = "bfs", *, similar: str = "", version: int = 1, **sections: dict[str, Any]) -> Record:
    config = {**CONFIG, **{name: {**CONFIG.get(name, {}), **values} for name, values in sections.items()}}
    made = record(algorithm=algorithm, config=config, similar_inputs=[used(similar)] if similar else [])
    return made.model_copy(update={"processor": Used(**used("mpnn", version=version))})


def told(*trials: Record) -> list[str]:
    return told_apart([Named(one.method, one.algorithms[0].name, one) for one in trials])


def test_of_two_both_say_what_differs_and_equal_ones_nothing() -> None:
    assert told(trial(), trial(model={"hidden": 16})) == ["hidden=8", "hidden=16"]
    assert told(trial(), trial(), trial("dfs", model={"hidden": 16})) == ["", "", ""]


def test_of_several_the_usual_value_is_not_told() -> None:
    found = told(trial(), trial(model={"hidden": 16}), trial(train={"steps": 5}))
    assert found == ["", "hidden=16", "steps=5"]


def test_a_method_is_called_the_same_on_an_algorithm_where_it_is_alone() -> None:
    found = told(trial(), trial(model={"hidden": 16}), trial(train={"steps": 5}), trial("dfs", train={"steps": 5}))
    assert found == ["", "hidden=16", "steps=5", "steps=5"]


def test_what_differs_between_algorithms_alone_is_not_told() -> None:
    own = {"algorithms": {"dfs": {"train": {"sizes": [4]}}}}
    found = told(trial(), trial(model={"hidden": 9}), trial("dfs", evaluate={"sizes": [8]}, **own))
    assert found == ["hidden=8", "hidden=9", "hidden=8"]


def test_pairs_versions_and_options_of_one_name_are_told_in_words() -> None:
    contrast = told(trial(contrast={"negatives": "all"}), trial(contrast={"negatives": "random"}))
    assert contrast == ["negatives=all", "negatives=random"]
    assert told(trial(similar="same_order"), trial(similar="scaled_numbers")) == [
        "similar_inputs=same_order",
        "similar_inputs=scaled_numbers",
    ]
    assert told(trial(), trial(version=2)) == ["nar-bench/mpnn version=1", "nar-bench/mpnn version=2"]
    both = told(trial(), trial(train={"sizes": [4]}, evaluate={"sizes": [8]}))
    assert both == ["evaluate.sizes=[16, 64], train.sizes=[4, 16]", "evaluate.sizes=[8], train.sizes=[4]"]


SECTIONS = st.fixed_dictionaries(
    {name: st.fixed_dictionaries({"a": st.integers(0, 2)}, optional={"b": st.none() | st.just("x")}) for name in "uvw"}
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["bfs", "dfs"]), SECTIONS), min_size=1, max_size=6))
def test_unlike_trials_of_one_algorithm_never_read_alike(made: list[tuple[str, dict[str, Any]]]) -> None:
    texts = told(*(trial(algorithm, **sections) for algorithm, sections in made))
    for (one, sections), text in zip(made, texts, strict=True):
        for (other, others), another in zip(made, texts, strict=True):
            if one == other:
                assert (text == another) == (given_all(sections) == given_all(others))


def given_all(sections: dict[str, Any]) -> dict[str, Any]:
    """None and no value are the same."""
    return {name: {key: value for key, value in one.items() if value is not None} for name, one in sections.items()}
