"""Whole algorithms, learned by a processor from M examples with the training that every trial has (torch).

A run succeeds if at least a share 1 - delta of its answers to fresh instances is valid: what the algorithm's verifier
accepts, any of the right answers. The examples are one fixed data set of M instances, another for every run.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from nar_bench.alignment.complexity import Run
from nar_bench.alignment.judge import JudgeConfig, judge
from nar_bench.alignment.options import made_from
from nar_bench.alignment.record import Question
from nar_bench.data.generate import generate
from nar_bench.data.random import derive_seed
from nar_bench.errors import TrainingError
from nar_bench.model.config import NetConfig
from nar_bench.model.regime import Regime
from nar_bench.plugin.contracts import Algorithm, Kind
from nar_bench.plugin.registry import Registry
from nar_bench.training.config import TrainConfig

_PAIRS_AT_ONCE = 131_072
"""Node pairs that are predicted at once."""


def algorithm_run(question: Question, registry: Registry, seed: int) -> Callable[[int, int], Run]:
    """Return `run(m, number)`, which trains a processor on m fresh instances and judges its answers."""
    import torch

    from nar_bench.evaluation.metrics import accepted
    from nar_bench.model.build import nets_around
    from nar_bench.training.loop import Task, TrainJob, train
    from nar_bench.training.validation import predict

    algorithm: Algorithm = registry.load(Kind.ALGORITHM, question.what.id)
    processor = registry.load(Kind.PROCESSOR, question.learner.id)
    config = question.config
    options, model, regime = (
        made_from(kind, config[key])
        for kind, key in ((processor.config, "learner"), (NetConfig, "model"), (Regime, "regime"))
    )
    judging: JudgeConfig = made_from(JudgeConfig, config["judge"])
    similar = registry.load(Kind.SIMILAR_INPUT, question.similar_input.id) if question.similar_input else None
    phi, level = None, None
    if question.similarity:
        component = registry.load(Kind.SIMILARITY, question.similarity.id)
        level = component.level

    def run(m: int, number: int) -> Run:
        nonlocal phi
        start = time.perf_counter()
        own = derive_seed(seed, "run", m, number)
        training: TrainConfig = made_from(TrainConfig, {**config["train"], "count": m})
        (net,) = nets_around(processor, options, [algorithm.spec], regime, model, derive_seed(own, "init"))
        if question.similarity:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(derive_seed(own, "similarity"))
                phi = component.build(component.config(), options.idea_size)
        shift = algorithm.training if training.distribution == "training" else {}
        task = Task(algorithm, net, training, shift, similar, fixed_seed=own)
        job = TrainJob([task], own, phi=phi, **({"level": level} if level else {}))
        try:
            train(job)
        except TrainingError:
            return Run(m, number, None, time.perf_counter() - start)
        net.eval()
        at_once = max(1, _PAIRS_AT_ONCE // algorithm.nodes(question.size) ** 2)

        def hits_of(first: int, count: int) -> int:
            hits = 0
            for begin in range(first, first + count, at_once):
                some = min(at_once, first + count - begin)
                batch = generate(algorithm, question.size, some, derive_seed(own, "tests"), first=begin)
                hits += int(accepted(algorithm, batch, predict(net, batch).outputs).sum())
            return hits

        return Run(m, number, judge(hits_of, question.delta, judging), time.perf_counter() - start)

    return run
