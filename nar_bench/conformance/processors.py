"""What every processor must do. Shapes: B graphs, N nodes, H hidden, K idea size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nar_bench.conformance.kit import require
from nar_bench.conformance.problems import (
    LENGTHS,
    REGIMES_TRIED,
    Setting,
    problems,
    relabelled,
    relabelled_raw,
    setting_of,
    specs_tried,
)
from nar_bench.conformance.sparse_processors import SparseStep, complete, sparse_steps
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.numbers import reads_numbers_apart
from nar_bench.model.rows import choose, choose_state
from nar_bench.model.sparse_part import Part
from nar_bench.model.state import holds_hidden
from nar_bench.model.support import processor_reason
from nar_bench.model.tensors import TensorBatch
from nar_bench.plugin.contracts import Processor, ProcessorModule, StepOutput
from nar_bench.spec import Layout

HIDDEN = 16
_STEPS = 3
_TOLERANCE = 1e-4


class Graphs(NamedTuple):
    """Random inputs of one step."""

    node: Float[Tensor, "B N H"]
    edge: Float[Tensor, "B N N H"]
    graph: Float[Tensor, "B H"]
    adjacency: Bool[Tensor, "B N N"]


def graphs(batch: int, nodes: int, hidden: int = HIDDEN, seed: int = 0, dtype: torch.dtype = torch.float32) -> Graphs:
    """Draw random inputs with a symmetric adjacency and self-loops."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)

    half = torch.rand(batch, nodes, nodes, generator=generator) < 0.4
    adjacency = half | half.transpose(1, 2) | torch.eye(nodes, dtype=torch.bool)
    return Graphs(normal(batch, nodes, hidden), normal(batch, nodes, nodes, hidden), normal(batch, hidden), adjacency)


def build(processor: Processor, hidden: int = HIDDEN) -> nn.Module:
    """Build with the default options and fixed initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = processor.build(processor.config(), hidden)
    require(isinstance(module, nn.Module), f"build() returned a {type(module).__name__}; a torch module is needed.")
    require(isinstance(module, ProcessorModule), "the module has no initial_state and forward.")
    built: nn.Module = module.eval()
    return built


def steps(module: nn.Module, at: Graphs, count: int = _STEPS) -> list[StepOutput]:
    """Make some steps on the same inputs."""
    state: Any = module.initial_state(at.node)  # type: ignore[operator]
    made = []
    for _ in range(count):
        out = _step(module, at, state)
        require(isinstance(out, StepOutput), f"forward() returned a {type(out).__name__}; a StepOutput is needed.")
        made.append(out)
        state = out.state
    return made


def _step(module: nn.Module, at: Graphs, state: Any) -> Any:
    """Make one step; where numbers come apart, those of a pair are the entries of its edge vector."""
    return module(*at, state, at.edge) if reads_numbers_apart(module) else module(*at, state)


def written(out: StepOutput) -> Float[Tensor, "B N N H"] | None:
    """Return the edge vectors of a step that was given a tensor of edges, so that it writes a tensor too."""
    require(
        out.edge is None or isinstance(out.edge, Tensor),
        f"given a tensor of edges, it writes a {type(out.edge).__name__}; a tensor is needed.",
    )
    return out.edge if isinstance(out.edge, Tensor) else None


def is_described(processor: Processor) -> None:
    """The source is named, the version is at least 1, the options have defaults."""
    require(bool(processor.source.strip()), "source is empty; name the paper and equation.")
    require(processor.version >= 1, f"version is {processor.version}; versions begin at 1.")
    processor.config()


def shapes_fit(processor: Processor) -> None:
    """Hidden vectors are [B, N, H] at n = 1, 2, 5 and 64, and at several widths; edges [B, N, N, H] where declared."""
    (spec, regime), options = setting_of(processor, HIDDEN), processor.config()
    for nodes, hidden in ((1, HIDDEN), (2, HIDDEN), (5, 2 * HIDDEN), (64, HIDDEN)):
        if processor_reason(processor, options, spec, regime, NetConfig(hidden)):
            continue
        with torch.no_grad():
            out = steps(build(processor, hidden), graphs(2, nodes, hidden), 1)[0]
        got = tuple(out.hidden.shape)
        require(got == (2, nodes, hidden), f"hidden has shape {got} at B=2, N={nodes}, H={hidden}.")
        require(
            (out.edge is not None) == processor.writes_edges,
            f"writes_edges is {processor.writes_edges}, edge is {type(out.edge).__name__}.",
        )
        if out.penalty is not None:
            got = tuple(out.penalty.shape)
            require(got == (2,), f"penalty has shape {got} at B=2; expected one number for each graph.")
        edge = written(out)
        if edge is not None:
            got = tuple(edge.shape)
            require(got == (2, nodes, nodes, hidden), f"edge has shape {got} at B=2, N={nodes}, H={hidden}.")


def is_finite(processor: Processor) -> None:
    """No value is NaN or infinite, also for zero inputs and inputs a thousand times larger than usual."""
    module = build(processor)
    for factor in (0.0, 1.0, 1e3):
        at = graphs(2, 6)
        scaled = Graphs(at.node * factor, at.edge * factor, at.graph * factor, at.adjacency)
        with torch.no_grad():
            for number, out in enumerate(steps(module, scaled), 1):
                require(
                    bool(out.hidden.isfinite().all()),
                    f"hidden is not finite at step {number}, inputs times {factor:g}.",
                )


def is_deterministic(processor: Processor) -> None:
    """In evaluation, equal inputs give equal results."""
    module = build(processor)
    with torch.no_grad():
        one, other = (steps(module, graphs(2, 6))[-1].hidden for _ in range(2))
    require(torch.equal(one, other), "two runs on equal inputs differ.")


def graphs_of_a_batch_do_not_mix(processor: Processor) -> None:
    """A graph's result does not depend on what else is in the batch."""
    module, at = build(processor), graphs(4, 6)
    with torch.no_grad():
        together = steps(module, at)[-1]
        alone = steps(module, Graphs(*(part[1:2] for part in at)))[-1]
    gap = (together.hidden[1:2] - alone.hidden).abs().max().item()
    require(gap < _TOLERANCE, f"hidden of a graph changes by {gap:.2g} with its batch.")
    if together.idea is not None and alone.idea is not None:
        gap = (together.idea[1:2] - alone.idea).abs().max().item()
        require(gap < _TOLERANCE, f"the idea of a graph changes by {gap:.2g} with its batch.")


