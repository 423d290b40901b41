"""Every registered component passes its kit, and every check of the kit catches a component broken on purpose."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from chosen import slow_unless_chosen
from conformance.broken_algorithms import BROKEN, HEALTHY
from conformance.broken_learnability import BROKEN_LEARNERS, BROKEN_TARGETS, LEARNER, TARGET
from conformance.broken_observers import BROKEN_OBSERVERS, OBSERVER
from conformance.broken_parts import (
    BROKEN_EXECUTORS,
    BROKEN_PROCESSORS,
    BROKEN_SIMILAR_INPUTS,
    BROKEN_SIMILARITIES,
    EXECUTOR,
    PROCESSOR,
    SIMILAR_INPUT,
    SIMILARITY,
)

from nar_bench.conformance import observers
from nar_bench.conformance.kit import CHECKED, Check, checks_for, checks_of, functions_of
from nar_bench.errors import ConformanceError, UnknownName
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

BROKEN_BY_KIND: dict[Kind, dict[str, tuple[Any, str]]] = {
    Kind.ALGORITHM: BROKEN,
    Kind.PROCESSOR: BROKEN_PROCESSORS,
    Kind.SIMILARITY: BROKEN_SIMILARITIES,
    Kind.SIMILAR_INPUT: BROKEN_SIMILAR_INPUTS,
    Kind.EXECUTOR: BROKEN_EXECUTORS,
    Kind.OBSERVER: BROKEN_OBSERVERS,
    Kind.TARGET: BROKEN_TARGETS,
    Kind.LEARNER: BROKEN_LEARNERS,
}
HEALTHY_BY_KIND = {
    Kind.ALGORITHM: HEALTHY,
    Kind.PROCESSOR: PROCESSOR,
    Kind.SIMILARITY: SIMILARITY,
    Kind.SIMILAR_INPUT: SIMILAR_INPUT,
    Kind.EXECUTOR: EXECUTOR,
    Kind.OBSERVER: OBSERVER,
    Kind.TARGET: TARGET,
    Kind.LEARNER: LEARNER,
}
REGISTERED = [entry.id for kind in CHECKED for entry in registry().entries(kind) if entry.source.is_own]
CHECKS = checks_of(*REGISTERED)


MORE_TO_COMPILE = {"every_word_of_an_axis_can_be_drawn": {"bfs"}, "cost_grows_as_declared": {"bfs", "sparse_bfs"}}
"""Checks that compile an algorithm once more, and for which of those that are always compiled they are quick tests."""


def parameter(check: Check) -> Any:
    if check.component in ("ray", "slurm"):
        return pytest.param(check, id=str(check), marks=pytest.mark.slow)
    if check.kind is not Kind.ALGORITHM:
        return pytest.param(check, id=str(check))
    if check.component not in MORE_TO_COMPILE.get(check.name, {check.component}):
        return pytest.param(check, id=str(check), marks=pytest.mark.slow)
    return slow_unless_chosen(check.component, check, id=str(check))


@pytest.mark.parametrize("check", [parameter(check) for check in CHECKS if check.kind is not Kind.SIMILAR_INPUT])
def test_every_registered_component_passes(check: Check) -> None:
    check()


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("check", [check for check in CHECKS if check.kind is Kind.SIMILAR_INPUT], ids=str)
def test_every_registered_similar_input_passes(check: Check) -> None:
    check()


@pytest.mark.parametrize("kind", CHECKED)
def test_the_healthy_stand_in_passes(kind: Kind) -> None:
    """So that what the broken ones fail is what was broken."""
    for check in checks_for(kind, HEALTHY_BY_KIND[kind]):
        check()


@pytest.mark.parametrize("kind", CHECKED)
def test_no_check_is_without_a_component_that_it_catches(kind: Kind) -> None:
    assert BROKEN_BY_KIND[kind].keys() == functions_of(kind).keys()


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, broken in BROKEN_BY_KIND.items() for name in broken])
def test_every_check_catches_what_it_is_for(kind: Kind, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observers, "_CLOSE_SECONDS", 0.1)
    component, says = BROKEN_BY_KIND[kind][name]
    (check,) = (check for check in checks_for(kind, component) if check.name == name)
    with pytest.raises(ConformanceError, match=says):
        check()


def test_a_known_failure_is_no_failure_until_it_passes() -> None:
    component, _ = BROKEN["verify_refuses_wrong_answers"]
    known = {"verify_refuses_wrong_answers": "the verifier is a stub"}
    checks = {check.name: check for check in checks_for(Kind.ALGORITHM, component, known)}
    checks["verify_refuses_wrong_answers"]()
    checks = {check.name: check for check in checks_for(Kind.ALGORITHM, HEALTHY, known)}
    with pytest.raises(ConformanceError, match=r"it passes, but is known to fail \(the verifier is a stub\)"):
        checks["verify_refuses_wrong_answers"]()


def test_unknown_checks_and_components_are_refused() -> None:
    with pytest.raises(UnknownName, match="check 'is_describd' is not known. Did you mean 'is_described'"):
        checks_for(Kind.ALGORITHM, HEALTHY, {"is_describd": "?"})
    with pytest.raises(UnknownName, match="component 'bffs' is not known. Did you mean 'bfs'"):
        checks_of("bffs")


def test_a_processor_that_claims_to_read_the_order_of_nodes_has_to() -> None:
    claims = dataclasses.replace(PROCESSOR, reads_order=True)
    (check,) = (check for check in checks_for(Kind.PROCESSOR, claims) if check.name == "relabelling_relabels")
    with pytest.raises(ConformanceError, match="relabelled nodes have the same hidden vectors"):
        check()


def test_a_processor_that_claims_a_state_of_its_own_has_to_have_one() -> None:
    claims = dataclasses.replace(PROCESSOR, own_state=True)
    checks = {check.name: check for check in checks_for(Kind.PROCESSOR, claims)}
    with pytest.raises(ConformanceError, match="own_state is True, but the state is None or holds"):
        checks["the_state_is_its_own_where_declared"]()
