"""More keys at the end: what reads the keys in order does the same until it comes to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array
from nar_bench_similarity.appended_nodes import places, with_a_quarter_more


def appended_keys(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Append keys that are uniform between the least and the greatest there is."""
    key = inputs["key"]
    new = key.min() + np.ptp(key) * stream.uniform(with_a_quarter_more(len(key)) - len(key))
    return {**inputs, **places(inputs), "key": np.concatenate([key, new])}


APPENDED_KEYS = SimilarInput(
    name="appended_keys",
    version=1,
    source="a loop over the keys in their order has not read the later ones (CLRS 3rd edition, sections 2.1 and 9.1)",
    invariant=Invariant.PREFIX,
    algorithms=("insertion_sort", "minimum"),
    transform=appended_keys,
    nodes=with_a_quarter_more,
)