def graphs_can_go_on_alone(processor: Processor) -> None:
    """When some graphs of a batch are done, the others go on as before: the state has a row for each graph."""
    module, at, going = build(processor), graphs(4, 6), torch.tensor([1, 3])
    with torch.no_grad():
        before = steps(module, at, 2)[-1]
        together = _step(module, at, before.state)
        alone = _step(module, choose(at, going), choose_state(before.state, going, processor.name))
    require(len(alone.hidden) == 2, f"2 of 4 graphs went on; hidden has shape {tuple(alone.hidden.shape)}.")
    gap = (together.hidden[going] - alone.hidden).abs().max().item()
    require(gap < _TOLERANCE, f"hidden of a graph changes by {gap:.2g} when others do not go on.")


def relabelling_relabels(processor: Processor) -> None:
    """Relabelling the nodes relabels the hidden vectors and leaves the idea; not so where reads_order says so."""
    module, at = build(processor), graphs(2, 7)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(1))
    relabelled = Graphs(
        at.node[:, order], at.edge[:, order][:, :, order], at.graph, at.adjacency[:, order][:, :, order]
    )
    with torch.no_grad():
        one, other = steps(module, at)[-1], steps(module, relabelled)[-1]
    gap = (one.hidden[:, order] - other.hidden).abs().max().item()
    if processor.reads_order:
        require(gap >= _TOLERANCE, "reads_order is True, but relabelled nodes have the same hidden vectors.")
        return
    require(gap < _TOLERANCE, f"hidden of relabelled nodes differs by {gap:.2g}.")
    if one.idea is not None and other.idea is not None:
        gap = (one.idea - other.idea).abs().max().item()
        require(gap < _TOLERANCE, f"the idea changes by {gap:.2g} when nodes are relabelled.")


