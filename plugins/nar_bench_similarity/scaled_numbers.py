"""All numbers times one positive number: sums and products keep their order."""

from __future__ import annotations

from collections.abc import Mapping

from nar_bench.data.random import Stream
from nar_bench.plugin.contracts import Invariant, SimilarInput
from nar_bench.trajectory import Array


def scaled_numbers(stream: Stream, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Multiply `key`, `p` and `q`, where there, by 1/4, 1/2, 2 or 4.

    Powers of two, because only they scale every sum and product without rounding.
    """
    factor = (0.25, 0.5, 2.0, 4.0)[int(stream.uniform(1)[0] * 4)]
    return {**inputs, **{name: inputs[name] * factor for name in ("key", "p", "q") if name in inputs}}


SCALED_NUMBERS = SimilarInput(
    name="scaled_numbers",
    version=1,
    source="costs are sums of products of equal degree in the numbers (CLRS 3rd edition, sections 4.1, 15.2 and 15.5)",
    invariant=Invariant.DISCRETE_HINTS,
    algorithms=(
        "find_maximum_subarray_kadane",
        "matrix_chain_order",
        "optimal_bst",
    ),
    transform=scaled_numbers,
)
