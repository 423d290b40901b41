"""Every algorithm equals the reference on every hint at every step, compiled and interpreted."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from oracles import TRAJECTORIES, load, part

import nar_bench
from nar_bench.spec import Type


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "interpreted"])
@pytest.mark.parametrize("name", TRAJECTORIES)
def test_trajectories_are_the_references(name: str, compiled: bool) -> None:
    arrays = load("trajectories", name)
    algorithm = dataclasses.replace(nar_bench.algorithm(name.partition("__")[0]), compiled=compiled)
    for b, length in enumerate(arrays["lengths"]):
        inputs = {key: value[b] for key, value in part(arrays, "input/").items()}
        trajectory = algorithm.run(**inputs)
        assert trajectory.length == length
        for key, value in inputs.items():
            np.testing.assert_array_equal(trajectory.inputs[key], value)
        hints, outputs = part(arrays, "hint/"), part(arrays, "output/")
        assert trajectory.hints.keys() == hints.keys()
        assert trajectory.outputs.keys() == outputs.keys()
        for key, value in hints.items():
            np.testing.assert_array_equal(trajectory.hints[key], value[: trajectory.length, b], err_msg=key)
        for key, value in outputs.items():
            np.testing.assert_array_equal(trajectory.outputs[key], value[b], err_msg=key)


@pytest.mark.parametrize("name", TRAJECTORIES)
def test_specs_are_the_references(name: str) -> None:
    spec = nar_bench.algorithm(name.partition("__")[0]).spec
    probes = json.loads(str(load("trajectories", name)["meta"]))["probes"]
    expected = {
        (p["name"], p["stage"], p["location"], p["type"].replace("should_be_permutation", "permutation_pointer"))
        for p in probes
    }
    assert {(f.name, f.stage, f.location, f.type) for f in spec.features} == expected


@pytest.mark.parametrize("algorithm", ["bellman_ford", "bfs", "insertion_sort"])
def test_nothing_but_the_inputs_is_needed(algorithm: str) -> None:
    made = nar_bench.algorithm(algorithm)
    (one,) = nar_bench.generate(algorithm, size=6, count=1)
    needed = {f.name: one.inputs[f.name] for f in made.spec.inputs if f.name not in made.derive}
    for feature in made.spec.inputs:
        if feature.type is Type.MASK_ONE:
            needed[feature.name] = int(one.inputs[feature.name].argmax())
    again = made.run(**needed)
    for name, value in one.outputs.items():
        np.testing.assert_array_equal(again.outputs[name], value)
