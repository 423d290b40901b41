"""Compile plain Python functions with numba, so that the result is found again by other processes.

What is generated is compiled under the file name of the algorithm that it is for, which is what lets numba's on-disk
cache find it. All names carry a hash of all the source they depend on, because numba's cache looks only at that file:
that of the functions, of the modules here that rewrite and drive them, and numba's version.

numba links every function into its callers, and optimises in each what it linked. That makes small functions fast and
large ones dear: `apart` marks those that are called by their address instead.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TypeVar

import numpy as np

from nar_bench.errors import PluginError

_LOG = logging.getLogger("nar_bench")


def compile_driver(
    source: str, entry: str, parts: dict[str, Callable[..., Any]], *, compiled: bool = True
) -> Callable[..., Any]:
    """Turn generated driver source into a callable.

    Args:
        source: text that defines one function `entry`; it may use numpy as `np` and every key of `parts`.
        entry: the function's name.
        parts: name -> plain Python function that the driver calls; compiled with everything it calls.
        compiled: compile with numba and cache on disk beside the file of the first part, or run as plain Python.
    """
    first = next(iter(parts.values()))
    file = inspect.getfile(first)
    code = compile(source, file, "exec")
    if not compiled:
        scope: dict[str, Any] = {"np": np, **parts}
        exec(code, scope)  # noqa: S102 - our own generated source
        return scope[entry]  # type: ignore[no-any-return]
    # numba's cache imports the module named here when another process loads the driver.
    scope = {"__name__": first.__module__, "np": np, **{name: _compiled(part) for name, part in parts.items()}}
    exec(code, scope)  # noqa: S102
    return _jitted(scope[entry], nogil=True, no_cfunc_wrapper=True)  # type: ignore[no-any-return]


def compiles() -> bool:
    """Return whether numba compiles; where NUMBA_DISABLE_JIT is set to 1, all runs as Python."""
    return os.environ.get("NUMBA_DISABLE_JIT", "") in ("", "0")


def _jitted(function: Callable[..., Any], **options: bool | set[str]) -> Any:
    """Compile with numba, kept on disk where the source is a file and there is a place to write to.

    That is the folder `__pycache__` beside the file, or else the user's cache, or NUMBA_CACHE_DIR before both.
    """
    import numba

    njit: Any = numba.njit
    if Path(function.__code__.co_filename).exists():
        try:
            return _keeping_addresses(njit(cache=True, **options)(function))
        except RuntimeError:  # numba's word for no such place
            _tell_that_nothing_is_kept()
    return njit(**options)(function)


def _keeping_addresses(dispatcher: Any) -> Any:
    """Have what is found in the cache know which addresses it calls, as what was just compiled does.

    numba keeps them with the function, but forgets them in the library that it links into callers: a caller compiled in
    a process that had found the function would not make them known where it is found itself, and would call nowhere.
    """
    load = dispatcher._cache.load_overload

    def load_overload(signature: Any, context: Any) -> Any:
        found = load(signature, context)
        if found is not None:
            found.library._reload_init.update(found.reload_init)
        return found

    dispatcher._cache.load_overload = load_overload
    return dispatcher


@cache
def _tell_that_nothing_is_kept() -> None:
    _LOG.warning(
        "Compiled code cannot be kept, neither beside its source nor in the user's cache: each process compiles anew. "
        "Set NUMBA_CACHE_DIR to a folder that can be written."
    )


_of_function: dict[Any, Any] = {}
"""Function -> what stands for it in functions that numba compiles."""


_FREE_SUMS = frozenset({"contract", "nsz", "reassoc"})
"""What lets LLVM multiply and add at once, and sum in any order, as torch's products do; NaN and infinity stay."""


def compiled_function(function: Callable[..., Any], *, free_sums: bool = False) -> Any:
    """Compile a plain function, and every plain one that it calls, for Python to call; it holds no lock of Python's.

    Args:
        function: what to compile.
        free_sums: whether its own sums may be rounded differently, for speed.
    """
    clone, scope = _clone(function)
    for name, callee in _callees(function):
        scope[name] = _compiled(callee)
    return _jitted(clone, nogil=True, no_cfunc_wrapper=True, fastmath=set(_FREE_SUMS) if free_sums else False)


def _clone(function: Any) -> tuple[FunctionType, dict[str, Any]]:
    """Return a copy for numba with the globals that it has for itself.

    A part that many algorithms share, such as the graph families, is compiled once for all of them. Its name in the
    cache carries a hash of all the source that it depends on, as the driver's does.
    """
    scope = dict(function.__globals__)
    clone = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    clone.__module__ = function.__module__
    clone.__qualname__ = f"{function.__name__}_{source_hash([function])}"
    return clone, scope


def _compiled(function: FunctionType | Callable[..., Any]) -> Any:
    """Return what stands for a plain Python function, and every plain one that it calls, in what numba compiles.

    Authors write undecorated functions; numba needs the callees compiled too, so the function is re-created
    with compiled ones in its globals. The original keeps working interpreted. What is made cannot be called by Python:
    to leave out numba's wrappers for that saves a tenth of the time.
    """
    if function not in _of_function:
        clone, scope = _clone(function)
        made = _jitted(clone, no_cpython_wrapper=True, no_cfunc_wrapper=True)
        _of_function[function] = made
        if _apart.get((function.__module__, function.__name__)) is function:
            _compilers[function], _of_function[function] = made, _called_by_address(function)
        for name, callee in _callees(function):  # afterwards, so that recursion ends
            scope[name] = _compiled(callee)
    return _of_function[function]


