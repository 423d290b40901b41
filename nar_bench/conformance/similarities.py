"""What every similarity of two ideas must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from nar_bench.conformance.kit import require
from nar_bench.plugin.contracts import Similarity

_K = 8
_TOLERANCE = 1e-4


def _phi(similarity: Similarity) -> Callable[[Tensor, Tensor], Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return similarity.build(similarity.config(), _K)


def _ideas(*leading: int, seed: int = 0) -> Tensor:
    return torch.randn(*leading, _K, generator=torch.Generator().manual_seed(seed))


def is_described(similarity: Similarity) -> None:
    """The source is named and the version is at least 1."""
    require(bool(similarity.source.strip()), "source is empty; name the paper and equation.")
    require(similarity.version >= 1, f"version is {similarity.version}; versions begin at 1.")


def leading_axes_broadcast(similarity: Similarity) -> None:
    """phi(a [X, 1, K], b [1, Y, K]) is [X, Y], and equals phi of each pair alone."""
    phi, a, b = _phi(similarity), _ideas(3), _ideas(4, seed=1)
    with torch.no_grad():
        table = phi(a[:, None], b[None])
        require(tuple(table.shape) == (3, 4), f"phi of [3, 1, K] and [1, 4, K] has shape {tuple(table.shape)}.")
        alone = torch.stack([torch.stack([phi(x, y) for y in b]) for x in a])
    require(torch.allclose(table, alone, atol=_TOLERANCE), "phi of a pair depends on what it is batched with.")


def is_symmetric_where_declared(similarity: Similarity) -> None:
    """phi(a, b) = phi(b, a) exactly where `symmetric` says so."""
    phi, a, b = _phi(similarity), _ideas(64), _ideas(64, seed=1)
    with torch.no_grad():
        gap = (phi(a, b) - phi(b, a)).abs().max().item()
    holds = gap < _TOLERANCE
    require(
        holds == similarity.symmetric,
        f"symmetric is {similarity.symmetric}, but phi(a, b) and phi(b, a) differ by up to {gap:.2g}.",
    )


def stays_within_its_bounds(similarity: Similarity) -> None:
    """Every value is within `bounds`, for small, usual and large ideas."""
    if similarity.bounds is None:
        return
    low, high = similarity.bounds
    phi = _phi(similarity)
    with torch.no_grad():
        for factor in (1e-3, 1.0, 1e3):
            values = phi(_ideas(256) * factor, _ideas(256, seed=1) * factor)
            least, most = values.min().item(), values.max().item()
            require(
                low - _TOLERANCE <= least and most <= high + _TOLERANCE,
                f"values from {least:.4g} to {most:.4g}; bounds are {similarity.bounds}.",
            )


def nothing_is_more_similar_than_itself(similarity: Similarity) -> None:
    """Where there is an upper bound and no parameter, an idea with itself reaches it."""
    if similarity.bounds is None or similarity.learned:
        return
    a = _ideas(64)
    with torch.no_grad():
        gap = (_phi(similarity)(a, a) - similarity.bounds[1]).abs().max().item()
    require(gap < _TOLERANCE, f"phi(a, a) is up to {gap:.2g} away from the upper bound {similarity.bounds[1]:g}.")


def is_finite(similarity: Similarity) -> None:
    """Values and gradients are finite for zero, constant, equal, usual and huge ideas."""
    zero, one = torch.zeros(4, _K), torch.ones(4, _K)
    cases = {
        "zero": (zero, zero),
        "zero and one": (zero, one),
        "equal": (_ideas(4), _ideas(4)),
        "huge": (_ideas(4) * 1e8, _ideas(4, seed=1) * 1e8),
    }
    for name, (first, second) in cases.items():
        a, b = first.clone().requires_grad_(), second.clone().requires_grad_()
        values = _phi(similarity)(a, b)
        require(bool(values.isfinite().all()), f"phi of {name} ideas is not finite.")
        values.sum().backward()  # type: ignore[no-untyped-call]
        for idea in (a, b):
            require(
                idea.grad is not None and bool(idea.grad.isfinite().all()),
                f"the gradient at {name} ideas is not finite.",
            )


def is_learned_where_declared(similarity: Similarity) -> None:
    """It has parameters exactly where `learned` says so."""
    phi = _phi(similarity)
    count = sum(p.numel() for p in phi.parameters() if p.requires_grad) if isinstance(phi, nn.Module) else 0
    require((count > 0) == similarity.learned, f"learned is {similarity.learned}, but there are {count} parameters.")


CHECKS: Mapping[str, Callable[[Similarity], None]] = {
    function.__name__: function
    for function in (
        is_described,
        leading_axes_broadcast,
        is_symmetric_where_declared,
        stays_within_its_bounds,
        nothing_is_more_similar_than_itself,
        is_finite,
        is_learned_where_declared,
    )
}
