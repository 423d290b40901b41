"""Autoregressive memory around any processor: numbers, reads, causality, options; what conformance cannot know."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from nar_bench_processors.message_passing import MessagePassing
from torch import Tensor, nn
from torch.nn import functional as F

import nar_bench
from nar_bench.conformance.kit import checks_for
from nar_bench.conformance.processors import Graphs, build, graphs, steps
from nar_bench.errors import PluginError, Unsupported
from nar_bench.model.build import nets_around
from nar_bench.model.config import NetConfig
from nar_bench.model.nodes import NodeVectors
from nar_bench.model.numbers import reads_numbers_apart
from nar_bench.model.regime import REGIMES
from nar_bench.model.support import processor_reason
from nar_bench.model.tensors import to_tensors
from nar_bench.plugin.contracts import Kind, Processor
from nar_bench.plugin.registry import registry

NAMES = [
    entry.name for entry in registry().entries(Kind.PROCESSOR) if entry.source.is_own and not entry.load().writes_ideas
]
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "last": {"read": "last"},
    "gated": {"read": "gated"},
    "none": {"read": "none"},
    "heads": {"heads": 4, "idea_size": 6},
    "to_nodes": {"feed": ("node",)},
    "to_both": {"feed": ("graph", "node")},
    "deep": {"depth": 3},
    "shallow": {"depth": 1},
    "max": {"pooling": ("max",)},
    "mean": {"pooling": ("mean",)},
    "graph": {"pool": ("graph",)},
    "all": {"pool": ("nodes", "edges", "graph"), "read": "gated"},
}


def around(name: str, **options: Any) -> Processor:
    """Return a processor with a memory whose default options are others."""
    processor: Processor = registry().load(Kind.PROCESSOR, f"memory_{name}")
    made: Any = lambda **own: processor.config(**{**options, **own})  # noqa: E731
    return dataclasses.replace(processor, config=made)


def product() -> list[Any]:
    """Return every variant around every processor; slow but for one processor and for one variant."""
    made = []
    for name in NAMES:
        for variant, options in VARIANTS.items():
            if "edges" in options.get("pool", ()) and not registry().load(Kind.PROCESSOR, name).writes_edges:
                continue
            reads = registry().load(Kind.PROCESSOR, name).reads_graph or options.get("read") == "none"
            if not reads and "graph" in options.get("feed", ("graph",)):
                continue
            quick = variant == "default" or name == "triplet_mpnn"
            marks = [] if quick else [pytest.mark.slow]
            made.append(pytest.param(name, options, id=f"{name}-{variant}", marks=marks))
    return made


def run(module: nn.Module, inputs: list[Graphs]) -> list[Tensor]:
    """Return the ideas of a run whose inputs may be others at each step."""
    state, ideas = module.initial_state(inputs[0].node), []  # type: ignore[operator]
    for at in inputs:
        out = module(*at, state, at.edge) if reads_numbers_apart(module) else module(*at, state)
        ideas.append(out.idea)
        state = out.state
    return ideas


# Made with the version before there were options, in which keys and values of all ideas were computed at every step.
GOLDEN = {
    1: (
        [0.0967586209, -0.067218163, -0.0537211897, 0.4541021299, -0.3701733555, -0.1358236857],
        [-0.9709216966, -0.7335778674, -0.6544421416, -0.208880813, -0.6972114707],
        {"query": 0.006846336911, "key": 0.002025390401, "value": 0.6380113071},
    ),
    2: (
        [0.0967038907, -0.0671843599, -0.0536832537, 0.4540266856, -0.3700823938, -0.1358442385],
        [-0.9708913582, -0.7335758155, -0.6544503624, -0.2095558399, -0.6972908266],
        {"query": 0.005402645482, "key": 0.001413812728, "value": 0.63854967},
    ),
}


@pytest.mark.parametrize("heads", [1, 2])
def test_weights_and_numbers_of_memory_mpnn_stay_what_they_are(heads: int) -> None:
    processor = registry().load(Kind.PROCESSOR, "memory_mpnn")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = processor.build(processor.config(idea_size=8, heads=heads), 16).double()
    made = steps(module, graphs(2, 5, dtype=torch.float64), 4)
    sum((out.idea.square().sum() + out.hidden.square().sum()) for out in made).backward()
    idea, hidden, gradients = GOLDEN[heads]
    assert made[-1].idea[0, :6].tolist() == pytest.approx(idea, abs=1e-7)
    assert made[-1].hidden[1, :, 0].tolist() == pytest.approx(hidden, abs=1e-7)
    for name, norm in gradients.items():
        assert getattr(module.reader, name).weight.grad.norm().item() == pytest.approx(norm, rel=1e-6)
    assert sum(parameter.numel() for parameter in module.parameters()) == 5752


@pytest.mark.parametrize("heads", [1, 4])
def test_a_run_is_what_the_equations_say(heads: int) -> None:
    """With keys and values of every idea, made anew at every step."""
    module, at = build(around("mpnn", idea_size=6, heads=heads)).double(), graphs(2, 5, dtype=torch.float64)
    with torch.no_grad():
        made = steps(module, at, 4)
        ideas: list[Tensor] = []
        state = module.inner.initial_state(at.node)
        hidden = torch.zeros_like(at.node)
        for out in made:
            z = torch.cat([at.node, hidden], dim=-1)
            query = module.reader.query(torch.cat([z.amax(dim=1), z.mean(dim=1), at.graph], dim=-1))
            recalled = torch.zeros_like(query)
            if ideas:
                written = torch.stack(ideas, dim=1)
                split = [
                    part.unflatten(-1, (heads, -1))
                    for part in (module.reader.key(written), module.reader.value(written))
                ]
                scores = torch.einsum("bhd,buhd->bhu", query.unflatten(-1, (heads, -1)), split[0])
                weights = (scores / (16 // heads) ** 0.5).softmax(dim=-1)
                recalled = torch.einsum("bhu,buhd->bhd", weights, split[1]).flatten(1)
            step = module.inner(at.node, at.edge, at.graph + module.to_graph(recalled), at.adjacency, state)
            state, hidden = step.state, step.hidden
            pooled = torch.cat([hidden.amax(dim=1), hidden.mean(dim=1), recalled], dim=-1)
            ideas.append(module.write[2](F.relu(module.write[0](pooled))))
            torch.testing.assert_close(out.hidden, hidden)
            torch.testing.assert_close(out.idea, ideas[-1])


def test_each_reader_reads_the_ideas_that_it_is_for() -> None:
    at = graphs(2, 5, dtype=torch.float64)
    for read, heard in {"attention": [0, 1, 2], "last": [2], "gated": [0, 1, 2]}.items():
        reader = build(around("mpnn", read=read, idea_size=6)).double().reader
        ideas = [torch.full((2, 6), float(u + 1), dtype=torch.float64, requires_grad=True) for u in range(3)]
        written = reader.nothing(at.node)
        for idea in ideas:
            written = reader.remember(written, idea)
        seen = (torch.ones(2, 80, dtype=torch.float64),) if read == "attention" else ()
        found = torch.autograd.grad(reader(written, *seen).square().sum(), ideas, allow_unused=True)
        assert [u for u, one in enumerate(found) if one is not None and one.any()] == heard


@pytest.mark.parametrize("read", ["attention", "last", "gated"])
def test_nothing_is_read_before_there_is_an_idea(read: str) -> None:
    reader, at = build(around("mpnn", read=read)).reader, graphs(2, 5)
    seen = (torch.ones(2, 80),) if read == "attention" else ()
    assert not reader(reader.nothing(at.node), *seen).any()


@pytest.mark.parametrize(("read", "changes"), [("attention", True), ("last", True), ("gated", True), ("none", False)])
def test_ideas_change_what_is_computed_but_for_the_ablation(read: str, changes: bool) -> None:
    module, at = build(around("mpnn", read=read)), graphs(2, 5)
    with torch.no_grad():
        before = steps(module, at, 3)
        module.write[-1].bias.add_(1.0)
        after = steps(module, at, 3)
    assert torch.equal(before[0].hidden, after[0].hidden)
    assert not torch.equal(before[-1].idea, after[-1].idea)
    assert torch.equal(before[-1].hidden, after[-1].hidden) != changes


def test_without_reading_the_wrapped_processor_computes_what_it_does_alone() -> None:
    module, at = build(around("triplet_mpnn", read="none")), graphs(2, 5)
    with torch.no_grad():
        for one, other in zip(steps(module, at), steps(module.inner, at), strict=True):
            assert torch.equal(one.hidden, other.hidden)
            assert torch.equal(one.edge, other.edge)


@pytest.mark.parametrize(("feed", "node", "graph"), [(("graph",), 0, 1), (("node",), 1, 0), (("node", "graph"), 1, 1)])
def test_what_is_read_goes_where_it_is_told(feed: tuple[str, ...], node: bool, graph: bool) -> None:
    module, at = build(around("mpnn", feed=feed)), graphs(2, 5)
    shown: list[Any] = []
    module.inner.register_forward_pre_hook(lambda _, args: shown.append(args))
    steps(module, at, 2)
    assert torch.equal(shown[1][0], at.node) != bool(node)
    assert torch.equal(shown[1][2], at.graph) != bool(graph)


@pytest.mark.parametrize("pool", [("nodes",), ("edges",), ("graph",), ("nodes", "edges", "graph")])
def test_an_idea_is_written_from_what_is_pooled(pool: tuple[str, ...]) -> None:
    module, at = build(around("triplet_mpnn", pool=pool, read="none")), graphs(2, 5)
    given: list[Tensor] = []
    module.write.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    with torch.no_grad():
        (out,) = steps(module, at, 1)
    edges = out.edge.flatten(1, 2)
    parts = {
        "nodes": [out.hidden.amax(dim=1), out.hidden.mean(dim=1)],
        "edges": [edges.amax(dim=1), edges.mean(dim=1)],
        "graph": [at.graph],
    }
    torch.testing.assert_close(given[0], torch.cat([one for part in pool for one in parts[part]], dim=-1))


@pytest.mark.parametrize(("name", "options"), product())
def test_an_idea_depends_on_its_own_step_and_earlier_ones_alone(name: str, options: dict[str, Any]) -> None:
    module = build(around(name, **options))
    usual, others = [graphs(3, 5, seed=seed) for seed in range(4)], [graphs(3, 5, seed=seed) for seed in range(4, 8)]
    with torch.no_grad():
        before = run(module, usual)
        for step in range(1, 4):
            # The encoded adjacency is an input too.
            after = run(module, usual[:step] + others[step:])
            assert all(torch.equal(one, other) for one, other in zip(before[:step], after[:step], strict=True))
            assert not torch.allclose(before[step], after[step])


@pytest.mark.parametrize("read", ["attention", "last", "gated"])
def test_a_late_idea_depends_on_every_earlier_one_and_never_the_other_way(read: str) -> None:
    module = build(around("mpnn", read=read))
    ideas = run(module, [graphs(2, 5, seed=seed) for seed in range(4)])
    for late in range(4):
        found = torch.autograd.grad(ideas[late].square().sum(), ideas, retain_graph=True, allow_unused=True)
        assert [one is not None and bool(one.any()) for one in found] == [u <= late for u in range(4)]


@pytest.mark.parametrize("read", ["attention", "last", "gated", "none"])
def test_in_a_net_an_idea_does_not_see_later_hints(read: str) -> None:
    """The true ones, as teacher forcing shows them."""
    regime = dataclasses.replace(REGIMES["hints"], name="forced", memory=True, teacher_forcing=1.0)
    batch = to_tensors(nar_bench.generate("insertion_sort", 6, 4, seed=3))
    processor = around("mpnn", read=read)
    (net,) = nets_around(processor, processor.config(), [batch.spec], regime, NetConfig(8), seed=0)
    with torch.no_grad():
        before = net.train()(batch, torch.Generator().manual_seed(0)).ideas
        for step in range(1, 5):
            hints = {name: torch.cat([hint[:step], hint[step:].flip(0)]) for name, hint in batch.hints.items()}
            after = net(dataclasses.replace(batch, hints=hints), torch.Generator().manual_seed(0)).ideas
            assert torch.equal(before[:, :step], after[:, :step])
            assert not torch.allclose(before[:, step:], after[:, step:])


@pytest.mark.parametrize(("name", "options"), product())
def test_every_variant_around_every_processor_conforms(name: str, options: dict[str, Any]) -> None:
    """Batch mates, graphs that go on alone, relabelling, gradients, devices and all else of the kit."""
    for check in checks_for(Kind.PROCESSOR, around(name, **options)):
        check()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_processor_declares_its_memory_declares(name: str) -> None:
    one, other = registry().load(Kind.PROCESSOR, name), registry().load(Kind.PROCESSOR, f"memory_{name}")
    own = {"name", "version", "source", "config", "build", "writes_ideas", "unsupported", "reference_names"}
    for field in dataclasses.fields(Processor):
        if field.name not in own:
            assert getattr(one, field.name) == getattr(other, field.name)
    assert other.writes_ideas
    assert one.source in other.source
    modules = one.build(one.config(), 16), other.build(other.config(), 16)
    for told in ("reads_edge_vectors", "reads_numbers_apart"):
        assert getattr(modules[0], told, False) == getattr(modules[1], told)


def test_options_of_both_stand_side_by_side_and_clashing_ones_are_told_apart() -> None:
    processor = registry().load(Kind.PROCESSOR, "memory_gat")
    config = processor.config(heads=2, inner_heads=4)
    module = processor.build(config, 16)
    assert module.reader._heads == 2
    plain = registry().load(Kind.PROCESSOR, "gat")
    shapes = [
        {key: value.shape for key, value in one.state_dict().items()}
        for one in (module.inner, plain.build(plain.config(heads=4), 16))
    ]
    assert shapes[0] == shapes[1]
    triplets = registry().load(Kind.PROCESSOR, "memory_triplet_mpnn")
    assert triplets.config(triplet_features=0, depth=0).faults() == [
        ("depth", "got 0; it must be at least 1"),
        ("triplet_features", "got 0; it must be at least 1"),
    ]
    memory_discrete = registry().load(Kind.PROCESSOR, "memory_discrete")
    assert ("inner_heads", "got 0; it must be at least 1") in memory_discrete.config(inner_heads=0).faults()


def test_a_processor_whose_options_cannot_be_told_apart_is_refused() -> None:
    config = dataclasses.make_dataclass("Twice", [("heads", int, 1), ("inner_heads", int, 1)], frozen=True)
    twice = dataclasses.replace(registry().load(Kind.PROCESSOR, "mpnn"), name="twice", config=config)
    with pytest.raises(PluginError, match="memory around twice: two of its options would be 'inner_heads'"):
        registry().load(Kind.WRAPPER, "memory").wrap(twice)


@pytest.mark.parametrize("name", ["memory_memory_mpnn", "memory_memory_pgn"])
def test_a_memory_around_a_memory_is_refused(name: str) -> None:
    with pytest.raises(Unsupported, match=f"memory around {name.removeprefix('memory_')}: it writes ideas already"):
        registry().load(Kind.PROCESSOR, name)


def test_what_the_memory_or_the_wrapped_processor_does_not_support_is_told() -> None:
    spec, regime = nar_bench.algorithm("bfs").spec, REGIMES["hints"]

    def told(name: str, **options: Any) -> str:
        processor = registry().load(Kind.PROCESSOR, f"memory_{name}")
        return processor_reason(processor, processor.config(**options), spec, regime, NetConfig(16))

    assert told("gat") == told("triplet_mpnn", pool=("edges",)) == ""
    assert told("gat", heads=3) == "memory_gat: heads=3 must divide the hidden width, 16"
    assert told("gat", inner_heads=3) == "memory_gat: gat: heads=3 must divide the hidden width, 16"
    assert told("gat", pool=("nodes", "edges")).startswith("memory_gat: pool has 'edges', but gat writes no edge")
    assert told("discrete").startswith("memory_discrete: discrete: states are the hints")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"idea_size": 0}, "idea_size"),
        ({"heads": 0}, "heads"),
        ({"pool": ()}, "pool"),
        ({"pool": ("nodes", "nodes")}, "pool"),
        ({"pool": ("node",)}, "pool"),
        ({"pooling": ("sum",)}, "pooling"),
        ({"read": "all"}, "read"),
        ({"feed": ("edge",)}, "feed"),
        ({"depth": 0}, "depth"),
    ],
)
def test_options_that_are_not_allowed_are_faults_and_never_built(options: dict[str, Any], field: str) -> None:
    processor = registry().load(Kind.PROCESSOR, "memory_mpnn")
    config = processor.config(**options)
    assert [name for name, _ in config.faults()] == [field]
    with pytest.raises(ValueError, match=f"memory: {field}: got"):
        processor.build(config, 16)


def test_heads_have_to_divide_the_width() -> None:
    processor = registry().load(Kind.PROCESSOR, "memory_mpnn")
    with pytest.raises(ValueError, match="heads must divide the width"):
        processor.build(processor.config(heads=3), 16)


def test_vectors_of_nodes_are_pooled_once_and_those_that_a_net_changed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from nar_bench_processors import memory

    pooled: list[Tensor] = []
    greatest = memory.POOLINGS["max"]
    monkeypatch.setitem(memory.POOLINGS, "max", lambda vectors: pooled.append(vectors) or greatest(vectors))
    module, at = build(around("mpnn")), graphs(2, 5)
    first, second = steps(module, at, 2)
    assert [id(one) for one in pooled[:1]] == [id(at.node)]
    assert sum(one is at.node for one in pooled) == 1
    assert sum(one is first.hidden for one in pooled) == 1
    changed = second.hidden * 2
    state = second.state._replace(hidden=changed)
    out = module(*at, state)
    assert sum(one is changed for one in pooled) == 1
    assert not torch.allclose(out.idea, module(*at, second.state).idea)


@pytest.mark.parametrize("options", [{}, {"feed": ("node", "graph")}, {"read": "last"}], ids=str)
@pytest.mark.parametrize("regime", ["memory", "hints"])
def test_nodes_as_their_features_and_as_a_tensor_make_the_same_ideas(
    regime: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = to_tensors(nar_bench.generate("bfs", 8, 6, seed=3))

    def ideas() -> Tensor:
        processor = around("pgn", **options)
        (net,) = nets_around(processor, processor.config(), [batch.spec], REGIMES[regime], NetConfig(16), seed=0)
        seen: list[type] = []
        net.processor.inner.register_forward_pre_hook(lambda _, args: seen.append(type(args[0])))
        with torch.no_grad():
            made: Tensor = net(batch).ideas
        assert set(seen) == {NodeVectors if takes and "feed" not in options else Tensor}
        return made

    takes = True
    before = ideas()
    takes = False
    monkeypatch.setattr(MessagePassing, "reads_node_vectors", takes)
    assert torch.allclose(ideas(), before, rtol=1e-4, atol=1e-5)


def test_ideas_of_a_run_do_not_depend_on_padding_or_on_later_steps() -> None:
    batch = nar_bench.generate("bfs", 8, 24, seed=3, p=(0.2, 0.5))
    order = batch.lengths.argsort()
    short, long = int(order[0]), int(order[-1])
    assert batch.lengths[short] < batch.lengths[long]
    for options in VARIANTS.values():
        if "edges" in options.get("pool", ()):
            continue
        processor = around("mpnn", **options)
        (net,) = nets_around(processor, processor.config(), [batch.spec], REGIMES["memory"], NetConfig(16), seed=0)
        with torch.no_grad():
            alone = net(to_tensors(batch.select([short]))).ideas
            padded = net(to_tensors(batch.select([short, long]))).ideas
        assert torch.allclose(padded[:1, : alone.shape[1]], alone, atol=1e-5)
