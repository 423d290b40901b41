"""Which specs the dense network can be built for; needs no torch, so that a plan can ask."""

from __future__ import annotations

from nar_bench.spec import AlgorithmSpec, Layout


def unsupported_reason(spec: AlgorithmSpec) -> str:
    """Return "" where the network can be built for `spec`, or why it cannot."""
    if spec.layout is Layout.SPARSE:
        return "its graphs are sparse; the network has a place for every pair of nodes"
    return ""
