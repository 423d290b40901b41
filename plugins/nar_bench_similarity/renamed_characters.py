"""The same strings in other characters: matching only asks whether two are equal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def renamed_characters(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Exchange the characters of `key` by a permutation of the alphabet of four."""
    return {**inputs, "key": stream.permutation(4)[inputs["key"]].astype(np.int8)}


RENAMED_CHARACTERS = SimilarInput(
    name="renamed_characters",
    version=1,
    source="matching only asks whether two characters are equal (CLRS 3rd edition, chapter 32 and section 15.4)",
    invariant=Invariant.TRAJECTORY,
    algorithms=(
        "kmp_matcher",
        "kmp_matcher_v2",
        "lcs_length",
        "naive_string_matcher",
        "naive_string_matcher_v2",
    ),
    transform=renamed_characters,
)
