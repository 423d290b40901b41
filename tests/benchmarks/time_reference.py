"""Times dm-clrs's networks; run by test_training_speed.py in an interpreter that has dm-clrs, and by nothing else.

Reads commands from standard input, one a line, and answers each with one line of JSON:

    load MODE ALGORITHM PROCESSOR SIZE BATCH    compile, and make the first call
    time                                        make one more call

The answer holds the seconds it took, "wall" and "cpu" (of all threads), and after `load` the number of "hints".

MODE is "train" (a whole step: loss, gradients, clipping, Adam) or "evaluate" (predictions). Options are the defaults of
its training script, on batches of its own sampler. Only algorithms without a constant `pred_h` hint, which it would
make an input.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")

import clrs  # noqa: E402
import jax  # noqa: E402
import numpy as np  # noqa: E402

DENSITIES = tuple(tenth / 10 for tenth in range(1, 10))
"""Edge probabilities of its training script."""
ON_GRAPHS = ("bfs", "dijkstra")


def load(mode: str, algorithm: str, processor: str, size: int, batch: int) -> tuple[Callable[[], Any], int]:
    options = {"p": DENSITIES} if mode == "train" and algorithm in ON_GRAPHS else {}
    sampler, spec = clrs.build_sampler(algorithm, seed=1, num_samples=batch, length=size, **options)
    batches = iter([sampler.next()] * 2)
    if mode == "train":
        batches = clrs.process_random_pos(batches, np.random.RandomState(0))
    spec, batches = clrs.process_permutations(spec, batches, True)
    feedback = next(batches)
    model = clrs.models.BaselineModel(
        spec=[spec],
        dummy_trajectory=[feedback],
        processor_factory=clrs.get_processor_factory(processor, use_ln=True, nb_triplet_fts=8, nb_heads=1),
        hidden_dim=128,
        encode_hints=True,
        decode_hints=True,
        encoder_init="xavier_on_scalars",
        use_lstm=False,
        learning_rate=1e-3,
        grad_clip_max_norm=1.0,
        checkpoint_path="/nowhere",
        freeze_processor=False,
        dropout_prob=0.0,
        hint_teacher_forcing=0.0,
        hint_repred_mode="soft",
        nb_msg_passing_steps=1,
    )
    model.init([feedback.features], 1)
    key = jax.random.PRNGKey(0)
    hints = int(max(feedback.features.lengths))
    if mode == "train":
        return lambda: jax.block_until_ready((model.feedback(key, feedback), model.params)), hints
    return lambda: jax.block_until_ready(model.predict(key, feedback.features)), hints


def main() -> None:
    call: Callable[[], Any] = list
    for line in sys.stdin:
        command, *arguments = line.split()
        wall, cpu = time.perf_counter(), time.process_time()
        answer: dict[str, float] = {}
        if command == "load":
            mode, algorithm, processor, size, batch = arguments
            call, answer["hints"] = load(mode, algorithm, processor, int(size), int(batch))
        call()
        answer |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(answer), flush=True)


main()
