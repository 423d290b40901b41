"""Linear maps of many rows, where automatic differentiation does not look on."""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor


def mapped(
    rows: Float[Tensor, "R K"],
    weight: Float[Tensor, "H K"],
    bias: Float[Tensor, " H"] | None = None,
    *,
    rectified: bool = False,
    out: Float[Tensor, "R H"] | None = None,
) -> Float[Tensor, "R H"]:
    """Return W x + b, or relu(W x + b), of each row x.

    On a CPU oneDNN's products of some thousand rows are a tenth faster than MKL's, which torch takes otherwise, and add
    the bias and rectify on the way. They cannot be had in memory that there is.

    Args:
        rows: x.
        weight: W.
        bias: b, or None for 0.
        rectified: whether negative results become 0.
        out: memory for the result; None for new memory.
    """
    if out is None and _fused(rows):
        # Of what does not lie side by side its products are several hundred times slower.
        factors = rows.contiguous(), weight.contiguous()
        result: Tensor = torch.ops.mkldnn._linear_pointwise(*factors, bias, "relu" if rectified else "none", [], "")
        return result
    result = torch.mm(rows, weight.T, out=out) if bias is None else torch.addmm(bias, rows, weight.T, out=out)
    return result.relu_() if rectified else result


def _fused(rows: Tensor) -> bool:
    return rows.device.type == "cpu" and rows.dtype is torch.float32 and _has_fused()


@cache
def _has_fused() -> bool:
    """Return whether there is the operator that torch's own compiler makes of a linear map and what follows it.

    It is none of torch's public ones, so another torch may lack it.
    """
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return available and hasattr(torch.ops.mkldnn, "_linear_pointwise")
