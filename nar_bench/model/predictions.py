"""What a network predicts in one pass over all its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

from nar_bench.model.sparse_graph import SparseGraph

KeepHints = Callable[[dict[str, Tensor], SparseGraph | None], dict[str, Tensor]]
"""Takes the raw hints of a step, of the samples that still run, and returns what is kept of them, by name; in the
sparse layout it is given their graphs too."""


class Predictions(NamedTuple):
    """What one forward pass yields, raw (see `nar_bench.model.decoders`); in float32 under autocast too."""

    outputs: dict[str, Tensor]
    """name -> [B, ...]; a permutation output `p` has `p` and `p_mask`, the logits [B, N] of its first node."""
    hints: dict[str, Tensor]
    """name -> [S, B, ...], what was kept of each step's, of which prediction i is of hint i + 1, zero beyond a sample's
    own last step; empty where the regime decodes no hints."""
    ideas: Float[Tensor, "B S K"] | None
    """What the processor wrote, zero beyond a sample's own last step, or None."""
    steps: Int[Tensor, " B"]
    """How many steps each sample made, in [1, S]."""
    halting: Float[Tensor, "S B"] | None = None
    """Logits that step i is the last, where that is learned."""
    penalties: Float[Tensor, "S B"] | None = None
    """What the processor adds to the loss at each step, summed over its message-passing steps, or None."""
    nodes: tuple[Float[Tensor, "B N H"], ...] | None = None
    """The hidden vectors that each of the S steps ends with, zero beyond a sample's own last step; None but in training
    in a regime that contrasts them."""
