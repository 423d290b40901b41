from __future__ import annotations

from nar_bench.model.support import unsupported_reason
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type

X = Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR)


def test_only_sparse_graphs_are_refused() -> None:
    given = Feature("numbers", Stage.HINT, Location.NODE, Type.SCALAR, given=True)
    out = Feature("y", Stage.OUTPUT, Location.NODE, Type.MASK)
    assert unsupported_reason(AlgorithmSpec((X, given, out))) == ""
    assert "its graphs are sparse" in unsupported_reason(AlgorithmSpec((X, out), Layout.SPARSE))
