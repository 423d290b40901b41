"""The one place where DGL is imported: quietly, and after torch.

Without a backend named, DGL writes two lines to the standard error and a file into the user's home. Where torch is
imported first, it uses torch's OpenMP instead of a second one.
"""

from __future__ import annotations

import os

import torch

from nar_bench.errors import PluginError

assert torch.__version__  # imported first
os.environ.setdefault("DGLBACKEND", "pytorch")
if os.environ["DGLBACKEND"] != "pytorch":
    raise PluginError(f"DGLBACKEND is {os.environ['DGLBACKEND']!r}; the processors on DGL need 'pytorch'. Unset it.")

import dgl  # noqa: E402
from dgl import function  # noqa: E402
from dgl.nn import GATConv, GATv2Conv, GINConv, GINEConv  # noqa: E402
from dgl.nn.functional import edge_softmax  # noqa: E402

__all__ = ["GATConv", "GATv2Conv", "GINConv", "GINEConv", "dgl", "edge_softmax", "function"]