def the_graph_vector_is_read_where_declared(processor: Processor) -> None:
    """Another vector of the graph gives other hidden vectors; not so where reads_graph is False."""
    module, at = build(processor), graphs(2, 6)
    with torch.no_grad():
        one, other = steps(module, at, 1)[-1], steps(module, at._replace(graph=at.graph + 1), 1)[-1]
    gap = (one.hidden - other.hidden).abs().max().item()
    if processor.reads_graph:
        require(gap > 0, "reads_graph is True, but another vector of the graph gives equal hidden vectors.")
    else:
        require(gap == 0, f"reads_graph is False, but hidden changes by {gap:.2g} with the vector of the graph.")


def gradients_reach_every_weight(processor: Processor) -> None:
    """Each weight gets a finite gradient, not always zero, from hidden vectors, edges and ideas over three steps."""
    module = build(processor).train()
    total = torch.zeros(())
    for out in steps(module, graphs(3, 6)):
        for part in (out.hidden, written(out), out.idea):
            if part is not None:
                total = total + (part * torch.linspace(-1, 1, part.shape[-1])).square().sum()
    total.backward()  # type: ignore[no-untyped-call]
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            gradient = parameter.grad
            require(gradient is not None, f"weight '{name}' gets no gradient.")
            assert gradient is not None
            require(bool(gradient.isfinite().all()), f"the gradient of weight '{name}' is not finite.")


def the_state_is_its_own_where_declared(processor: Processor) -> None:
    """The state takes other hidden vectors, as dropout and the LSTM of a net make them; not so where own_state says."""
    out = steps(build(processor), graphs(2, 6), 1)[0]
    holds = holds_hidden(out.state, out.hidden)
    require(
        holds != processor.own_state,
        f"own_state is {processor.own_state}, but the state {'is None or holds' if holds else 'does not hold'} "
        "the very tensor that is hidden, alone or in tuples.",
    )


def ideas_are_written_where_declared(processor: Processor) -> None:
    """Every step writes an idea [B, K] of one size, or none where none is declared."""
    module = build(processor)
    with torch.no_grad():
        made = steps(module, graphs(2, 6))
    for number, out in enumerate(made, 1):
        wrote = out.idea is not None
        require(
            wrote == processor.writes_ideas,
            f"writes_ideas is {processor.writes_ideas}; step {number} wrote {'one' if wrote else 'none'}.",
        )
    if processor.writes_ideas:
        size = getattr(processor.config(), "idea_size", None)
        require(isinstance(size, int), "writes_ideas needs a config with 'idea_size', the K of its ideas.")
        shapes = {tuple(out.idea.shape) for out in made if out.idea is not None}
        require(shapes == {(2, size)}, f"ideas have shapes {sorted(shapes)}; expected (B, K) = (2, {size}).")


def ideas_do_not_see_later_inputs(processor: Processor) -> None:
    """What is written at a step does not depend on the inputs of later steps."""
    if not processor.writes_ideas:
        return
    module, at, later = build(processor), graphs(2, 6), graphs(2, 6, seed=9)
    with torch.no_grad():
        first = steps(module, at, 1)[0]
        before = None if first.idea is None else first.idea.clone()
        _step(module, later, first.state)
    require(
        before is not None and first.idea is not None and torch.equal(before, first.idea),
        "a later step changed an earlier idea.",
    )


def the_dtype_follows_the_inputs(processor: Processor) -> None:
    """In float64 everything is float64."""
    module = build(processor).double()
    with torch.no_grad():
        out = steps(module, graphs(2, 5, dtype=torch.float64), 2)[-1]
    require(out.hidden.dtype == torch.float64, f"float64 inputs give {out.hidden.dtype} hidden vectors.")


def tensors_are_made_on_the_device_of_the_inputs(processor: Processor) -> None:
    """No tensor lands on torch's default device, which would be the CPU where the inputs are on a GPU."""
    module, at = build(processor), graphs(2, 5)
    steps(module, at)
    problem = ""
    try:
        # On this device tensors have no numbers, and what is made there spoils what it goes into.
        with torch.device("meta"):
            hidden = steps(module, at)[-1].hidden
        if hidden.device != at.node.device:
            problem = f"hidden is on {hidden.device}"
    except RuntimeError as error:
        problem = str(error)
    require(
        not problem,
        f"inputs on {at.node.device}, torch's default device meta: {problem}; is a tensor made without device=?",
    )


