"""Print the loss and write the gradients of one batch: of the whole, or as one of two processes, of half of it."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import nar_bench
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import REGIMES
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.training.config import TrainConfig
from nar_bench.training.objective import Objective
from nar_bench.training.sharing import Member, joined


def measure(member: Member | None, file: Path) -> None:
    torch.set_num_threads(1)
    processor = registry().load(Kind.PROCESSOR, "mpnn")
    spec = nar_bench.algorithm("bfs").spec
    (net,) = nets_around(processor, processor.config(), [spec], REGIMES["hints"], NetConfig(8), seed=0)
    # Of runs that have unlike lengths, the longest first: the parts have unlike numbers of hints.
    batch = nar_bench.generate("bfs", 9, 8, seed=5, p=(0.15, 0.5))
    batch = batch.select((-batch.lengths).argsort(kind="stable"))
    rows = range(8) if member is None else member.rows(8)
    objective = Objective(net.double().train(), TrainConfig(), member=member)
    torch.set_default_dtype(torch.float64)
    tensors = to_tensors(batch.select(list(rows)))
    wide = {
        name: {key: value.double() if value.is_floating_point() else value for key, value in columns.items()}
        for name, columns in {"inputs": tensors.inputs, "hints": tensors.hints, "outputs": tensors.outputs}.items()
    }
    tensors = type(tensors)(tensors.spec, tensors.nodes, lengths=tensors.lengths, **wide)
    made = objective(tensors, torch.Generator().manual_seed(0))
    gradients = [torch.zeros(()) if one is None else one for one in made.gradients]
    content = {"loss": made.loss, "parts": made.parts, "gradients": gradients, "lengths": tensors.lengths}
    torch.save(content, file)


if __name__ == "__main__":
    rank, meeting, out = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    if rank < 0:
        measure(None, out)
    else:
        with joined(rank, 2, meeting) as member:
            measure(member, out)
