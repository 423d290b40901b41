"""Building, resuming, proving: a folder is what its recipe makes, and anything else is told with its place."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data_sets.small import BLUEPRINT, blueprint, built, in_process

from nar_bench.data_sets import shards
from nar_bench.data_sets.blueprint import resolve
from nar_bench.data_sets.build import build, left_to_make
from nar_bench.data_sets.manifest import MANIFEST, read_manifest
from nar_bench.data_sets.shards import read_table
from nar_bench.data_sets.tree import check_tree
from nar_bench.data_sets.verify import verify
from nar_bench.errors import DataSetError
from nar_bench.plugin.registry import registry

pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, each_way: None) -> Path:
    folder = tmp_path_factory.mktemp("small")
    built(folder)
    return folder / "set"


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    shutil.copytree(small, tmp_path / "set")
    return tmp_path / "set"


def recipe(folder: Path, only: tuple[str, ...] = ()):
    return resolve(blueprint(folder), registry(), only)


def test_every_file_is_made_again_with_every_value_the_same(small: Path) -> None:
    checked = verify(small, in_process(), None)
    assert len(checked) == len(read_manifest(small).files) > 20
    assert [one.difference for one in checked if one.difference] == []


def test_the_tree_is_what_the_hub_and_a_person_expect(small: Path) -> None:
    manifest = check_tree(small)
    assert {path.name for path in small.iterdir() if path.is_file()} == {
        "README.md", "SHA256SUMS", "croissant.json", "eval.yaml", "manifest.json", "recipe.json",
    }  # fmt: skip
    names = {config.name for config in manifest.recipe.configs}
    assert {"bfs", "bfs-text", "bfs-trace", "sparse_bfs-grid", "sparse_bfs-erdos_renyi"} <= names
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=small, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_hints_that_are_too_large_are_left_out_and_said_to_be(small: Path) -> None:
    manifest = read_manifest(small)
    hints = {
        (config.name, split.name): part.hints
        for config in manifest.recipe.configs
        for split in config.splits
        for part in split.parts
    }
    assert hints["insertion_sort", "test_n8"]
    assert not hints["insertion_sort", "test_n16"]
    for file in manifest.files:
        if manifest.recipe.config(file.config).form == "trajectory":
            part = manifest.recipe.config(file.config).split(file.split).parts[file.part]
            column = {"bfs": "pi_h", "insertion_sort": "pred_h", "sparse_bfs": "pi_h"}
            name = column[manifest.recipe.config(file.config).algorithm]
            if name in (table := read_table(small / file.path)).column_names:
                assert (table.column(name).null_count == 0) == part.hints


def test_building_again_makes_nothing_and_a_lost_file_is_made_alone(copy: Path, tmp_path: Path) -> None:
    before = read_manifest(copy)
    assert left_to_make(recipe(tmp_path), copy) == []
    lost = copy / "bfs/train-00001-of-00002.parquet"
    lost.unlink()
    made = []
    after = build(recipe(tmp_path), copy, in_process(), made.append)
    assert {event.path for event in made if not isinstance(event, str)} == {"bfs/train-00001-of-00002.parquet"}
    assert after.files == before.files


def test_a_part_is_built_first_and_the_rest_joins_it(tmp_path: Path, small: Path) -> None:
    built(tmp_path, only=("bfs",))
    assert {config.name for config in read_manifest(tmp_path / "set").recipe.configs} == {
        "bfs", "bfs-text", "bfs-trace",
    }  # fmt: skip
    built(tmp_path, only=("insertion_sort", "sparse_bfs"))
    joined, whole = read_manifest(tmp_path / "set"), read_manifest(small)
    assert {file.path: file.content for file in joined.files} == {file.path: file.content for file in whole.files}
    check_tree(tmp_path / "set")


@pytest.mark.parametrize(
    ("column", "change", "says"),
    [
        (
            "pi",
            lambda v: [*v[:3], (v[3] + 1) % 8, *v[4:]],
            "row 2 (sample 2 of seed {seed}), column 'pi', value [3]: the",
        ),
        ("pi_h", lambda v: [*v[:-1], v[-1] + 1], "row 2 (sample 2 of seed {seed}), column 'pi_h', value ["),
        ("s", lambda v: (v + 1) % 8, "row 2 (sample 2 of seed {seed}), column 's': the file has "),
        ("sample", lambda v: 77, "column 'sample': the file has 77; the recipe makes 2"),
    ],
)
def test_one_other_value_is_found_and_named(copy: Path, column: str, change, says: str) -> None:
    """Even where whoever changed it made all checksums right."""
    path = copy / "bfs/test_n8-00000-of-00001.parquet"
    table = pq.read_table(path)
    values = table.column(column).to_pylist()
    values[2] = change(values[2])
    place = table.column_names.index(column)
    changed = table.set_column(place, column, pa.array(values, table.schema.field(column).type))
    pq.write_table(changed, path)
    _make_right(copy, "bfs/test_n8-00000-of-00001.parquet")
    wrong = [one for one in verify(copy, in_process(), None) if one.difference]
    assert [one.path for one in wrong] == ["bfs/test_n8-00000-of-00001.parquet"]
    seed = read_manifest(copy).recipe.config("bfs").split("test_n8").parts[0].seed
    assert says.format(seed=seed) in wrong[0].difference


def _make_right(folder: Path, path: str) -> None:
    """Write the checksums of a changed file everywhere."""
    content = (folder / path).read_bytes()
    document = json.loads((folder / MANIFEST).read_text())
    for file in document["files"]:
        if file["path"] == path:
            old = file["sha256"]
            file["sha256"], file["bytes"] = hashlib.sha256(content).hexdigest(), len(content)
            new = file["sha256"]
    (folder / MANIFEST).write_text(json.dumps(document, indent=1) + "\n")
    (folder / "SHA256SUMS").write_text((folder / "SHA256SUMS").read_text().replace(old, new))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            lambda f: (f / "bfs/val-00000-of-00001.parquet").unlink(),
            "bfs/val-00000-of-00001.parquet: the file is missing",
        ),
        (lambda f: (f / "bfs/more.parquet").write_bytes(b"x"), "bfs/more.parquet: the manifest knows no such file"),
        (lambda f: (f / "SHA256SUMS").write_text("0  x\n"), "SHA256SUMS: it says other checksums"),
        (lambda f: (f / "recipe.json").write_text("{}"), "recipe.json: it is another recipe"),
        (lambda f: (f / "croissant.json").write_text("{}"), "croissant.json: the property @context is missing"),
        (lambda f: (f / "README.md").unlink(), "README.md: the file is missing"),
        (lambda f: (f / "manifest.json").unlink(), "is no finished data set: it has no manifest.json"),
        (lambda f: (f / "manifest.json").write_text("{}"), "no valid manifest: recipe: Field required"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(copy: Path, damage, says: str) -> None:
    damage(copy)
    with pytest.raises(DataSetError) as error:
        check_tree(copy)
    assert says in str(error.value)


def test_one_flipped_byte_is_a_wrong_checksum(copy: Path) -> None:
    path = copy / "bfs/val-00000-of-00001.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataSetError, match="bfs/val-00000-of-00001.parquet: its SHA-256 is"):
        check_tree(copy)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.txt").write_text("mine")
    with pytest.raises(DataSetError, match="is not empty and was not built here"):
        built(tmp_path)
    assert (tmp_path / "set" / "thesis.txt").read_text() == "mine"
    assert len(list((tmp_path / "set").iterdir())) == 1


def test_another_version_is_not_built_over_this_one(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="holds data set small version 1; this is small version 2"):
        built(tmp_path, BLUEPRINT.replace("version = 1", "version = 2"))


def test_another_version_of_the_algorithm_is_not_taken_for_this_one(copy: Path) -> None:
    document = (copy / MANIFEST).read_text().replace('"algorithm_version": 1', '"algorithm_version": 9')
    (copy / MANIFEST).write_text(document)
    (copy / "recipe.json").write_text(read_manifest(copy).recipe.to_json())
    with pytest.raises(DataSetError, match=r"is of version 9 of nar-bench/\w+; here is version 1"):
        verify(copy, in_process(), 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "x"\nversion = 1', "configs: this key is missing"),
        (
            BLUEPRINT.replace('"bfs",', '"bsf",'),
            "configs[0].algorithms[0]: algorithm 'bsf' is not known. Did you mean 'bfs'?",
        ),
        (
            BLUEPRINT.replace("size = 8\ncount = 9", "sise = 8\ncount = 9"),
            "splits.val.sise: this key is not known. Did you mean 'size'?",
        ),
        (
            BLUEPRINT.replace("count = 9", "count = 0"),
            "configs[0].splits.val.count: got 0; input should be greater than",
        ),
        (
            BLUEPRINT.replace("size = 30", "size = 1"),
            "configs[1].algorithms[0]: algorithm 'sparse_bfs', size: got 1; a whole",
        ),
        (BLUEPRINT.replace('"grid"', '"gird"'), "value 'gird' is not known. Did you mean 'grid'?"),
        ("name = ", "no valid TOML"),
    ],
)
def test_a_wrong_blueprint_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataSetError) as error:
        resolve(blueprint(tmp_path, text), registry())
    assert says in str(error.value)


def test_names_of_algorithms_in_a_split_are_checked(tmp_path: Path) -> None:
    text = BLUEPRINT.replace(
        "size = 8\ncount = 9", 'size = 8\ncount = 9\nwithout = ["bfs"]\ncounts = { insertion_sort = 3 }'
    )
    made = resolve(blueprint(tmp_path, text), registry())
    assert [split.name for split in made.config("bfs").splits] == ["train", "test_n8", "test_n16"]
    assert made.config("insertion_sort").split("val").parts[0].count == 3
    for option in ('without = ["bsf"]', "counts = { bsf = 3 }"):
        with pytest.raises(
            DataSetError, match=r"configs\[0\].splits.val: 'bsf' is none of its algorithms. Did you mean 'bfs'"
        ):
            resolve(blueprint(tmp_path, BLUEPRINT.replace("count = 9", f"count = 9\n{option}")), registry())


def test_the_recipe_hash_is_of_what_decides_the_rows(tmp_path: Path) -> None:
    base = recipe(tmp_path).hash()
    assert resolve(blueprint(tmp_path, BLUEPRINT.replace("A small", "A tiny")), registry()).hash() == base
    for old, new in (("count = 9", "count = 8"), ("size = 30", "size = 31"), ('"grid"', '"path"')):
        assert resolve(blueprint(tmp_path, BLUEPRINT.replace(old, new)), registry()).hash() != base
    assert base == "e1bd038954a05c1176c5006b4710d5ec", (
        "a change here is a change of every published recipe; raise recipe.GENERATOR"
    )


@pytest.mark.parametrize("group_bytes", [1, 700, 10**9])
def test_rows_do_not_depend_on_how_many_are_made_at_once(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, group_bytes: int
) -> None:
    monkeypatch.setattr(shards, "GROUP_BYTES", group_bytes)
    manifest = built(tmp_path, only=("bfs", "sparse_bfs"))
    whole = {file.path: file.content for file in read_manifest(small).files}
    assert {file.path: file.content for file in manifest.files}.items() <= whole.items()
    assert (max(len(file.groups) for file in manifest.files) > 1) == (group_bytes < 10**9)


@pytest.mark.slow
def test_a_killed_build_goes_on_where_it_stopped(tmp_path: Path, small: Path) -> None:
    file = blueprint(tmp_path, BLUEPRINT)
    command = [sys.executable, "-c", "from nar_bench.cli.main import main; main()", "data", "build", str(file)]
    command += ["-o", str(tmp_path / "set"), "--workers", "1"]
    kills = 0
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
        there = len(list((tmp_path / "set").glob("*/*.parquet")))
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:
            if len(list((tmp_path / "set").glob("*/*.parquet"))) >= there + 4:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        process.wait()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert kills >= 2
    assert read_manifest(tmp_path / "set").files == read_manifest(small).files
    assert not list((tmp_path / "set").glob("*/.*"))
    check_tree(tmp_path / "set")
