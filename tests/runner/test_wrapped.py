"""Processors in a wrapper, from a suite to a record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plugin.test_wrappers import MINE
from runner.test_suite import GOOD, faults_of, plan_of

from nar_bench.plugin.registry import Registry
from nar_bench.results.identity import content_of, module_hash
from nar_bench.results.record import Record
from nar_bench.runner.expansion import expand
from nar_bench.runner.suite import load_suite
from nar_bench.runner.trial import run_trial

WRAPPED = (
    GOOD.replace('"mpnn", "memory_mpnn"', '"memory_gat", "memory_triplet_mpnn"')
    .replace('"bfs", "insertion_sort"', '"bfs"')
    .replace(
        "[processor.memory_mpnn]\nidea_size = 4", "[processor.memory_gat]\nidea_size = 4\nheads = 2\ninner_heads = 4"
    )
    .replace("seeds = [0, 1]", "seeds = [0]")
)


def test_a_suite_names_a_wrapped_processor_and_sets_the_options_of_both(tmp_path: Path) -> None:
    planned = plan_of(tmp_path, WRAPPED).planned
    assert {one.state for one in planned} == {"to do"}
    gat = planned[0].trial
    assert gat.label == "bfs / memory_gat / hints / seed 0"
    assert gat.config["processor"] == {
        "idea_size": 4,
        "heads": 2,
        "pool": ["nodes"],
        "pooling": ["max", "mean"],
        "read": "attention",
        "feed": ["graph"],
        "depth": 2,
        "inner_heads": 4,
        "layer_norm": True,
    }
    assert gat.processor.around is not None
    assert (gat.processor.around.name, gat.processor.around.around) == ("gat", None)
    assert gat.processor.source_hash != gat.processor.around.source_hash


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '"memory_gat"',
            '"memory_gatt"',
            "trials[0].processors[0]: processor 'memory_gatt' is not known. Did you mean 'memory_gat'?",
        ),
        (
            '"memory_gat"',
            '"memory_memory_mpnn"',
            "trials[0].processors[0]: memory around memory_mpnn: it writes ideas already",
        ),
        (
            "inner_heads = 4",
            "inner_heads = 'x'",
            "processor.memory_gat.inner_heads: got 'x'; input should be a valid integer",
        ),
        (
            "inner_heads = 4",
            "inner_headz = 4",
            "processor.memory_gat.inner_headz: this key is not known. Did you mean 'inner_heads'?",
        ),
        (
            "idea_size = 4",
            "read = 'all'",
            "processor.memory_gat.read: got 'all'; it must be one of attention, last, gated, none",
        ),
        (
            "[processor.memory_gat]",
            "[processor.memory_gaat]",
            "processor.memory_gaat: processor 'memory_gaat' is not known",
        ),
    ],
)
def test_nonsense_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in faults_of(tmp_path, WRAPPED.replace(old, new, 1))


def test_what_cannot_be_pooled_is_skipped_with_its_reason(tmp_path: Path) -> None:
    text = WRAPPED.replace("inner_heads = 4", 'pool = ["edges"]\n[processor.memory_triplet_mpnn]\npool = ["edges"]')
    found = {one.trial.processor.name: one for one in plan_of(tmp_path, text).planned}
    assert found["memory_gat"].reason.startswith("memory_gat: pool has 'edges', but gat writes no edge vectors")
    assert found["memory_triplet_mpnn"].state == "to do"


def test_the_version_and_the_source_of_what_is_wrapped_enter_the_identity(tmp_path: Path) -> None:
    """Of a processor of somebody else, whose options stay the same."""
    text = WRAPPED.replace('"memory_gat", "memory_triplet_mpnn"', '"memory_mine"').replace(
        '"hints", "memory"', '"hints"'
    )
    suite, file, ids = tmp_path / "small.toml", tmp_path / "my_file.py", {}
    suite.write_text(re.sub(r"\[processor.*?(?=\[train\])", "", text, flags=re.DOTALL))
    sources = {
        "plain": MINE,
        "comment": MINE + "# words\n",
        "version": MINE.replace("version=7", "version=8"),
        "source": MINE.replace("factor = 1", "factor = 2"),
    }
    for name, source in sources.items():
        file.write_text(source)
        module_hash.cache_clear()
        content_of.cache_clear()
        ((trial, _),) = expand(load_suite(suite), Registry(files=[file]))
        assert trial.processor.around is not None
        assert (trial.processor.name, trial.processor.around.id) == ("memory_mine", "my_file/mine")
        ids[name] = trial.id
    assert ids["plain"] == ids["comment"]
    assert len(set(ids.values())) == 3


def test_a_wrapped_processor_is_trained_and_its_record_says_what_was_wrapped(tmp_path: Path) -> None:
    prepared = plan_of(tmp_path, WRAPPED)
    (trial,) = (
        one.trial
        for one in prepared.planned
        if (one.trial.processor.name, one.trial.regime) == ("memory_gat", "memory")
    )
    record = run_trial(trial, prepared.registry, prepared.store, lambda event: None)
    assert record.state == "done", record.error
    assert record.method == "memory_gat (memory, cosine)"
    read = Record.from_json(record.to_json(), "here")
    assert read.processor == trial.processor
    assert read.processor.around is not None
    assert read.processor.around.name == "gat"
