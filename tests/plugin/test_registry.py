"""The registry in one process: files, suggestions, what a component must be."""

from __future__ import annotations

from pathlib import Path

import pytest

import nar_bench
from nar_bench.errors import PluginError, UnknownName
from nar_bench.plugin.contracts import Kind
from nar_bench.plugin.registry import Registry

HEAD = "from nar_bench.plugin import hookimpl\n@hookimpl\n"


def registry_with(tmp_path: Path, source: str) -> Registry:
    file = tmp_path / "my_file.py"
    file.write_text(source)
    return Registry(files=[file])


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        (Kind.PROCESSOR, "mppn", "processor 'mppn' is not known. Did you mean 'mpnn'?"),
        (Kind.SIMILARITY, "cosin", "similarity 'cosin' is not known. Did you mean 'cosine'?"),
        (Kind.EXECUTOR, "zzz", "executor 'zzz' is not known. Known: in_process, local, ray, slurm."),
    ],
)
def test_unknown_names_suggest_the_nearest_or_list_what_is_there(kind: Kind, name: str, says: str) -> None:
    with pytest.raises(UnknownName) as caught:
        Registry().find(kind, name)
    assert says in str(caught.value)


def test_a_component_has_a_short_name_and_a_full_id() -> None:
    assert nar_bench.algorithm("bfs") is nar_bench.algorithm("nar-bench/bfs")


def test_one_file_is_a_plugin(tmp_path: Path) -> None:
    source = (
        HEAD + "def register_similarities(register):\n    register('mine', 'nar_bench_similarity.dot:DOT', 'mine')\n"
    )
    plugins = registry_with(tmp_path, source)
    assert plugins.find(Kind.SIMILARITY, "my_file/mine").name == "mine"
    with pytest.raises(
        PluginError, match="similarity 'mine' of plugin 'my_file'.* calls itself 'dot'; both names must be equal"
    ):
        plugins.load(Kind.SIMILARITY, "mine")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("register('x', 3, '')", "its target is a int; a Algorithm is needed"),
        ("register('x', 'nar_bench_similarity.dot:DOT', '')", "its target is a Similarity; a Algorithm is needed"),
        ("register('x', 'nowhere:THING', '')", "cannot be loaded from nowhere:THING: ModuleNotFoundError"),
        ("register('x', 'nar_bench.spec:THING', '')", "cannot be loaded from nar_bench.spec:THING: AttributeError"),
    ],
)
def test_a_target_that_is_no_such_component_is_refused_when_it_is_used(tmp_path: Path, line: str, says: str) -> None:
    plugins = registry_with(tmp_path, f"{HEAD}def register_algorithms(register):\n    {line}\n")
    with pytest.raises(PluginError, match=says):
        plugins.load(Kind.ALGORITHM, "x")


def test_registering_twice_is_refused_whole(tmp_path: Path) -> None:
    line = "    register('x', 'a:b', '')\n"
    with pytest.raises(PluginError, match="algorithm 'my_file/x' is registered twice; nothing of it was registered"):
        registry_with(tmp_path, f"{HEAD}def register_algorithms(register):\n{line}{line}")


@pytest.mark.parametrize("name", ["missing.py", "folder", "text.txt"])
def test_what_is_no_python_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("")
    with pytest.raises(PluginError, match="a Python file is needed"):
        Registry(files=[tmp_path / name])


def test_first_party_plugins_come_in_by_entry_points_alone() -> None:
    assert Registry(sources=[]).all_entries() == []
