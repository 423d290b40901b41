"""A minimum spanning tree, grown from one node, on graphs of many families, weights uniform.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.mixed import WORDS, weighted_source_sample
from nar_bench_clrs30.graphs.mst_prim import MST_PRIM

MST_PRIM_V2 = replace(
    MST_PRIM,
    name="mst_prim_v2",
    version=2,
    sample=weighted_source_sample,
    words=WORDS,
    training={"positions": "random"},
    growth=1,
)
