"""The LSTM between processor and decoders.

Source: Hochreiter and Schmidhuber 1997, with forget gates; in the form of the reference (Velickovic et al. 2022): one
linear map of [x, h] to the gates i, g, f, o, with 1 added to f.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from nar_bench.model.linear import linear

LstmState = tuple[Tensor, Tensor]


class Lstm(nn.Module):
    """Works on each node by itself."""

    def __init__(self, hidden: int, generator: Generator) -> None:
        super().__init__()
        self.gates = linear(2 * hidden, 4 * hidden, generator)

    def forward(self, x: Float[Tensor, "B N H"], state: LstmState) -> tuple[Float[Tensor, "B N H"], LstmState]:
        """Return the new hidden vectors and the new state (hidden, cell)."""
        before, cell = state
        i, g, f, o = self.gates(torch.cat([x, before], dim=-1)).chunk(4, dim=-1)
        cell = (f + 1).sigmoid() * cell + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * cell.tanh()
        return hidden, (hidden, cell)
