"""Greater keys at the end: the order of all others stays, whichever way it is found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array
from nar_bench_similarity.appended_nodes import places, with_a_quarter_more


def appended_greatest_keys(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Append keys above the greatest there is, by at most 1 / N."""
    key = inputs["key"]
    above = 1.0 - stream.uniform(with_a_quarter_more(len(key)) - len(key))
    return {**inputs, **places(inputs), "key": np.concatenate([key, key.max() + above / len(key)])}


APPENDED_GREATEST_KEYS = SimilarInput(
    name="appended_greatest_keys",
    version=1,
    source="in a sorted order nothing comes between keys that are less than all new ones",
    invariant=Invariant.OUTPUT,
    algorithms=("bubble_sort", "heapsort", "insertion_sort", "minimum", "quicksort"),
    transform=appended_greatest_keys,
    nodes=with_a_quarter_more,
)
