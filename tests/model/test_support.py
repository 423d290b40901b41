from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES, Regime
from nar_bench.model.support import processor_reason, unsupported_reason
from nar_bench.plugin.contracts import Processor
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type

X = Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR)
OUT = Feature("y", Stage.OUTPUT, Location.NODE, Type.MASK)
SPEC = AlgorithmSpec((X, OUT))
HINTS = REGIMES["hints"]


@dataclass(frozen=True)
class Options:
    pass


def processor(unsupported: Any) -> Processor:
    plain = Processor("plain", 1, "a test", Options, lambda config, hidden: None)
    return replace(plain, unsupported=unsupported) if unsupported else plain


GIVEN = Feature("numbers", Stage.HINT, Location.NODE, Type.SCALAR, given=True)


def test_each_layout_takes_what_has_a_form_for_it() -> None:
    dense, sparse = NetConfig(), NetConfig(layout="sparse")
    on_sparse_graphs = AlgorithmSpec((X, OUT), Layout.SPARSE)
    edge = Feature("A", Stage.INPUT, Location.EDGE, Type.MASK)
    along = AlgorithmSpec((edge, OUT), along_edges=True)
    assert unsupported_reason(SPEC, HINTS, dense) == ""
    assert "set model.layout = 'sparse'" in unsupported_reason(on_sparse_graphs, HINTS, dense)
    assert unsupported_reason(on_sparse_graphs, HINTS, sparse) == ""
    assert unsupported_reason(along, HINTS, sparse) == unsupported_reason(along, HINTS, dense) == ""
    for spec in (SPEC, AlgorithmSpec((edge, OUT))):
        assert "has no sparse form" in unsupported_reason(spec, HINTS, sparse)


def test_a_processor_without_a_form_for_a_layout_is_refused() -> None:
    sparse, spec = NetConfig(layout="sparse"), AlgorithmSpec((X, OUT), Layout.SPARSE)
    said = processor_reason(processor(None), Options(), spec, HINTS, sparse)
    assert said == "plain has no form for the sparse layout, only for dense"
    both = replace(processor(None), layouts=(Layout.DENSE, Layout.SPARSE))
    assert processor_reason(both, Options(), spec, HINTS, sparse) == ""


@pytest.mark.parametrize("regime", list(REGIMES.values()), ids=list(REGIMES))
def test_given_hints_take_the_steps_of_the_true_run(regime: Regime) -> None:
    """Beyond it there are none, which would tell where it ends."""
    spec = AlgorithmSpec((X, GIVEN, OUT))
    assert unsupported_reason(spec, regime, NetConfig()) == ""
    for budget in ("linear", "learned"):
        other = replace(regime, budget=budget)
        assert unsupported_reason(SPEC, other, NetConfig()) == ""
        said = processor_reason(processor(None), Options(), spec, other, NetConfig())
        assert re.search(rf"its hint 'numbers' is given .* \(budget '{budget}'\) .* 'oracle' is possible", said)


def test_a_processor_that_says_nothing_supports_what_the_network_does() -> None:
    assert processor_reason(processor(None), Options(), SPEC, HINTS, NetConfig()) == ""
    sparse = AlgorithmSpec((X, OUT), Layout.SPARSE)
    assert "its graphs are sparse" in processor_reason(processor(None), Options(), sparse, HINTS, NetConfig())


def test_a_processor_is_asked_with_its_options_the_spec_the_regime_and_the_network() -> None:
    asked: list[Any] = []

    def unsupported(*args: Any) -> str:
        asked.extend(args)
        return "it needs a larger network"

    options, config = Options(), NetConfig(4)
    said = processor_reason(processor(unsupported), options, SPEC, HINTS, config)
    assert said == "plain: it needs a larger network"
    assert asked == [options, SPEC, HINTS, config]


@pytest.mark.parametrize(
    ("unsupported", "says"),
    [
        (lambda *asked: 1 / 0, r"its unsupported\(\) raised ZeroDivisionError"),
        (lambda: "", r"its unsupported\(\) raised TypeError"),
        (lambda *asked: None, r"its unsupported\(\) returned None, no string"),
        (lambda *asked: False, r"its unsupported\(\) returned False, no string"),
    ],
)
def test_a_processor_that_cannot_say_is_not_supported_and_nothing_falls(unsupported: Any, says: str) -> None:
    assert re.search(says, processor_reason(processor(unsupported), Options(), SPEC, HINTS, NetConfig()))
