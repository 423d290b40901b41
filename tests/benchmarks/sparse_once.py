"""Measure one batch in a process of its own, and print what it took as JSON; see `test_sparse_scaling`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

import nar_bench
from nar_bench.layouts import as_sparse
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.model.sparse_tensors import to_sparse_tensors
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.runner.memory import PeakMemory
from nar_bench.training.losses import supervised_loss
from nar_bench.training.validation import predict
from nar_bench.trajectory import SparseBatch

HIDDEN = 128


def build(processor: str, algorithm: str, layout: str) -> Net:
    described = registry().load(Kind.PROCESSOR, processor)
    spec = nar_bench.algorithm(algorithm).spec
    config = NetConfig(HIDDEN, layout=layout)
    (net,) = nets_around(described, described.config(), [spec], REGIMES["no_hints"], config, seed=0)
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
    parser.add_argument("--weights", type=Path, help="of a trained network")
    given = parser.parse_args()
    net = build(given.processor, given.algorithm, given.layout)
    if given.weights:
        net.load_state_dict(torch.load(given.weights))
    nar_bench.generate(given.algorithm, 16, 1, hints=False)  # compiled code is no part of what is measured
    before, peak, start = resident(), PeakMemory("cpu"), time.perf_counter()
    batch = nar_bench.generate(given.algorithm, given.nodes, 1, seed=1, hints=False, p=0.0)
    drawn = time.perf_counter()
    if given.train:
        both = {"sparse": lambda: to_sparse_tensors(batch if isinstance(batch, SparseBatch) else as_sparse(batch))}
        tensors = both.get(given.layout, lambda: to_tensors(batch))()  # type: ignore[no-untyped-call]
        loss, _ = supervised_loss(net.train()(tensors), tensors)
        loss.backward()
        right = float("nan")
    else:
        answers = predict(net.eval(), batch, hints=False).outputs
        right = float(np.mean(answers["pi"] == batch.outputs["pi"]))
    end = time.perf_counter()
    sparse = batch if isinstance(batch, SparseBatch) else as_sparse(batch)
    print(
        json.dumps(
            {
                "nodes": given.nodes,
                "edges": len(sparse.inputs["edges"]),
                "steps": max(1, int(batch.lengths[0]) - 1),
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
