"""The official data sets, whole: built by one command, verified by another, published, fetched and loaded.

Of both together 601 files, 335 MB. docs/reference/data_sets.md says how long each step takes.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hub.clients import Client
from hub.server import Hub

from nar_bench.data_sets.manifest import Manifest, read_manifest
from nar_bench.data_sets.shards import read_table
from nar_bench.data_sets.tree import check_tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

LOADED = {
    "clrs30": [
        ("bfs", "test_n64"),
        ("dfs", "test_n1024"),
        ("floyd_warshall", "train"),
        ("quickselect-trace", "test_n32"),
        ("segments_intersect-text", "val"),
    ],
    "salsa": [
        ("sparse_bfs-delaunay", "test_n1600"),
        ("fast_mis-erdos_renyi", "train"),
        ("eccentricity-watts_strogatz", "test_n80"),
    ],
}

LOAD = """
import json
from datasets import load_dataset
found = {{}}
for config, split in {wanted}:
    rows = load_dataset({repository!r}, config, split=split, revision="v1")
    found[f"{{config}}/{{split}}"] = [len(rows), rows.column_names, rows[0]]
print(json.dumps(found))
"""

EVERY = """
import json
from datasets import get_dataset_config_names, load_dataset_builder
found = {{}}
for config in get_dataset_config_names({repository!r}, revision="v1"):
    builder = load_dataset_builder({repository!r}, config, revision="v1")
    given = builder.config.data_files.items()
    files = {{str(split): [url.partition("@")[2].partition("/")[2] for url in urls] for split, urls in given}}
    found[config] = [files, {{name: split.num_examples for name, split in builder.info.splits.items()}}]
print(json.dumps(found))
"""


@contextmanager
def timed(name: str, what: str) -> Iterator[None]:
    """Print how long a step takes; `pytest -s` shows it."""
    start = time.monotonic()
    yield
    print(f"{name}: {what} {time.monotonic() - start:.0f} s")


def last_line(said: str) -> dict:
    return json.loads(said.splitlines()[-1])


def rows_of(manifest: Manifest, config: str, split: str) -> int:
    return sum(file.rows for file in manifest.of(config, split))


@pytest.mark.parametrize("name", ["clrs30", "salsa"])
def test_the_official_data_sets_are_built_verified_published_and_loaded(tmp_path: Path, name: str) -> None:
    folder, repository = tmp_path / name, f"tester/{name}"
    with Hub() as hub:
        client = Client(hub, tmp_path / "home")
        with timed(name, "build"):
            said = client.run("data", "build", name, "-o", str(folder), compiled=True, seconds=900)
        manifest = read_manifest(folder)
        assert f"{len(manifest.files)} files, {sum(file.rows for file in manifest.files):,} rows" in said
        with timed(name, "verify"):
            said = client.run("data", "verify", str(folder), "--all", compiled=True, seconds=900)
        assert f"all checksums are right; {len(manifest.files)} files made again, every value the same" in said
        with timed(name, "push"):
            client.run("data", "push", repository, str(folder), "--yes", seconds=900)
        assert len(hub.repo(repository).commits) == 2
        assert set(hub.repo(repository).tags) == {"v1"}
        with timed(name, "pull"):
            client.run("data", "pull", f"{repository}@v1", "-o", str(tmp_path / "pulled"), seconds=900)
        assert check_tree(tmp_path / "pulled").files == manifest.files
        with timed(name, "load"):
            found = last_line(client.python(LOAD.format(wanted=LOADED[name], repository=repository)))
        for config, split in LOADED[name]:
            count, columns, first = found[f"{config}/{split}"]
            assert count == rows_of(manifest, config, split)
            table = read_table(folder / manifest.of(config, split)[0].path).slice(0, 1)
            assert columns == table.column_names
            assert first == table.to_pylist()[0]
        with timed(name, "every config's files"):
            found = last_line(client.python(EVERY.format(repository=repository), seconds=900))
        assert set(found) == {config.name for config in manifest.recipe.configs}
        for config in manifest.recipe.configs:
            files, counts = found[config.name]
            for split in config.splits:
                assert files[split.name] == [file.path for file in manifest.of(config.name, split.name)]
                assert counts[split.name] == rows_of(manifest, config.name, split.name)
        with timed(name, "the card's code"):
            scores = run_card(client, hub.repo(repository).head.tree["README.md"].decode(), repository)
        assert scores == {"clrs30": "1.0 1.0", "salsa": "0.0 1.0"}[name], "salsa's is a scalar's squared error"


def run_card(client: Client, card: str, repository: str) -> str:
    """Run what the card shows as a stranger would, first what needs no nar-bench; return the scores that it prints."""
    assert f'load_dataset("{repository}"' in card
    assert "OWNER" not in card
    blocks = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    ours = [block for block in blocks if "nar_bench" in block]
    theirs = [block for block in blocks if "nar_bench" not in block]
    assert len(theirs) == 4
    assert len(ours) == 2
    client.python("\n".join([*theirs, "next(iter(loader)); assert len(frame) == len(rows)"]))
    return client.python("\n".join(ours), bare=False).splitlines()[-1]
