"""The edges that cut a graph, on graphs of many families.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.bridges import BRIDGES
from nar_bench_clrs30.graphs.mixed import WORDS, graph_sample

BRIDGES_V2 = replace(
    BRIDGES,
    name="bridges_v2",
    version=2,
    sample=graph_sample,
    words=WORDS,
    training={"positions": "random"},
    shallow={},
    growth=1.1,
)
