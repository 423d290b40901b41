from __future__ import annotations

from nar_bench.model.support import unsupported_reason
from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type

X = Feature("x", Stage.INPUT, Location.NODE, Type.SCALAR)


def test_every_reason_is_named_with_its_feature() -> None:
    spec = AlgorithmSpec(
        (
            X,
            Feature("order", Stage.HINT, Location.NODE, Type.PERMUTATION_POINTER),
            Feature("who", Stage.OUTPUT, Location.GRAPH, Type.POINTER),
        )
    )
    reason = unsupported_reason(spec)
    assert "hint 'order' is a permutation_pointer; only outputs may be" in reason
    assert "output 'who' is a pointer on the graph" in reason


def test_everything_else_is_supported() -> None:
    others = [
        Feature(f"f{location}{type_}", Stage.OUTPUT, location, type_, 3 if type_ is Type.CATEGORICAL else 0)
        for location in Location
        for type_ in (Type.SCALAR, Type.MASK, Type.CATEGORICAL)
    ]
    nodes = [
        Feature(type_, Stage.OUTPUT, Location.NODE, type_)
        for type_ in (Type.MASK_ONE, Type.POINTER, Type.PERMUTATION_POINTER)
    ]
    assert unsupported_reason(AlgorithmSpec((X, *others, *nodes))) == ""


def test_sparse_graphs_and_given_hints_are_refused() -> None:
    given = Feature("numbers", Stage.HINT, Location.NODE, Type.SCALAR, given=True)
    out = Feature("y", Stage.OUTPUT, Location.NODE, Type.MASK)
    assert "hint 'numbers' is given at each step" in unsupported_reason(AlgorithmSpec((X, given, out)))
    assert "its graphs are sparse" in unsupported_reason(AlgorithmSpec((X, out), Layout.SPARSE))
