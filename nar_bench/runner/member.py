"""One of the processes that share a training but the first: `python -m nar_bench.runner.member`, see `sharing`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading

from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry_with
from nar_bench.runner.device import find_device
from nar_bench.runner.sharing import READY, Invitation
from nar_bench.runner.trial import build_nets, train_job


def main() -> None:
    """Take the invitation and train along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the first process decides
    invitation: Invitation = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    import torch

    from nar_bench.training.loop import train
    from nar_bench.training.sharing import joined

    torch.set_num_threads(invitation.threads)
    trial, plugins = invitation.trial, registry_with(invitation.plugins)
    device = find_device(invitation.device)
    algorithms = [plugins.load(Kind.ALGORITHM, used.id) for used in trial.algorithms]
    nets = [net.to(device) for net in build_nets(trial, algorithms, plugins)]
    job = train_job(trial, algorithms, nets, plugins, invitation.store)
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    with joined(invitation.rank, invitation.count, invitation.meeting) as member:
        train(job, member=member)


def _end_with_the_first() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
