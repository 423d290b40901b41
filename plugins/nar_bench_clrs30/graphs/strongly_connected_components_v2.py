"""The strongly connected components of directed graphs whose number of components grows with their size.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.graphs.mixed import WORDS, directed_sample
from nar_bench_clrs30.graphs.strongly_connected_components import STRONGLY_CONNECTED_COMPONENTS

STRONGLY_CONNECTED_COMPONENTS_V2 = replace(
    STRONGLY_CONNECTED_COMPONENTS,
    name="strongly_connected_components_v2",
    version=2,
    sample=directed_sample,
    ranges={"p": (0.0, 1.0)},
    words=WORDS,
    training={"positions": "random"},
)
