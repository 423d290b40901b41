"""What estimates say together, from records made for it."""

from __future__ import annotations

from typing import Any

import pytest

from nar_bench.alignment.figure import Mark, Series, figure
from nar_bench.alignment.record import AlignmentRecord, Question, Result
from nar_bench.alignment.report import complexity_pictures, growth_verdict, ratio_pictures, to_html, to_json
from nar_bench.alignment.study import study
from nar_bench.results.record import SuiteName, Used


def used(name: str) -> Used:
    return Used(
        name=name,
        id=f"nar-bench/{name}",
        version=1,
        distribution="nar-bench",
        distribution_version="0",
        source_hash="0",
    )


def record(
    learner: str,
    size: int,
    value: float | None,
    *,
    what: str = "pairwise_sum",
    eps: float = 0.25,
    state: str = "measured",
    bounds: tuple[int | None, int | None] | None = None,
    target: dict[str, Any] | None = None,
    kind: str = "function",
    regime: str = "",
    modules: dict[str, str] | None = None,
    complexity: float | None = None,
) -> AlignmentRecord:
    low, high = bounds or (int((value or 1) * 0.8), int((value or 1) * 1.3) + 1)
    return AlignmentRecord.model_validate(
        {
            "schema": 1,
            "estimate": f"{what}-{learner}-{regime}-{size}-{eps:g}-{target}",
            "state": "done",
            "suite": SuiteName(name="made", version=1),
            "question": Question.model_validate(
                {
                    "kind": kind,
                    "what": used(what),
                    "learner": used(learner),
                    "regime": regime,
                    "size": size,
                    "eps": eps if kind == "function" else None,
                    "unit": "deviation",
                    "absolute_eps": eps,
                    "delta": 0.1,
                    "config": {"target": target or {}, "learner": {}},
                }
            ),
            "modules": modules or {},
            "complexity": complexity,
            "result": Result.model_validate({"state": state, "value": value, "low": low, "high": high, "level": 0.95}),
            "cells": [],
            "runs": [],
            "started": "",
            "finished": "",
            "seconds": 1.0,
            "environment": {"cpu": "a", "git_commit": "b"},
        }
    )


def corollary() -> list[AlignmentRecord]:
    sizes = (2, 3, 4, 6, 8)
    return [
        *(record("mlp", n, 5.0 * n**2) for n in sizes),
        *(record("gnn", n, 10.0 + n % 2) for n in sizes),
        *(record("deep_sets", n, None, state="more than", bounds=(64, None)) for n in sizes),
    ]


def test_the_ratio_of_corollary_1_has_the_exponent_that_was_put_in() -> None:
    (deep_sets, gnn) = study(corollary()).ratios
    assert gnn.exponent is not None
    assert gnn.exponent.value == pytest.approx(2, abs=0.1)
    assert gnn.exponent.holds(2)
    assert [n for n, _ in gnn.points] == [2, 3, 4, 6, 8]
    assert (deep_sets.exponent, deep_sets.left_out) == (None, 5)


def test_growth_is_of_one_thing_alone_and_beside_the_prediction() -> None:
    made = [
        record("ntk", 4, 3.0 / eps, what="polynomial", eps=eps, target={"powers": [2]}, complexity=2.0)
        for eps in (0.05, 0.1, 0.2, 0.4)
    ]
    other = record("ntk", 4, 99.0, what="polynomial", eps=0.8, target={"powers": [4]}, complexity=4.0)
    (found,) = study([*made, other]).growths
    assert (found.factor, found.what) == ("eps", "polynomial")
    assert found.exponent.value == pytest.approx(-1)
    assert found.predicted == pytest.approx(-2)
    assert growth_verdict(found) == "not predicted: C depends on it less than the bound does"


