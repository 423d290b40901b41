"""The median, by partition, with a rank that means one thing.

Version 1 counts `i_rank` from the start of the array while it scans, and from p after the partition; here it is always
counted from p, as `target` is. See docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.searching.quickselect import QUICKSELECT, selection


def quickselect_v2(key, median):
    """Find the node whose key has rank n // 2."""
    yield from selection(key, median, False)


QUICKSELECT_V2 = replace(QUICKSELECT, name="quickselect_v2", version=2, step=quickselect_v2)
