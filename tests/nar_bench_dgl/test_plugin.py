"""How the plugin comes in where DGL is, and where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"


def python(source: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a home of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "DGLBACKEND"}
    path = os.pathsep.join([str(PLUGINS.parent), str(PLUGINS)])
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        capture_output=True,
        text=True,
        env={**kept, "HOME": str(home), "PYTHONPATH": path, **environment},
        cwd=home,
    )


needs_dgl = pytest.mark.skipif(find_spec("dgl") is None, reason="DGL has wheels for Python 3.11 alone")


@needs_dgl
@pytest.mark.slow
def test_dgl_comes_in_without_a_word_and_writes_nothing_into_the_home(tmp_path: Path) -> None:
    done = python("import nar_bench_dgl.gatconv, nar_bench_dgl.convert", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@needs_dgl
def test_to_register_the_plugin_imports_neither_dgl_nor_torch(tmp_path: Path) -> None:
    done = python("import nar_bench_dgl.plugin, sys; print({'dgl', 'torch'} & set(sys.modules))", tmp_path)
    assert done.stdout == "set()\n"


@needs_dgl
@pytest.mark.slow
def test_another_backend_is_refused_with_what_to_do(tmp_path: Path) -> None:
    done = python("import nar_bench_dgl.library", tmp_path, DGLBACKEND="mxnet")
    assert "DGLBACKEND is 'mxnet'; the processors on DGL need 'pytorch'. Unset it." in done.stderr


REGISTERED = """
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "dgl" else found(name, *more)
from nar_bench.plugin.discovery import Source
from nar_bench.plugin.registry import Registry
{version}
(row,) = Registry(sources=[Source("dgl", "nar-bench", "1", "nar_bench_dgl.plugin")]).rows
print(f"{{row.status}}|{{row.components}}|{{row.reason}}")
"""


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("", "DGL is not installed; install it with: pip install 'nar-bench[dgl]'"),
        (
            "sys.version_info = (3, 13, 1, 'final', 0)",
            "DGL 1.1.3 is there for Python up to 3.11, and this is 3.13; everything else works without it",
        ),
    ],
)
def test_without_dgl_the_plugin_is_one_line_that_says_why(tmp_path: Path, version: str, reason: str) -> None:
    if not version and sys.version_info >= (3, 12):
        pytest.skip("here the reason is the Python")
    done = python(REGISTERED.format(version=version), tmp_path)
    assert done.stdout == f"unavailable|0|{reason}\n", done.stderr
