"""The `pos` input of CLRS-30: an order of the nodes that breaks ties."""

from __future__ import annotations

import numpy as np


def ordered_positions(n):
    return np.arange(n) / n