@pytest.mark.parametrize(
    ("network", "verdict"),
    [((10, 30), "as claimed"), ((300, 400), "not as claimed"), ((30, 100), "not decided")],
)
def test_a_claim_is_judged_by_intervals(network: tuple[int, int], verdict: str) -> None:
    message = record("mlp", 1, 20.0, what="path_sum", bounds=(16, 32))
    update = record("mlp", 1, 4.0, what="identity", bounds=(3, 6))
    whole = record(
        "gnn",
        4,
        20.0,
        what="bellman_ford_step",
        bounds=network,
        modules={"message": message.estimate, "update": update.estimate},
    )
    (found,) = study([message, update, whole]).alignments
    assert (found.sum_bound, found.sum_low, found.sum_high) == (40.0, 32, 64)
    assert found.sum_told == "40 (32 to 64)"
    assert found.verdict.startswith(verdict)


@pytest.mark.parametrize(
    ("value", "bounds", "state", "told"),
    [
        (None, (None, 5), "at most", "40 (32 to 64)"),
        (None, (None, 30), "at most", "32 to 64"),
        (None, (2048, None), "more than", "> 4,096"),
    ],
)
def test_what_is_censored_counts_by_what_is_known_of_it(
    value: float | None, bounds: tuple[int | None, int | None], state: str, told: str
) -> None:
    message = record("mlp", 1, 20.0, what="path_sum", bounds=(16, 32))
    update = record("mlp", 1, value, what="identity", bounds=bounds, state=state)
    modules = {"message": message.estimate, "update": update.estimate}
    whole = record("gnn", 4, 20.0, what="bellman_ford_step", bounds=(10, 30), modules=modules)
    (found,) = study([message, update, whole]).alignments
    assert found.sum_told == told


def test_the_board_says_what_is_censored() -> None:
    made = [
        record("mpnn", 16, None, kind="algorithm", what="bfs", regime="hints", state="at most", bounds=(None, 4)),
        record("mpnn", 64, None, kind="algorithm", what="bfs", regime="hints", state="more than", bounds=(1024, None)),
    ]
    assert [(row.by, row.size, row.told) for row in study(made).board] == [
        ("mpnn / hints", 16, "<= 4"),
        ("mpnn / hints", 64, "> 1,024"),
    ]


def test_options_that_differ_are_told() -> None:
    made = [record("ntk", 4, 9.0, target={"powers": [p], "seed": 0}) for p in (2, 4)]
    assert [row.what for row in study(made).rows] == ["pairwise_sum [powers=2]", "pairwise_sum [powers=4]"]


def test_pages_hold_what_was_found_and_are_the_same_for_the_same_records() -> None:
    page = to_html(study(corollary()))
    assert page == to_html(study(list(reversed(corollary()))))
    assert "within the interval" in page
    assert "&gt; 64" in page
    assert "<script" not in page
    assert '"exponent"' in to_json(study(corollary()))


def test_figures_show_every_point() -> None:
    made = study(corollary())
    (one,) = complexity_pictures(made)
    assert one.svg.count('class="mark"') == 10
    assert one.svg.count('class="open"') == 5
    (ratio,) = ratio_pictures(made)
    assert ratio.svg.count('class="mark"') == 5
    assert "n^2." in ratio.svg or "n^1.9" in ratio.svg


def test_an_estimate_that_is_open_on_both_sides_has_no_mark() -> None:
    open_ = [record("mlp", n, None, state="open", bounds=(None, None)) for n in (2, 3)]
    made = study([*open_, *(record("gnn", n, 9.0) for n in (2, 3))])
    (one,) = complexity_pictures(made)
    assert one.svg.count('class="mark"') == 2
    assert 'class="open"' not in one.svg
    assert "open" in to_html(made)


def test_a_figure_of_nothing_is_nothing() -> None:
    assert figure([], "x", "y") == ""


def test_names_in_a_figure_are_text() -> None:
    assert "<b>" not in figure([Series("<b>", (Mark(1, 2), Mark(2, 3)))], "x", "y")
