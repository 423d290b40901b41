"""One count for all, moments for each: against the formulas of Kingma and Ba 2015, algorithm 1, written out."""

from __future__ import annotations

import torch
from torch import nn

from nar_bench.training.adam import SharedCountAdam


def gradients(step: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(step)
    return {name: torch.randn(3, generator=generator) for name in ("shared", "first", "second")}


TURNS = [("shared", "first"), ("shared", "second")] * 4
"""Who has a gradient at each step."""


def run(optimizer_class: type[torch.optim.Adam]) -> dict[str, torch.Tensor]:
    parameters = {name: nn.Parameter(torch.ones(3)) for name in ("shared", "first", "second")}
    optimizer = optimizer_class(parameters.values(), lr=0.01)
    for step, turn in enumerate(TURNS):
        drawn = gradients(step)
        before = {name: value.detach().clone() for name, value in parameters.items()}
        for name, parameter in parameters.items():
            parameter.grad = drawn[name] if name in turn else None
        optimizer.step()
        for name in set(parameters) - set(turn):
            assert torch.equal(parameters[name], before[name])
    return {name: value.detach() for name, value in parameters.items()}


def by_formula() -> dict[str, torch.Tensor]:
    values = {name: torch.ones(3, dtype=torch.float64) for name in ("shared", "first", "second")}
    m = {name: torch.zeros(3, dtype=torch.float64) for name in values}
    v = {name: torch.zeros(3, dtype=torch.float64) for name in values}
    for step, turn in enumerate(TURNS):
        drawn = gradients(step)
        for name in turn:
            g = drawn[name].double()
            m[name] = 0.9 * m[name] + 0.1 * g
            v[name] = 0.999 * v[name] + 0.001 * g**2
            corrected = m[name] / (1 - 0.9 ** (step + 1)), v[name] / (1 - 0.999 ** (step + 1))
            values[name] = values[name] - 0.01 * corrected[0] / (corrected[1].sqrt() + 1e-8)
    return values


def test_the_count_advances_for_all_and_the_moments_of_those_without_gradient_stay() -> None:
    got, expected = run(SharedCountAdam), by_formula()
    for name, value in expected.items():
        torch.testing.assert_close(got[name].double(), value, rtol=0, atol=1e-6)


def test_a_count_for_each_parameter_would_be_seen() -> None:
    got, expected = run(torch.optim.Adam), by_formula()
    torch.testing.assert_close(got["shared"].double(), expected["shared"], rtol=0, atol=1e-6)
    assert (got["first"] - expected["first"]).abs().max() > 1e-3


def test_it_is_adam_where_all_have_gradients() -> None:
    ends = []
    for optimizer_class in (torch.optim.Adam, SharedCountAdam):
        parameter = nn.Parameter(torch.ones(3))
        optimizer = optimizer_class([parameter], lr=0.01)
        for step in range(5):
            parameter.grad = gradients(step)["shared"]
            optimizer.step()
        ends.append(parameter.detach())
    assert torch.equal(*ends)


def test_its_state_can_be_saved_and_loaded() -> None:
    parameters = [nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))]
    optimizer = SharedCountAdam(parameters, lr=0.01)
    parameters[0].grad = torch.ones(3)
    optimizer.step()
    other = SharedCountAdam([nn.Parameter(torch.ones(3)) for _ in parameters], lr=0.5)
    other.load_state_dict(optimizer.state_dict())
    assert [int(state["step"]) for state in other.state_dict()["state"].values()] == [1, 1]
    assert other.param_groups[0]["lr"] == 0.01