def inputs_are_not_changed(processor: Processor) -> None:
    """A step leaves its arguments as they were."""
    module, at = build(processor), graphs(2, 5)
    before = Graphs(*(part.clone() for part in at))
    with torch.no_grad():
        steps(module, at)
    changed = [name for name, one, other in zip(at._fields, at, before, strict=True) if not torch.equal(one, other)]
    require(not changed, f"forward() changed its argument {', '.join(changed)}.")


def earlier_steps_are_not_changed(processor: Processor) -> None:
    """A step leaves what earlier ones returned as it was, because decoders may read it later."""
    module, at, later = build(processor), graphs(2, 5), graphs(2, 5, seed=9)
    with torch.no_grad():
        first = steps(module, at, 1)[0]
        before = first.hidden.clone()
        _step(module, later, first.state)
    require(torch.equal(before, first.hidden), "a step wrote over hidden vectors that an earlier one returned.")


def written_edges_keep_to_their_graph_and_relabel(processor: Processor) -> None:
    """Edge vectors do not depend on the rest of the batch, and relabelling the nodes relabels them."""
    if not processor.writes_edges:
        return
    module, at = build(processor), graphs(3, 6)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(1))
    relabelled = Graphs(
        at.node[:, order], at.edge[:, order][:, :, order], at.graph, at.adjacency[:, order][:, :, order]
    )
    with torch.no_grad():
        whole, alone, other = (
            written(steps(module, given)[-1]) for given in (at, Graphs(*(part[1:2] for part in at)), relabelled)
        )
    require(whole is not None and alone is not None and other is not None, "writes_edges is True; edge is None.")
    assert whole is not None
    assert alone is not None
    assert other is not None
    gap = (whole[1:2] - alone).abs().max().item()
    require(gap < _TOLERANCE, f"the edge vectors of a graph change by {gap:.2g} with its batch.")
    if processor.reads_order:
        return
    gap = (whole[:, order][:, :, order] - other).abs().max().item()
    require(gap < _TOLERANCE, f"edge vectors of relabelled nodes differ by {gap:.2g}.")


def says_what_it_supports(processor: Processor) -> None:
    """For every registered algorithm, in every regime, it says "" or a sentence, the same again, and supports some."""
    options = processor.config()
    for spec, regime, hidden in product(specs_tried(), REGIMES_TRIED, (HIDDEN, NetConfig().hidden)):
        said, again = (processor.unsupported(options, spec, regime, NetConfig(hidden)) for _ in range(2))
        where = f"in the regime {regime.name} at hidden width {hidden}, for the spec of {spec.outputs[0].name}"
        require(isinstance(said, str), f"unsupported() returned {said!r} {where}; a string is needed.")
        require(said == again, f"unsupported() said {said!r}, then {again!r} {where}.")
        require(said == said.strip(), f"unsupported() returned {said!r} {where}; a sentence or '' is needed.")
    setting_of(processor, HIDDEN)


def answer(processor: Processor, at: Setting, batch: TensorBatch) -> dict[str, Tensor]:
    """Return the raw outputs of an untrained network around the processor."""
    (net,) = nets_around(processor, processor.config(), [at.spec], at.regime, NetConfig(HIDDEN), seed=0)
    with torch.no_grad():
        outputs: dict[str, Tensor] = net.eval()(batch).outputs
    return outputs


def padding_in_time_does_not_leak(processor: Processor) -> None:
    """In a network, a short run among long ones is answered as it is alone, without the steps that pad it."""
    at = setting_of(processor, HIDDEN)
    batch = problems(at.spec)
    together = answer(processor, at, batch)
    for row, length in enumerate(LENGTHS):
        one = slice(row, row + 1)
        alone = replace(
            batch,
            inputs={name: value[one] for name, value in batch.inputs.items()},
            hints={name: value[:length, one] for name, value in batch.hints.items()},
            lengths=batch.lengths[one],
        )
        for name, value in answer(processor, at, alone).items():
            gap = _relative_gap(together[name][one], value)
            require(
                gap < _TOLERANCE,
                f"output '{name}' of a run of {length} hints changes by {gap:.2g} in a batch of up to {max(LENGTHS)}.",
            )


