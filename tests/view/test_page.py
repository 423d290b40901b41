"""The page as a file: complete in itself, true to the run, and never too large."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chosen import ALGORITHMS, ALWAYS

from nar_bench.data.generate import generate
from nar_bench.errors import InputError, ViewError
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry
from nar_bench.trajectory import Batch, SparseBatch
from nar_bench.view.columns import Packed, unpack
from nar_bench.view.instance import draw
from nar_bench.view.page import LARGEST, to_html, write_page
from nar_bench.view.picture import Picture, picture_of


def picture(name: str, size: int, seed: int = 0, **shift: Any) -> Picture:
    entry = registry().find(Kind.ALGORITHM, name)
    return picture_of(draw(entry.load(), size, seed, shift), entry.summary, entry.drawing, [("size", str(size))])


def carried(page: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a page as its script does."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    packed = re.search(r'<script type="application/octet-stream" id="packed">(.*?)</script>', page, re.DOTALL)
    assert data
    assert packed
    plain = json.loads(data[1])
    return plain, unpack(Packed([tuple(column) for column in plain["columns"]], packed[1]))


def check(page: str, batch: Batch | SparseBatch) -> None:
    """Compare every value that a page carries with a run."""
    plain, arrays = carried(page)
    steps = int(batch.lengths[0])
    assert plain["steps"] == steps
    for stage, columns in (("input", batch.inputs), ("hint", batch.hints), ("output", batch.outputs)):
        for name, values in columns.items():
            if name == "edges":
                assert np.array_equal(arrays["edges"], values)
                continue
            got = arrays[f"{stage}/{name}"]
            np.testing.assert_allclose(got, values.reshape(len(got), -1), rtol=1e-6)
    assert len(arrays["lines"]) == len(arrays["ends"]) == steps + 1


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_has_a_page_that_carries_its_run(name: str) -> None:
    algorithm = registry().load(Kind.ALGORITHM, name)
    page = to_html(picture(name, 6))
    check(page, generate(replace(algorithm, compiled=False), 6, 1, 0))
    assert not re.findall(r"""(?:src|href)\s*=|@import|url\(|https?://""", page)
    assert "default-src 'none'" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", ALWAYS)
def test_what_is_watched_interpreted_is_what_is_compiled_for_all_else(name: str) -> None:
    check(to_html(picture(name, 9, seed=4)), generate(registry().load(Kind.ALGORITHM, name), 9, 1, 4))


@pytest.mark.slow
@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_has_a_page_at_64(name: str, tmp_path: Path) -> None:
    made = picture(name, 64)
    assert write_page(made, tmp_path / "page.html").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", ["bfs", "insertion_sort", "lcs_length", "graham_scan", "sparse_bfs"])
def test_the_smallest_instances_have_a_page(name: str) -> None:
    smallest = registry().load(Kind.ALGORITHM, name).smallest
    assert carried(to_html(picture(name, smallest)))[0]["nodes"] >= smallest


def test_equal_pictures_give_equal_bytes() -> None:
    assert to_html(picture("dijkstra", 8)) == to_html(picture("dijkstra", 8))
    assert to_html(picture("dijkstra", 8)) != to_html(picture("dijkstra", 8, seed=1))


def test_the_lines_of_a_step_are_carried() -> None:
    made = picture("insertion_sort", 5)
    _, arrays = carried(to_html(made))
    listed = [line for function in made.functions for line in function.lines]
    whole = ["".join(text for _, text in line.pieces).strip() for line in listed]
    assert {whole[at] for at in arrays["ends"][:-1, 0]} == {"yield pred, 0, 0", "yield pred, successor, node"}
    moved = whole.index("order[i + 1] = order[i]")
    keys = generate(registry().load(Kind.ALGORITHM, "insertion_sort"), 5, 1, 0).inputs["key"][0]
    inversions = [int((keys[:j] > keys[j]).sum()) for j in range(1, 5)]
    assert arrays["lines"][1:5, moved].tolist() == inversions, "a key moves past each greater one before it"


def test_a_graph_of_another_family_can_be_asked_for() -> None:
    grid = picture("bfs", 9, family="grid")
    assert len(grid.scene.edges) == 12
    assert len(picture("bfs", 9, family="path").scene.edges) == 8


def test_names_cannot_become_markup() -> None:
    made = replace(picture("bfs", 4), algorithm="</script><b>", model="<u>", facts=[("<i>", "<i>")], notes=["<s>"])
    page = to_html(made)
    for tag in ("</script><b>", "<u>", "<i>,", "<s>,"):
        assert tag not in page
    assert "<dt>&lt;i&gt;</dt>" in page
    assert "\\u003c/script>\\u003cb>" in page


def test_a_page_that_would_be_too_large_is_refused_with_advice(tmp_path: Path) -> None:
    large = replace(picture("bfs", 4), source="x" * LARGEST)
    with pytest.raises(ViewError, match=r"at most 3,000,000 are allowed\. Choose a smaller --size"):
        write_page(large, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_an_instance_that_no_page_has_room_for_is_refused_before_it_is_run() -> None:
    with pytest.raises(InputError, match="an instance has 5000 nodes; at most 80 can be told apart"):
        picture("floyd_warshall", 5000)
