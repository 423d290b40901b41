"""Arrays that a page carries: little by little different from row to row, so they are packed as differences.

Each is [rows, cells]. Its rows become their bitwise difference from the row before, its bytes are laid out place by
place (all first bytes, then all second bytes), and all arrays together are deflated, as every browser can undo.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nar_bench.trajectory import Array

TYPES = ("int8", "uint8", "int16", "uint16", "int32", "float32")
"""Those that a page can read; little-endian."""


@dataclass(frozen=True)
class Packed:
    """Arrays as text.

    Attributes:
        columns: of each array, in order: name, type, rows, cells.
        text: base64 of the deflated bytes.
    """

    columns: list[tuple[str, str, int, int]]
    text: str


def pack(arrays: Mapping[str, Array]) -> Packed:
    """Pack arrays [rows, ...] of `TYPES`."""
    columns, parts = [], []
    for name, array in arrays.items():
        assert array.dtype.name in TYPES, (name, array.dtype)
        rows = len(array)
        flat = np.ascontiguousarray(array.reshape(rows, -1), array.dtype.newbyteorder("<"))
        columns.append((name, array.dtype.name, rows, flat.shape[1]))
        raw = flat.view(np.uint8).reshape(rows, -1)
        changed = raw.copy()
        changed[1:] ^= raw[:-1]
        parts.append(changed.reshape(rows, flat.shape[1], array.dtype.itemsize).transpose(2, 0, 1).tobytes())
    return Packed(columns, base64.b64encode(zlib.compress(b"".join(parts), 9)).decode())


def unpack(packed: Packed) -> dict[str, Array]:
    """Return the arrays, each [rows, cells]; what the page itself does."""
    data, start, arrays = np.frombuffer(zlib.decompress(base64.b64decode(packed.text)), np.uint8), 0, {}
    for name, kind, rows, cells in packed.columns:
        size = np.dtype(kind).itemsize
        part = data[start : start + rows * cells * size].reshape(size, rows, cells).transpose(1, 2, 0)
        start += rows * cells * size
        raw = np.bitwise_xor.accumulate(part.reshape(rows, -1), axis=0)
        arrays[name] = np.ascontiguousarray(raw).view(np.dtype(kind).newbyteorder("<"))
    return arrays


def rounded(values: Array, bits: int) -> Array:
    """Return float32 with so many bits of mantissa, at least 1, rounded to the nearest: fewer bytes that differ."""
    whole = np.asarray(values, np.float32).view(np.uint32)
    drop = np.uint32(23 - bits)
    half = np.uint32(1) << (drop - np.uint32(1))
    kept = (whole + half) >> drop << drop
    return kept.view(np.float32)
