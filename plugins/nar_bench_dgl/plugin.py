"""Registration of the processors, where DGL is there."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from nar_bench.errors import PluginUnavailable
from nar_bench.plugin import hookimpl
from nar_bench.plugin.hookspecs import Register

_LAST_PYTHON = (3, 11)


def _missing(python: tuple[int, int], *, installed: bool) -> str:
    """Return "" or why there is no DGL and what to do, in one line."""
    if installed:
        return ""
    if python > _LAST_PYTHON:
        last, here = (".".join(map(str, version)) for version in (_LAST_PYTHON, python))
        return f"DGL 1.1.3 is there for Python up to {last}, and this is {here}; everything else works without it"
    return "DGL is not installed; install it with: pip install 'nar-bench[dgl]'"


if reason := _missing(sys.version_info[:2], installed=find_spec("dgl") is not None):
    raise PluginUnavailable(reason)


@hookimpl
def register_processors(register: Register) -> None:
    """Register the processors."""
    register("dgl_gat", "nar_bench_dgl.gat:DGL_GAT", "gat on DGL: edge_softmax and update_all")
    register("dgl_gatv2", "nar_bench_dgl.gatv2:DGL_GATV2", "gatv2 on DGL: edge_softmax and update_all")
    register("dgl_gatconv", "nar_bench_dgl.gatconv:DGL_GATCONV", "DGL's GATConv, which reads no edge vectors")
    register("dgl_gatv2conv", "nar_bench_dgl.gatv2conv:DGL_GATV2CONV", "DGL's GATv2Conv, which reads no edge vectors")
    register("dgl_gin", "nar_bench_dgl.gin:DGL_GIN", "gin with DGL's GINConv")
    register("dgl_gine", "nar_bench_dgl.gine:DGL_GINE", "gine with DGL's GINEConv")
    register("dgl_mpnn", "nar_bench_dgl.mpnn:DGL_MPNN", "mpnn on DGL's update_all")
    register("dgl_pgn", "nar_bench_dgl.pgn:DGL_PGN", "pgn on DGL's update_all")
    register("dgl_recgnn", "nar_bench_dgl.recgnn:DGL_RECGNN", "recgnn on DGL's update_all")