def a_relabelled_problem_has_the_relabelled_answer(processor: Processor) -> None:
    """In a network, relabelling the nodes, positions along with them, relabels the answer."""
    if processor.reads_order:
        return
    at = setting_of(processor, HIDDEN)
    batch = problems(at.spec)
    order = torch.randperm(batch.nodes, generator=torch.Generator().manual_seed(1))
    before, after = answer(processor, at, batch), answer(processor, at, relabelled(batch, order))
    for feature in at.spec.outputs:
        gap = _relative_gap(relabelled_raw(feature, before[feature.name], order), after[feature.name])
        require(gap < _TOLERANCE, f"output '{feature.name}' of a relabelled problem differs by {gap:.2g}.")


def both_layouts_are_one(processor: Processor) -> None:
    """Where it has a form for the sparse layout, this computes the same as the dense one, with the same weights.

    Graphs are complete, so that it does not matter whether a pair without an edge is looked at.
    """
    if Layout.SPARSE not in processor.layouts:
        return
    module, at = build(processor).double(), graphs(3, 5, dtype=torch.float64)
    at = at._replace(adjacency=torch.ones_like(at.adjacency))
    with torch.no_grad():
        sparse = sparse_steps(module, complete(at.node, at.edge, at.graph), _STEPS)
        for number, (one, other) in enumerate(zip(steps(module, at), sparse, strict=True), 1):
            gap = (one.hidden.flatten(0, 1) - other.hidden).abs().max().item()
            require(gap < _TOLERANCE, f"hidden of both layouts differs by {gap:.2g} at step {number}.")
            require((one.idea is None) == (other.idea is None), "an idea is written in one layout alone.")
            if one.idea is not None and other.idea is not None:
                gap = (one.idea - other.idea).abs().max().item()
                require(gap < _TOLERANCE, f"the idea of both layouts differs by {gap:.2g} at step {number}.")


def graphs_can_leave_the_union(processor: Processor) -> None:
    """When some graphs of a union are done, the others go on as before: the state is of nodes, edges or graphs."""
    if Layout.SPARSE not in processor.layouts:
        return
    module, at = build(processor).double(), graphs(4, 5, dtype=torch.float64)
    whole = complete(at.node, at.edge, at.graph)
    part = Part(whole.on, torch.tensor([1, 3]))
    with torch.no_grad():
        before = sparse_steps(module, whole, 2)[-1].state
        together = sparse_steps(module, whole, 1, before)[-1].hidden
        node, edge, graph, state = choose_state((whole.node, whole.edge, whole.graph, before), part, processor.name)
        alone = sparse_steps(module, SparseStep(node, edge, graph, part.union), 1, state)[-1].hidden
    gap = (together.index_select(0, part.nodes) - alone).abs().max().item()
    require(gap < _TOLERANCE, f"hidden of a graph changes by {gap:.2g} when others leave the union.")


def _relative_gap(expected: Tensor, got: Tensor) -> float:
    return ((expected - got).abs() / (1 + expected.abs())).max().item()


CHECKS: Mapping[str, Callable[[Processor], None]] = {
    function.__name__: function
    for function in (
        is_described,
        says_what_it_supports,
        shapes_fit,
        is_finite,
        is_deterministic,
        graphs_of_a_batch_do_not_mix,
        graphs_can_go_on_alone,
        relabelling_relabels,
        the_graph_vector_is_read_where_declared,
        gradients_reach_every_weight,
        the_state_is_its_own_where_declared,
        ideas_are_written_where_declared,
        ideas_do_not_see_later_inputs,
        the_dtype_follows_the_inputs,
        tensors_are_made_on_the_device_of_the_inputs,
        inputs_are_not_changed,
        earlier_steps_are_not_changed,
        written_edges_keep_to_their_graph_and_relabel,
        padding_in_time_does_not_leak,
        a_relabelled_problem_has_the_relabelled_answer,
        both_layouts_are_one,
        graphs_can_leave_the_union,
    )
}
