"""One broken processor, similarity, similar input and executor for each check that must catch it."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from nar_bench.plugin.contracts import Invariant, Level, Processor, SimilarInput, Similarity, StepOutput
from nar_bench.plugin.execution import Executor, NoOptions, Place
from nar_bench.spec import Layout


@dataclass(frozen=True)
class Options:
    idea_size: int = 4


class Mean(nn.Module):
    """A healthy processor that writes ideas; the broken ones change one thing."""

    def __init__(self, config: Options, hidden: int) -> None:
        super().__init__()
        self.map = nn.Linear(3 * hidden, hidden)
        self.idea = nn.Linear(hidden, config.idea_size)

    def initial_state(self, node: Any) -> Any:
        return torch.zeros_like(node)

    def forward(self, node: Any, edge: Any, graph: Any, adjacency: Any, state: Any) -> StepOutput:
        seen = torch.cat([node, state, edge.mean(dim=1) + graph[:, None]], dim=-1)
        hidden = torch.tanh(self.map(seen))
        return StepOutput(hidden, None, hidden, self.idea(hidden.mean(dim=1)))


class Forgetful(Mean):
    """Its sparse form does not read the edges."""

    def sparse_state(self, node: Any, on: Any) -> Any:
        return torch.zeros_like(node)

    def sparse_forward(self, node: Any, edge: Any, graph: Any, on: Any, state: Any) -> StepOutput:
        hidden = torch.tanh(self.map(torch.cat([node, state, graph[on.graph_of_node]], dim=-1)))
        return StepOutput(hidden, None, hidden, self.idea(hidden.view(on.B, -1, hidden.shape[1]).mean(dim=1)))


class Clinging(Forgetful):
    """Its sparse form keeps what it made of the first graphs."""

    def sparse_state(self, node: Any, on: Any) -> Any:
        return (torch.zeros_like(node), None)

    def sparse_forward(self, node: Any, edge: Any, graph: Any, on: Any, state: Any) -> StepOutput:
        out = super().sparse_forward(node, edge, graph, on, state[0])
        return out._replace(state=(out.hidden, torch.zeros(on.V + 1)))


class Deaf(Mean):
    """Does not read the graph's vector."""

    def forward(self, node: Any, edge: Any, graph: Any, adjacency: Any, state: Any) -> StepOutput:
        return super().forward(node, edge, torch.zeros_like(graph), adjacency, state)


class Squeezed(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden[..., :-1])


class Overflowing(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden / args[0].abs().sum())


class Noisy(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden + torch.rand_like(out.hidden))


class Mixing(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden - out.hidden.mean(dim=0))


class Ordered(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden.cumsum(dim=1))


class Unused(Mean):
    def __init__(self, config: Options, hidden: int) -> None:
        super().__init__(config, hidden)
        self.spare = nn.Linear(2, 2)


