"""Shortest paths, nearest node first, on graphs of many families, weights uniform.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.dijkstra import DIJKSTRA
from nar_bench_clrs30.graphs.mixed import WORDS, weighted_source_sample

DIJKSTRA_V2 = replace(
    DIJKSTRA,
    name="dijkstra_v2",
    version=2,
    sample=weighted_source_sample,
    words=WORDS,
    training={"positions": "random"},
    growth=1,
)
