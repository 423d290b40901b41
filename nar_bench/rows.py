"""Storing an array into a row of a column, in code that numba compiles.

Rows are short, so that what is done once for each counts: loops in Python source take twice as long, and twice as long
to compile, a slice much longer. libc's memcpy is not used because its `rep movsb`, from 2 kB, is slower than a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic
from numba.np.arrayobj import load_item, make_array, store_item

_WIDEST = 64
"""Bytes that are copied at once."""


@intrinsic
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
    strides = cgutils.unpack_tuple(builder, column.strides)
    start = cgutils.pointer_add(builder, column.data, builder.mul(arguments[1], strides[0]), column.data.type)
    if of.layout == "C" and of.dtype == to.dtype:
        size = builder.mul(value.nitems, value.itemsize)
        builder.call(_copy(builder.module), [_bytes(builder, start), _bytes(builder, value.data), size])
        return context.get_dummy_value()
    shape, value_strides = cgutils.unpack_tuple(builder, value.shape), cgutils.unpack_tuple(builder, value.strides)
    with cgutils.loop_nest(builder, shape, shape[0].type) as at:
        read = cgutils.get_item_pointer2(context, builder, value.data, shape, value_strides, of.layout, at)
        write = cgutils.get_item_pointer2(context, builder, start, shape, strides[1:], "C", at)
        item = context.cast(builder, load_item(context, builder, of, read), of.dtype, to.dtype)
        store_item(context, builder, to, item, write)
    return context.get_dummy_value()


def _bytes(builder: Any, pointer: Any) -> Any:
    return builder.bitcast(pointer, ir.IntType(8).as_pointer())


def _copy(module: Any) -> Any:
    """Return a function (to, of, size) that copies bytes, in blocks of which the last overlaps the one before."""
    byte, word = ir.IntType(8).as_pointer(), ir.IntType(64)
    function = cgutils.get_or_insert_function(
        module, ir.FunctionType(ir.VoidType(), [byte, byte, word]), "nar_copy_row"
    )
    if function.blocks:
        return function
    function.linkage = "linkonce_odr"
    to, of, size = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    width = _WIDEST
    while width:
        block = ir.VectorType(ir.IntType(8), width).as_pointer()

        def move(at: Any, block: Any = block) -> None:
            read, write = (builder.bitcast(builder.gep(one, [at]), block) for one in (of, to))
            builder.store(builder.load(read, align=1), write, align=1)

        with builder.if_then(builder.icmp_signed(">=", size, word(width))):
            last = builder.sub(size, word(width))
            if width == _WIDEST:
                with cgutils.for_range_slice(builder, word(0), last, word(width), word) as (at, _):
                    move(at)
            else:
                move(word(0))
            move(last)
            builder.ret_void()
        width //= 2
    builder.ret_void()
    return function
