"""A minimum spanning tree, lightest edge first, on graphs of many families, weights uniform.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.mixed import WORDS, weighted_sample
from nar_bench_clrs30.graphs.mst_kruskal import MST_KRUSKAL

MST_KRUSKAL_V2 = replace(
    MST_KRUSKAL,
    name="mst_kruskal_v2",
    version=2,
    sample=weighted_sample,
    words=WORDS,
    training={"positions": "random"},
    growth=1.3,
)
