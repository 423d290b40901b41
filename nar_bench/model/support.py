"""Which specs the dense network can be built for; needs no torch, so that a plan can ask."""

from __future__ import annotations

from nar_bench.spec import AlgorithmSpec, Feature, Layout, Location, Stage, Type


def unsupported_reason(spec: AlgorithmSpec) -> str:
    """Return "" where the network can be built for `spec`, or why it cannot."""
    if spec.layout is Layout.SPARSE:
        return "its graphs are sparse; the network has a place for every pair of nodes"
    reasons = [reason for feature in spec.features if (reason := _feature_reason(feature))]
    return "; ".join(reasons)


def _feature_reason(feature: Feature) -> str:
    where = f"{feature.stage} '{feature.name}'"
    if feature.type is Type.POINTER and feature.location is not Location.NODE:
        return f"{where} is a pointer on the {feature.location}; only pointers on nodes are encoded and decoded"
    if feature.given:
        return f"{where} is given at each step; only hints that are predicted are encoded"
    if feature.type is Type.PERMUTATION_POINTER and feature.stage is not Stage.OUTPUT:
        return f"{where} is a permutation_pointer; only outputs may be"
    return ""