class Copying(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(state=out.hidden.clone())


class Quiet(Mean):
    def forward(self, *args: Any) -> StepOutput:
        return super().forward(*args)._replace(idea=None)


class Rewriting(Mean):
    """Keeps one idea and writes the next over it."""

    def initial_state(self, node: Any) -> Any:
        return (super().initial_state(node), torch.zeros(len(node), 4))

    def forward(self, node: Any, edge: Any, graph: Any, adjacency: Any, state: Any) -> StepOutput:
        out = super().forward(node, edge, graph, adjacency, state[0])
        with torch.no_grad():
            state[1].copy_(out.idea)
        return out._replace(state=(out.state, state[1]), idea=state[1])


class Single(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden.float())


class Stranded(Mean):
    def forward(self, *args: Any) -> StepOutput:
        out = super().forward(*args)
        return out._replace(hidden=out.hidden + torch.zeros(out.hidden.shape))


class Clobbering(Mean):
    def forward(self, node: Any, edge: Any, graph: Any, adjacency: Any, state: Any) -> StepOutput:
        out = super().forward(node, edge, graph, adjacency, state)
        node.zero_()
        return out


class Stacked(Mean):
    """Keeps its steps before its graphs."""

    def initial_state(self, node: Any) -> Any:
        return super().initial_state(node)[None]

    def forward(self, node: Any, edge: Any, graph: Any, adjacency: Any, state: Any) -> StepOutput:
        out = super().forward(node, edge, graph, adjacency, state[-1])
        return out._replace(state=torch.cat([state, out.state[None]]))


class Tilted(Mean):
    """Writes edge vectors that depend on the order of the nodes."""

    def forward(self, node: Any, edge: Any, *rest: Any) -> StepOutput:
        out = super().forward(node, edge, *rest)
        return out._replace(edge=edge.cumsum(dim=1))


class Reusing(Mean):
    """Returns the same tensor at every step and writes the next hidden vectors over it."""

    def initial_state(self, node: Any) -> Any:
        return (super().initial_state(node), torch.zeros_like(node))

    def forward(self, node: Any, edge: Any, graph: Any, adjacency: Any, state: Any) -> StepOutput:
        out = super().forward(node, edge, graph, adjacency, state[0])
        with torch.no_grad():
            state[1].copy_(out.hidden)
        return out._replace(hidden=state[1], state=(out.hidden, state[1]))


PROCESSOR = Processor("mean", 1, "a test", Options, Mean, writes_ideas=True)


def processor(module: type) -> Processor:
    return dataclasses.replace(PROCESSOR, build=module)


BROKEN_PROCESSORS = {
    "is_described": (dataclasses.replace(PROCESSOR, version=0), "version is 0"),
    "says_what_it_supports": (
        dataclasses.replace(PROCESSOR, unsupported=lambda *asked: None),  # type: ignore[arg-type, return-value]
        r"unsupported\(\) returned None in the regime hints at hidden width 16",
    ),
    "shapes_fit": (processor(Squeezed), r"hidden has shape \(2, 1, 15\) at B=2, N=1, H=16"),
    "is_finite": (processor(Overflowing), "hidden is not finite at step 1, inputs times 0"),
    "is_deterministic": (processor(Noisy), "two runs on equal inputs differ"),
    "graphs_of_a_batch_do_not_mix": (processor(Mixing), "changes by .* with its batch"),
    "relabelling_relabels": (processor(Ordered), "hidden of relabelled nodes differs"),
    "the_graph_vector_is_read_where_declared": (processor(Deaf), "reads_graph is True, but another vector"),
    "gradients_reach_every_weight": (processor(Unused), "weight 'spare.weight' gets no gradient"),
    "the_state_is_its_own_where_declared": (processor(Copying), "own_state is False, but the state does not hold"),
    "ideas_are_written_where_declared": (processor(Quiet), "writes_ideas is True; step 1 wrote none"),
    "graphs_can_go_on_alone": (processor(Stacked), "needs the batch as its first axis"),
    "ideas_do_not_see_later_inputs": (processor(Rewriting), "a later step changed an earlier idea"),
    "the_dtype_follows_the_inputs": (processor(Single), "float64 inputs give torch.float32"),
    "tensors_are_made_on_the_device_of_the_inputs": (
        processor(Stranded),
        "default device meta: .*; is a tensor made without device=",
    ),
    "inputs_are_not_changed": (processor(Clobbering), r"forward\(\) changed its argument node"),
    "written_edges_keep_to_their_graph_and_relabel": (
        dataclasses.replace(processor(Tilted), writes_edges=True),
        "edge vectors of relabelled nodes differ",
    ),
    "earlier_steps_are_not_changed": (processor(Reusing), "wrote over hidden vectors"),
    "padding_in_time_does_not_leak": (processor(Mixing), "output 'pi' of a run of 6 hints changes by"),
    "a_relabelled_problem_has_the_relabelled_answer": (
        processor(Ordered),
        "output 'pi' of a relabelled problem differs",
    ),
    "both_layouts_are_one": (
        dataclasses.replace(processor(Forgetful), layouts=(Layout.DENSE, Layout.SPARSE)),
        "hidden of both layouts differs by .* at step 1",
    ),
    "graphs_can_leave_the_union": (
        dataclasses.replace(processor(Clinging), layouts=(Layout.DENSE, Layout.SPARSE)),
        "needs nodes, edges or graphs as its first axis",
    ),
}


def rbf(a: Any, b: Any) -> Any:
    return torch.exp(-(a - b).square().mean(dim=-1))


SIMILARITY = Similarity(
    "kernel",
    1,
    "a test",
    Options,
    lambda config, size: rbf,
    symmetric=True,
    bounds=(0.0, 1.0),
    self_similarity=1.0,
    greatest_at_itself=True,
)


def similarity(phi: Any, **changes: Any) -> Similarity:
    return dataclasses.replace(SIMILARITY, build=lambda config, size: phi, **changes)


def forgetful(a: Any, b: Any) -> Any:
    return rbf(a, (b + b.detach()) / 2)


def rounding(a: Any, b: Any) -> Any:
    return rbf(a.float(), b.float())


def zeroing(a: Any, b: Any) -> Any:
    values = rbf(a, b)
    a.zero_()
    return values


def mean_over_everything(x: Any, steps_x: Any, y: Any, steps_y: Any) -> Any:
    return rbf(x, y).mean(dim=-1)


BROKEN_SIMILARITIES = {
    "is_described": (dataclasses.replace(SIMILARITY, source=""), "source is empty"),
    "leading_axes_broadcast": (similarity(lambda a, b: rbf(a, b).flatten()), r"has shape \(12,\)"),
    "is_symmetric_where_declared": (
        similarity(lambda a, b: (a * b.roll(1, -1)).sum(-1), bounds=None),
        "symmetric is True, but",
    ),
    "stays_within_its_bounds": (similarity(lambda a, b: 2 * rbf(a, b) - 1), "values from -0.99"),
    "itself_scores_as_declared": (similarity(lambda a, b: rbf(a, -b)), "away from self_similarity, 1"),
    "nothing_is_more_similar_than_itself_where_declared": (
        similarity(lambda a, b: rbf(a, b / 3)),
        "greatest_at_itself is True, but",
    ),
    "ignores_scale_where_declared": (similarity(rbf, scale_invariant=True), "scale_invariant is True, but"),
    "is_finite": (
        similarity(lambda a, b: -(a - b).norm(dim=-1).rsqrt(), bounds=None),
        "phi of zero ideas is not finite",
    ),
    "its_gradient_is_that_of_finite_differences": (similarity(forgetful), "in its argument 1 the slope"),
    "is_deterministic": (similarity(lambda a, b: rbf(a, b) * torch.rand(())), "two calls on equal ideas differ"),
    "the_dtype_follows_the_ideas": (similarity(rounding), "float64 ideas in torch.float32"),
    "leaves_its_arguments": (similarity(zeroing), "changed an argument"),
    "is_learned_where_declared": (similarity(rbf, learned=True), "learned is True, but there are 0 parameters"),
    "padding_is_never_read": (
        similarity(mean_over_everything, level=Level.TRAJECTORY),
        "the gradient beyond the steps is up to",
    ),
}


def shuffled_keys(stream: Any, inputs: Any) -> dict[str, Any]:
    return {**inputs, "key": inputs["key"][stream.permutation(len(inputs["key"]))]}


def squared_keys(stream: Any, inputs: Any) -> dict[str, Any]:
    return {**inputs, "key": inputs["key"] ** (1.0 + stream.uniform(1)[0])}


def squared_in_place(stream: Any, inputs: Any) -> dict[str, Any]:
    inputs["key"][...] = inputs["key"] ** 2
    return dict(inputs)


def undecided(stream: Any, inputs: Any) -> dict[str, Any]:
    return {**inputs, "key": inputs["key"] * np.random.default_rng().uniform(1, 2)}


SIMILAR_INPUT = SimilarInput("powers", 1, "a test", Invariant.TRAJECTORY, ("insertion_sort",), squared_keys)


def similar_input(transform: Any) -> SimilarInput:
    return dataclasses.replace(SIMILAR_INPUT, transform=transform)


BROKEN_SIMILAR_INPUTS = {
    "is_described": (dataclasses.replace(SIMILAR_INPUT, algorithms=()), "it holds for no algorithm"),
    "has_as_many_nodes_as_declared": (
        dataclasses.replace(SIMILAR_INPUT, nodes=lambda nodes: max(nodes, 5)),
        r"nodes\(5\) is 5; more than 5 are needed",
    ),
    "fits_the_spec": (similar_input(lambda stream, inputs: {"key": inputs["key"]}), r"it returns \['key'\]"),
    "keeps_its_invariant": (similar_input(shuffled_keys), "output 'pred' differs"),
    "makes_another_input": (similar_input(lambda stream, inputs: dict(inputs)), "only 0 of 24 inputs were changed"),
    "is_deterministic": (similar_input(undecided), "differ in 'key'"),
    "leaves_its_argument": (similar_input(squared_in_place), "changed its argument 'key'"),
}


class Runs:
    """A runner made from one function."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def run(self, work: Any, items: Any, tell: Any) -> Any:
        return self._function(work, items, tell)


def in_order(work: Any, items: Any, tell: Any) -> Any:
    for item in items:
        try:
            yield item, work(item, tell)
        except Exception as error:
            yield item, error


def raising(work: Any, items: Any, tell: Any) -> Any:
    return ((item, work(item, tell)) for item in items)


def swallowing(work: Any, items: Any, tell: Any) -> Any:
    for item in items:
        try:
            yield item, work(item, tell)
        except BaseException as error:
            yield item, error


def too_late(work: Any, items: Any, tell: Any) -> Any:
    heard: list[Any] = []
    yield from in_order(work, items, heard.append)
    for told in heard:
        tell(told)


def in_forks(give_up: Any, wait: Any) -> Any:
    """Return a runner that makes a process for each item, whose results it gets wrong where one is killed."""

    def run(work: Any, items: Any, tell: Any) -> Any:
        for item in items:
            child = os.fork()
            if not child:
                work(item, tell)
                os._exit(0)
            yield item, (item if wait(child) == 0 else give_up)

    return run


def wait_briefly(child: int) -> int:
    """Wait as long as any healthy item takes, and leave the child as it is."""
    for _ in range(20):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 0


EXECUTOR = Executor(
    "in_order",
    "a test",
    NoOptions,
    lambda config, terms: Runs(in_order),
    Place.PROCESS,
    lambda config, terms: "only one worker, for any time" if terms.workers > 1 or terms.time_limit else "",
)


def executor(function: Any) -> Executor:
    return dataclasses.replace(EXECUTOR, build=lambda config, terms: Runs(function))


def on_machine(function: Any) -> Executor:
    return dataclasses.replace(executor(function), place=Place.MACHINE, unsupported=lambda config, terms: "")


BROKEN_EXECUTORS = {
    "is_described": (dataclasses.replace(EXECUTOR, source=""), "source is empty"),
    "says_what_it_supports": (
        dataclasses.replace(EXECUTOR, unsupported=lambda config, terms: ""),
        r"does not refuse Terms\(workers=2",
    ),
    "runs_every_item_once": (
        executor(lambda work, items, tell: in_order(work, items[:-1], tell)),
        "items came back as",
    ),
    "what_is_told_arrives": (executor(too_late), r"when item 0 came back \[\] of what it told"),
    "a_failure_is_an_outcome": (executor(raising), "ValueError: three"),
    "no_items_are_no_work": (executor(lambda work, items, tell: in_order(work, items or [0], tell)), "no item yielded"),
    "an_interrupt_ends_the_run": (executor(swallowing), "KeyboardInterrupt was swallowed"),
    "a_killed_worker_costs_one_item": (
        on_machine(in_forks(None, lambda child: os.waitpid(child, 0)[1])),
        "the item whose worker was killed yielded None",
    ),
    "a_time_limit_stops_an_item": (
        on_machine(in_forks(None, wait_briefly)),
        "the item that took too long yielded 1",
    ),
}
