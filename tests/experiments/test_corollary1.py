"""The page of Corollary 1 is what its records say."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "experiments" / "corollary1"


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The modules beside the page, which import each other by their bare names."""
    names = ("collect", "report")
    sys.path.insert(0, str(FOLDER))
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(kept)


def test_the_page_is_what_the_records_say(scripts: dict[str, ModuleType]) -> None:
    report = scripts["report"]
    page = (FOLDER.parent / "corollary1.md").read_text(encoding="utf-8")
    assert report.filled(page, report.studies()) == page
    assert all(f"<!-- table: {name} -->" in page for name in report.TABLES)


def test_the_figures_are_those_of_the_records(scripts: dict[str, ModuleType]) -> None:
    report = scripts["report"]
    for name, text in report.figures(report.studies()).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text + "\n"


def test_records_are_kept_as_they_are(scripts: dict[str, ModuleType], tmp_path: Path) -> None:
    records = scripts["collect"].read_records()
    scripts["collect"].write_records([*records, *records], tmp_path / "copy.gz")
    assert scripts["collect"].read_records(tmp_path / "copy.gz") == records
