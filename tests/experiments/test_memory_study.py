"""The study of the memory: its suites plan whole, and its page is what its records say."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nar_bench.results.record import Record
from nar_bench.runner.run import prepare

FOLDER = Path(__file__).parents[2] / "docs" / "experiments" / "memory"


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The modules beside the page, which import each other by their bare names."""
    names = ("collect", "figures", "report")
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def records(scripts: dict[str, ModuleType]) -> list[Record]:
    return scripts["collect"].read_records()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("suite", "trials"), [("memory-study", 585), ("memory-study-together", 25), ("memory-study-ablations", 225)]
)
def test_every_trial_of_the_study_can_be_run(suite: str, trials: int, tmp_path: Path) -> None:
    planned = prepare(suite, tmp_path).planned
    assert [one.reason for one in planned if one.reason] == []
    assert len(planned) == trials


def test_ablations_start_from_trials_of_the_study(tmp_path: Path) -> None:
    study = {one.trial.id for one in prepare("memory-study", tmp_path).planned}
    shared = [one for one in prepare("memory-study-ablations", tmp_path).planned if one.trial.id in study]
    assert len(shared) == 15


def test_the_page_is_what_the_records_say(scripts: dict[str, ModuleType], records: list[Record]) -> None:
    page = (FOLDER.parent / "memory.md").read_text(encoding="utf-8")
    ideas = json.loads((FOLDER / "ideas.json").read_text(encoding="utf-8"))
    made = scripts["report"].tables(records, ideas)
    assert scripts["report"].filled(page, made) == page
    assert all(f"<!-- table: {name} -->" in page for name in made)


def test_records_are_kept_as_they_are(scripts: dict[str, ModuleType], records: list[Record], tmp_path: Path) -> None:
    scripts["collect"].write_records([*records, *records], tmp_path / "copy.gz")
    assert (tmp_path / "copy.gz").read_bytes() == (FOLDER / "records.jsonl.gz").read_bytes()


def test_a_method_is_called_after_what_is_not_usual(scripts: dict[str, ModuleType], records: list[Record]) -> None:
    method_of: Any = scripts["collect"].method_of
    record = next(one for one in records if one.processor.name == "memory_mpnn")
    assert method_of(record) == record.method
    config = {**record.config, "processor": {**record.config["processor"], "idea_size": 8}}
    assert method_of(record.model_copy(update={"config": config})) == f"{record.method} [idea_size=8]"
    config["contrast"] = {**config["contrast"], "positives": ["similar_input", "related_algorithm"]}
    told = "[idea_size=8, positives=similar_input + related_algorithm]"
    assert method_of(record.model_copy(update={"config": config})) == f"{record.method} {told}"


def test_figures_are_the_same_for_the_same_records(
    scripts: dict[str, ModuleType], records: list[Record], tmp_path: Path
) -> None:
    report, figures = scripts["report"], scripts["figures"]
    for name in ("one.svg", "other.svg"):
        figures.draw_curves(report.cells_of(records), report.ARMS, report.SIZES, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
