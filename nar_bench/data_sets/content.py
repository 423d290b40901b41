"""The content hash: what a table holds, whatever file, compression or batch it came in.

Canonical bytes of a column: the number of values of each row, as int64, where rows are lists or text, -1 for a null
list; and all values, one row after another, little endian, text as UTF-8. The hash is over each column's name, its
type and the hashes of both. It depends on no library's encoding, so two machines with unlike versions of Arrow or
numpy agree on it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

_SIZE = 16


class ContentHash:
    """Hashes tables of one schema, given piece by piece, as if they were one."""

    def __init__(self, schema: pa.Schema) -> None:
        self._types = {field.name: str(field.type) for field in schema}
        self._lengths = {name: _blake() for name in self._types}
        self._values = {name: _blake() for name in self._types}

    def update(self, table: pa.Table) -> None:
        """Add rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for name, type_ in self._types.items():
            for chunk in table.column(name).chunks:
                if pa.types.is_large_list(chunk.type):
                    self._lengths[name].update(_bytes(pc.list_value_length(chunk).fill_null(-1)))
                    self._values[name].update(_bytes(chunk.flatten()))
                elif pa.types.is_large_string(chunk.type) or pa.types.is_string(chunk.type):
                    self._lengths[name].update(_bytes(pc.binary_length(chunk).cast(pa.int64())))
                    self._values[name].update("".join(chunk.to_pylist()).encode())
                elif pa.types.is_boolean(chunk.type):
                    self._values[name].update(_bytes(chunk.cast(pa.int8())))
                else:
                    assert pa.types.is_primitive(chunk.type), type_
                    self._values[name].update(_bytes(chunk))

    def hexdigest(self) -> str:
        """Return 32 hex digits."""
        whole = _blake()
        for name, type_ in self._types.items():
            whole.update(f"{name}:{type_}\n".encode())
            whole.update(self._lengths[name].digest())
            whole.update(self._values[name].digest())
        return str(whole.hexdigest())


def content_of(table: pa.Table) -> str:
    """Return the content hash of one table."""
    made = ContentHash(table.schema)
    made.update(table)
    return made.hexdigest()


def _blake() -> Any:
    return hashlib.blake2b(digest_size=_SIZE)


def _bytes(array: pa.Array) -> Any:
    values = array.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).view(np.uint8) if len(values) else b""