def _callees(function: Any) -> Iterator[tuple[str, Any]]:
    for name in sorted(_names(function.__code__)):
        callee = function.__globals__.get(name)
        if isinstance(callee, FunctionType):
            yield name, callee


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def source_hash(functions: Iterable[Callable[..., Any]], extra: str = "") -> str:
    """Return 16 hex digits over the source of `functions`, of every plain function that they call and of what compiles.

    Module-level constants that they read are hashed by their value.
    """
    digest = hashlib.blake2b(_made_by().encode() + extra.encode(), digest_size=8)
    seen: set[Any] = set()
    todo: list[Any] = list(functions)
    while todo:
        function = todo.pop(0)
        if function in seen:
            continue
        seen.add(function)
        try:
            text = inspect.getsource(function)
        except OSError:
            text = function.__code__.co_code.hex()
        digest.update(text.encode())
        for name in sorted(_names(function.__code__)):
            value = function.__globals__.get(name)
            if isinstance(value, int | float | str | tuple | np.generic):
                digest.update(f"{name}={value!r};".encode())
        todo += [callee for _, callee in _callees(function)]
    return digest.hexdigest()


@cache
def _made_by() -> str:
    """Return what stands for the modules that make compiled code from plain functions, and for numba."""
    sources = b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in _MAKERS)
    return f"{hashlib.blake2b(sources, digest_size=8).hexdigest()} numba {version('numba')}"


_MAKERS = ("branches", "buffers", "compiler", "inline", "kernel", "rows", "sparse_kernel")

_Function = TypeVar("_Function", bound=Callable[..., Any])

_apart: dict[tuple[str, str], Any] = {}
"""Module and name -> function that stands apart."""

_compilers: dict[Any, Any] = {}
"""Function that stands apart -> what numba compiles."""


def apart(function: _Function) -> _Function:
    """Have a function called by its address where it is compiled, instead of linked into its callers.

    It is compiled when the first of its callers is, once for all of them, and costs nothing in callers that numba does
    not compile the call in. Meant for functions of some length; a call costs some nanoseconds and cannot be inlined.
    """
    _apart[function.__module__, function.__name__] = function
    return function


@dataclass(frozen=True)
class _ByAddress:
    """One compiled form of a function that stands apart; being called makes its address known to this process.

    Attributes:
        module, function: names of the plain function; the import of the module, or who makes the caller, marks it.
        types: numba's, of its arguments.
    """

    module: str
    function: str
    types: tuple[Any, ...]

    def __call__(self) -> tuple[str, Any]:
        """Return the symbol that stands for the address, the same in every process, and the signature."""
        from llvmlite import binding

        import_module(self.module)
        function = _apart[self.module, self.function]
        _compiled(function)
        made = _compilers[function]
        made.compile(self.types)  # or finds it in the cache
        result = made.overloads[self.types]
        symbol = f"nar_{self.function}_{source_hash([function], str(self.types))}"
        binding.add_symbol(symbol, result.library.get_pointer_to_function(result.fndesc.llvm_func_name))
        return symbol, result.signature


def _called_by_address(function: FunctionType | Callable[..., Any]) -> Any:
    """Return a call of the compiled function that numba does not link into the caller."""
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    emit: Any = cgutils

    def typed(*given: Any) -> tuple[Any, Callable[..., Any]]:
        one = _ByAddress(function.__module__, function.__name__, tuple(map(types.unliteral, given)))
        symbol, signature = one()

        def call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            # numba calls what is in this set before it loads the caller from its cache, in whatever process.
            context.active_code_library._reload_init.add(one)
            convention, returned, taken = context.call_conv, signature.return_type, signature.args
            form = convention.get_function_type(returned, taken)
            called = emit.get_or_insert_function(builder.module, form, symbol)
            status, value = convention.call_function(builder, called, returned, taken, arguments)
            with emit.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return value

        return signature, call

    parameters = ", ".join(inspect.signature(function).parameters)
    scope: dict[str, Any] = {"nar_typed": typed}
    source = f"def {function.__name__}(nar_context, {parameters}):\n    return nar_typed({parameters})"
    exec(source, scope)  # noqa: S102
    return intrinsic(scope[function.__name__])


def explained(driver: Callable[..., Any], name: str, part: str) -> Callable[..., Any]:
    """Say when the driver has to be compiled, and turn numba's typing errors into one sentence that says what to do."""
    from numba.core import event
    from numba.core.errors import NumbaError

    class Teller(event.Listener):
        told = False

        def on_start(self, _: Any) -> None:
            if not self.told:
                _LOG.warning("Compiling the %s of '%s': a few seconds, once on this machine.", part, name)
                self.told = True

        def on_end(self, _: Any) -> None:
            """The time it took is not told."""

    teller = Teller()

    def call(*arguments: Any) -> Any:
        try:
            with event.install_listener("numba:compile", teller):
                return driver(*arguments)
        except NumbaError as error:
            lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Failed in")]
            raise PluginError(
                f"algorithm '{name}': its {part} cannot be compiled by numba: {' '.join(lines[:3])}\n"
                "Write it with numpy arrays, numbers and loops only, or set compiled=False on the algorithm."
            ) from error

    return call
