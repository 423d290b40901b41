"""Breadth-first search on graphs of many families, whose depth grows with their size.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.bfs import BFS
from nar_bench_clrs30.graphs.mixed import WORDS, source_sample

BFS_V2 = replace(
    BFS,
    name="bfs_v2",
    version=2,
    sample=source_sample,
    words=WORDS,
    training={"positions": "random"},
    growth=0.4,
)
