"""A training run that a test kills: trains, and prints a hash of every weight at its end."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

import torch

import nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.config import TrainConfig
from nar_bench.training.loop import Contrast, Progress, TrainJob, train


def main(algorithm: str, regime: str, checkpoint: str, pause: float) -> None:
    torch.set_num_threads(1)
    processor = registry().load(Kind.PROCESSOR, "memory_mpnn")
    torch.manual_seed(3)
    made = nar_bench.algorithm(algorithm)
    module = processor.build(processor.config(idea_size=4), 8)
    net = Net(made.spec, module, REGIMES[regime], NetConfig(hidden=8), torch.Generator().manual_seed(3))
    contrast = None
    if regime == "memory":
        similarity = registry().load(Kind.SIMILARITY, "cosine")
        contrast = Contrast(similarity.build(similarity.config(), 4), registry().load(Kind.SIMILAR_INPUT, "same_order"))
    config = TrainConfig(steps=24, batch=4, sizes=(3, 5), checkpoint_every=3)

    def on_step(progress: Progress) -> None:
        print(progress.step, flush=True)
        time.sleep(pause)

    result = train(TrainJob(made, net, config, 7, made.training, "0" * 16, Path(checkpoint), contrast), on_step)
    digest = hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in net.parameters())).hexdigest()
    print(f"end {digest} {result.losses} {result.resumed_from}", flush=True)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
