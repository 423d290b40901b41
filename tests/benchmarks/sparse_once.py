"""Measure one batch in a process of its own, and print what it took as JSON; see `test_sparse_scaling`."""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import nar_bench
from nar_bench.layouts import as_dense, dense_form
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.runner.memory import PeakMemory
from nar_bench.training.config import TrainConfig
from nar_bench.training.loop import Task, TrainJob, train
from nar_bench.training.losses import supervised_loss
from nar_bench.training.validation import predict

DEGREE = 1.1
"""The mean degree is so many times ln n, a little more than it takes for most graphs to be connected."""
TRAINED = 400
"""Steps on batches of 8 graphs of 16 nodes, where an answer is asked for: enough for breadth-first search."""


def build(given: argparse.Namespace) -> Net:
    """Build the network; of a number of steps, or of as many as the true run."""
    described = registry().load(Kind.PROCESSOR, given.processor)
    spec = nar_bench.algorithm(given.algorithm).spec
    spec = dense_form(spec) if given.layout == "dense" else spec
    config, regime = NetConfig(given.hidden, layout=given.layout), REGIMES["no_hints"]
    if given.steps:
        regime = replace(regime, budget="linear", budget_factor=(given.steps - 0.5) / given.nodes)
    (net,) = nets_around(described, described.config(), [spec], regime, config, seed=0)
    return net


def trained(net: Net, algorithm: str) -> Net:
    """Train as the suite `salsa` does, but for how long."""
    config = TrainConfig(steps=TRAINED, batch=8, sizes=(4, 7, 11, 13, 16), learning_rate=2e-3)
    train(TrainJob([Task(nar_bench.algorithm(algorithm), net, config)], seed=0))
    return net


def resident() -> float:
    """Return the memory that this process holds, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no Linux")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--processor", default="mpnn")
    parser.add_argument("--algorithm", default="sparse_bfs")
    parser.add_argument("--layout", default="sparse")
    parser.add_argument("--train", action="store_true", help="loss and gradient, not the answers")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument(
        "--steps", type=int, default=0, help="of the processor; by default those of the true run, trained"
    )
    given = parser.parse_args()
    net = build(given)
    if not (given.steps or given.train):
        trained(net, given.algorithm)
    nar_bench.generate(given.algorithm, 16, 1, hints=False)  # compiled code is no part of what is measured
    before, peak, start = resident(), PeakMemory("cpu"), time.perf_counter()
    density = DEGREE * math.log(given.nodes) / given.nodes
    batch = nar_bench.generate(given.algorithm, given.nodes, 1, seed=1, hints=False, p=density)
    edges = len(batch.inputs["edges"])
    if given.layout == "dense":
        batch = as_dense(batch)
    drawn = time.perf_counter()
    if given.train:
        tensors = net.tensors(batch)
        loss, _ = supervised_loss(net.train()(tensors), tensors)
        loss.backward()
        right = float("nan")
    else:
        answers = predict(net.eval(), batch, hints=False).outputs
        right = float(np.mean(answers["pi"] == batch.outputs["pi"]))
    end = time.perf_counter()
    print(
        json.dumps(
            {
                "nodes": given.nodes,
                "edges": edges,
                "steps": given.steps or max(1, int(batch.lengths[0]) - 1),
                "draw": drawn - start,
                "network": end - drawn,
                "peak": (peak.measured().process or 0.0),
                "before": before,
                "right": right,
            }
        )
    )


if __name__ == "__main__":
    main()
