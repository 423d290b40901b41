"""Shortest paths by sweeps, on graphs of many families, whose paths grow with their size.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.bellman_ford import BELLMAN_FORD
from nar_bench_clrs30.graphs.mixed import WORDS, weighted_source_sample

BELLMAN_FORD_V2 = replace(
    BELLMAN_FORD,
    name="bellman_ford_v2",
    version=2,
    sample=weighted_source_sample,
    words=WORDS,
    training={"positions": "random"},
    growth=0.4,
)
