"""Depth-first search on directed graphs of many families, without self-loops.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.dfs import DFS
from nar_bench_clrs30.graphs.mixed import WORDS, directed_sample

DFS_V2 = replace(
    DFS,
    name="dfs_v2",
    version=2,
    sample=directed_sample,
    words=WORDS,
    training={"positions": "random"},
    growth=1,
)
