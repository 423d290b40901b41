"""First match of a needle that may lie at the very end of the text, or be absent.

The algorithm and its hints are those of version 1; see docs/decisions/0002-corrected-versions.md.
"""

from __future__ import annotations

from dataclasses import replace

from nar_bench_clrs30.strings.instances import CHARACTERS, text_with_or_without_needle
from nar_bench_clrs30.strings.naive_string_matcher import NAIVE_STRING_MATCHER


def sample(rng, size, needle=0, alphabet=4, absent=0.25):
    """Draw a needle and a text (see `text_with_or_without_needle`)."""
    return text_with_or_without_needle(rng, size, needle, alphabet, absent)


NAIVE_STRING_MATCHER_V2 = replace(
    NAIVE_STRING_MATCHER,
    name="naive_string_matcher_v2",
    version=2,
    sample=sample,
    ranges={"alphabet": (2, CHARACTERS), "absent": (0.0, 1.0)},
)
