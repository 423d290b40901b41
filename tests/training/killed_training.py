"""A training run that a test kills: trains, and prints a hash of every weight at its end."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch

import nar_bench
from nar_bench.model.config import NetConfig
from nar_bench.model.net import Net
from nar_bench.model.regime import REGIMES
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.config import TrainConfig
from nar_bench.training.loop import Progress, Task, TrainJob, train


def main(algorithms: str, regime: str, checkpoint: str, pause: float, options: dict[str, Any]) -> None:
    torch.set_num_threads(1)
    processor = registry().load(Kind.PROCESSOR, "memory_mpnn")
    torch.manual_seed(3)
    module = processor.build(processor.config(idea_size=4), 8)
    generator = torch.Generator().manual_seed(3)
    phi = None
    if regime == "memory":
        similarity = registry().load(Kind.SIMILARITY, "dot")
        phi = similarity.build(similarity.config(), 4)
    similar = {"insertion_sort": "same_order", "bfs": "reweighted_edges"}
    config = TrainConfig(**{"steps": 24, "batch": 4, "sizes": (3, 5), "checkpoint_every": 3, **options})
    tasks = []
    for name in algorithms.split(","):
        made = nar_bench.algorithm(name)
        net = Net(made.spec, module, REGIMES[regime], NetConfig(hidden=8), generator)
        alike = registry().load(Kind.SIMILAR_INPUT, similar[name]) if regime == "memory" else None
        tasks.append(Task(made, net, config, made.training, alike))

    def on_step(progress: Progress) -> None:
        print(progress.step, flush=True)
        time.sleep(pause)

    result = train(TrainJob(tasks, 7, "0" * 16, Path(checkpoint), phi), on_step)
    weights = b"".join(p.detach().numpy().tobytes() for task in tasks for p in task.net.parameters())
    ends = (hashlib.sha256(weights).hexdigest(), result.losses, result.validation, result.selected)
    print("end", *(str(one).replace(" ", "") for one in ends), result.resumed_from, flush=True)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), json.loads(sys.argv[5]))
