"""The content hash is of the values, and of nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nar_bench.data.generate import generate
from nar_bench.data_sets.arrow import to_table
from nar_bench.data_sets.content import ContentHash, content_of
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import registry

GOLDEN = Path(__file__).parent / "golden_content.json"
"""Content hashes of 5 samples of n = 12 (seed 7) of every algorithm; `hashes` makes them."""


def hashes(names: list[str]) -> dict[str, str]:
    found = {}
    for name in names:
        algorithm = registry().load(Kind.ALGORITHM, name)
        found[name] = content_of(to_table(generate(algorithm, 12, 5, 7), np.arange(5)))
    return found


def table() -> pa.Table:
    lists = pa.array([[1, 2], [], None, [3]], pa.large_list(pa.int16()))
    return pa.table({"a": lists, "b": [0.5, 1.5, -1.0, 2.0], "c": ["x", "", "yé", "z"], "d": [True, False, True, True]})


def test_it_does_not_depend_on_how_the_rows_come() -> None:
    whole = content_of(table())
    for cut in range(5):
        pieces = ContentHash(table().schema)
        pieces.update(table().slice(0, cut))
        pieces.update(table().slice(cut))
        assert pieces.hexdigest() == whole
    chunked = pa.concat_tables([table().slice(0, 1), table().slice(1, 2), table().slice(3)])
    assert content_of(chunked) == whole


@pytest.mark.parametrize(
    "other",
    [
        {"a": [[1], [2], None, [3]]},
        {"a": [[1, 2], [], [], [3]]},
        {"a": [[1, 2], [], None, [4]]},
        {"b": [0.5, 1.5, -1.0, 2.0000000000000004]},
        {"c": ["", "x", "yé", "z"]},
        {"d": [True, False, True, False]},
    ],
)
def test_any_other_value_or_row_border_changes_it(other: dict[str, list]) -> None:
    (name, values), *_ = other.items()
    base = table()
    place = base.column_names.index(name)
    changed = base.set_column(place, name, pa.array(values, base.schema.field(name).type))
    assert content_of(changed) != content_of(base)


def test_a_type_changes_it() -> None:
    base = table()
    assert content_of(base.set_column(1, "b", base.column("b").cast(pa.float32()))) != content_of(base)


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("name", sorted(json.loads(GOLDEN.read_text())) if GOLDEN.exists() else [])
def test_every_algorithm_still_makes_the_same_rows(name: str) -> None:
    """A change here changes published data sets; it needs a new version of the algorithm, or of the generator."""
    assert hashes([name])[name] == json.loads(GOLDEN.read_text())[name]


def test_the_golden_hashes_are_of_every_algorithm_of_ours() -> None:
    own = {entry.name for entry in registry().entries(Kind.ALGORITHM) if entry.source.is_own}
    assert set(json.loads(GOLDEN.read_text())) == own


@pytest.mark.install
@pytest.mark.timeout(600)
def test_another_numpy_makes_the_same_rows_compiled_and_interpreted(tmp_path: Path) -> None:
    other = "2.2.6" if not np.__version__.startswith("2.2.") else "2.3.5"
    packages = tmp_path / "packages"
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(packages), f"numpy=={other}"]
    subprocess.run(command, check=True, capture_output=True)
    golden = json.loads(GOLDEN.read_text())
    # Interpreted, the arithmetic is numpy's: all of them. Compiled, it is numba's: a few, since compiling takes long.
    compiled = ["bfs", "dijkstra", "insertion_sort", "graham_scan", "sparse_mst_prim"]
    code = (
        "import sys, json, numpy\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_content import hashes\n"
        "print(json.dumps([numpy.__version__, hashes(sys.argv[1:])]))\n"
    )
    for interpreted, names in (("0", compiled), ("1", sorted(golden))):
        paths = [str(packages), *[path for path in sys.path if path]]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
            "NUMBA_DISABLE_JIT": interpreted,
        }
        done = subprocess.run([sys.executable, "-c", code, *names], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        version, found = json.loads(done.stdout.splitlines()[-1])
        assert version == other
        assert found == {name: golden[name] for name in names}
