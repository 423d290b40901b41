"""What layers that read nothing on edges cannot take; needs neither DGL nor torch."""

from __future__ import annotations

from nar_bench.spec import AlgorithmSpec, Layout, Location, Type


def reads_no_edges(spec: AlgorithmSpec) -> str:
    """Return "" or why such a layer is refused: the graph is sparse and weighted.

    In the dense layout every graph algorithm of CLRS-30 has weights, be they all 1, so nothing is refused there.
    """
    if spec.layout is Layout.DENSE:
        return ""
    name = next((f.name for f in spec.inputs if f.location is Location.EDGE and f.type is Type.SCALAR), "")
    return f"it does not read the numbers on edges that '{name}' gives; dgl_gine does" if name else ""
