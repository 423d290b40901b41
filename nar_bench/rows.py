"""Storing an array into a row of a column, in code that numba compiles.

As loops over each axis in Python source it takes up to twice as long, and as a slice much longer: rows are short, so that
what is done once for each counts. libc's memcpy is not used because its `rep movsb`, from 2 kB, is slower than a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic
from numba.np.arrayobj import load_item, make_array, store_item


@intrinsic  # type: ignore[untyped-decorator]
def store_row(typing_context: Any, column: Any, row: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """Do `column[row] = value`; `column` is [R, *shape] and contiguous, `value` [*shape], 0 <= row < R.

    Raises:
        TypingError: the value is no array, or has not one axis less than the column.
    """
    if not isinstance(value, types.Array) or value.ndim != column.ndim - 1:
        raise TypingError(f"got {value} where an array of {column.ndim - 1} axes of {column.dtype} is needed.")
    return types.none(column, row, value), _store


def _store(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    to, _, of = signature.args
    column = make_array(to)(context, builder, arguments[0])
    value = make_array(of)(context, builder, arguments[2])
    shape, strides = cgutils.unpack_tuple(builder, value.shape), cgutils.unpack_tuple(builder, column.strides)
    start = cgutils.pointer_add(builder, column.data, builder.mul(arguments[1], strides[0]), column.data.type)
    value_strides = cgutils.unpack_tuple(builder, value.strides)
    # Contiguous values are stored as if they had one axis, which leaves one loop to be set up, and not one for each axis.
    extents = [value.nitems] if of.layout == "C" else shape
    with cgutils.loop_nest(builder, extents, extents[0].type) as at:
        if of.layout == "C":
            read, write = builder.gep(value.data, at), builder.gep(start, at)
        else:
            read = cgutils.get_item_pointer2(context, builder, value.data, shape, value_strides, of.layout, at)
            write = cgutils.get_item_pointer2(context, builder, start, shape, strides[1:], "C", at)
        item = context.cast(builder, load_item(context, builder, of, read), of.dtype, to.dtype)
        store_item(context, builder, to, item, write)
    return context.get_dummy_value()
