"""Turn a stepping generator into a plain function that stores its hints as it goes.

numba compiles generators, but what they hold on to is never released (numba 0.68: each call leaks its arguments and its
arrays), and every hint costs saving and restoring all that is alive. So each `yield` becomes the stores that it stands
for, and a loop over another generator, such as the walk that several algorithms share, becomes that generator's body
with the loop's body at each of its yields, less the branches that what is yielded there rules out. The generator itself
stays what is run interpreted.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from copy import deepcopy
from types import FunctionType
from typing import Any

from nar_bench.branches import Known, is_known, taken, value_of
from nar_bench.errors import PluginError

TIME, CAPACITY = "nar_t", "nar_capacity"
"""Parameters of the function made: the first row to write to, and the first that does not exist."""


def storing_function(
    step: FunctionType,
    name: str,
    targets: list[str],
    store: Callable[[str, str], str],
    where: str,
    extra: tuple[str, ...] = (),
) -> FunctionType:
    """Return `name(<parameters>, *targets, nar_t, nar_capacity) -> row after the last, or -1 where rows ran out`.

    Args:
        step: a module-level generator function whose every yield is a statement.
        targets: names of the arrays to write to, one for each value that step yields; none to drop the hints.
        store: `store(target, value) -> source` that writes the variable `value` to row nar_t of `target`.
        where: what to call the generator in an error.
        extra: further parameters, after the targets, that the source of `store` uses.

    Raises:
        PluginError: something that has no such form; it says which line.
    """
    builder = _Builder(where)
    definition = builder.parse(step)
    builder.local = {argument.arg for argument in definition.args.args} | _stored(definition)
    scope = dict(step.__globals__)
    body = builder.inline(definition.body, step.__globals__, scope)
    body = _Stores(where, targets, store).apply(body)
    definition.body = [*body, *_statements(f"return {TIME}")]
    definition.name = name
    definition.decorator_list, definition.returns = [], None
    definition.args.args += [ast.arg(argument) for argument in (*targets, *extra, TIME, CAPACITY)]
    file = inspect.getfile(step)
    module = ast.fix_missing_locations(ast.Module([definition], []))
    exec(compile(module, file, "exec"), scope)  # noqa: S102 - the plugin's own source
    made: FunctionType = scope[name]
    made.__module__ = step.__module__
    return made


class _Builder:
    def __init__(self, where: str) -> None:
        self._where = where
        self._count = 0
        self.local: set[str] = set()
        """Variables of the stepping function, which hide globals of the same name."""

    def parse(self, function: FunctionType) -> ast.FunctionDef:
        try:
            lines, first = inspect.getsourcelines(function)
        except OSError as error:
            raise PluginError(f"{self._where}: the source of {function.__name__} cannot be read: {error}.") from None
        tree = ast.parse(textwrap.dedent("".join(lines)))
        ast.increment_lineno(tree, first - 1)
        (definition,) = tree.body
        if not isinstance(definition, ast.FunctionDef) or function.__closure__:
            raise PluginError(f"{self._where}: {function.__name__} must be a plain function of a module.")
        return definition

    def inline(self, body: list[ast.stmt], names: dict[str, Any], scope: dict[str, Any]) -> list[ast.stmt]:
        """Replace loops over generators, at any depth."""
        made: list[ast.stmt] = []
        for statement in body:
            call = statement.iter if isinstance(statement, ast.For) else _yielded_from(statement)
            generator = _generator(call, names)
            if generator is not None:
                assert isinstance(call, ast.Call)
                unrolled = self._unrolled(call, generator, scope)
                if isinstance(statement, ast.For):
                    statement.body = self.inline(statement.body, names, scope)
                    constants = {name: value for name, value in scope.items() if isinstance(value, int)}
                    known = {name: value for name, value in constants.items() if name not in self.local}
                    unrolled = _Bodies(self._where, statement, known).apply(unrolled)
                made += unrolled
                continue
            for block in ("body", "orelse", "finalbody"):
                if isinstance(getattr(statement, block, None), list):
                    setattr(statement, block, self.inline(getattr(statement, block), names, scope))
            made.append(statement)
        return made

    def _unrolled(self, given: ast.Call, generator: FunctionType, scope: dict[str, Any]) -> list[ast.stmt]:
        """Return the generator's body, after its parameters are set; its variables and globals are renamed."""
        self._count += 1
        prefix = f"nar_{self._count}_"
        definition = self.parse(generator)
        call = inspect.signature(generator).bind(*given.args, **{k.arg: k.value for k in given.keywords if k.arg})
        arguments = dict(call.arguments)
        for parameter in inspect.signature(generator).parameters.values():
            if parameter.name not in arguments:
                arguments[parameter.name] = ast.Constant(parameter.default)
        bindings: list[ast.stmt] = [
            ast.copy_location(ast.Assign([ast.Name(prefix + parameter, ast.Store())], value), given)
            for parameter, value in arguments.items()
        ]
        local = _stored(definition)
        rename = {one: prefix + one for one in (*arguments, *local)}
        for node in ast.walk(definition):
            if isinstance(node, ast.Name) and node.id not in rename and node.id in generator.__globals__:
                rename[node.id] = prefix + node.id
                scope[prefix + node.id] = generator.__globals__[node.id]
        for node in ast.walk(definition):
            if isinstance(node, ast.Name):
                node.id = rename.get(node.id, node.id)
        if any(isinstance(node, ast.Return) for node in ast.walk(definition)):
            raise PluginError(
                f"{self._where}, line {given.lineno}: {generator.__name__} returns early, so it cannot be looped over."
            )
        inner = {prefix + one: value for one, value in generator.__globals__.items()}
        fixed = {
            prefix + parameter: value.value
            for parameter, value in arguments.items()
            if isinstance(value, ast.Constant) and parameter not in local
        }
        return [*bindings, *self.inline(taken(definition.body, fixed), inner, scope)]


def _yielded_from(statement: ast.stmt) -> ast.expr | None:
    """Return g(..) of a statement `yield from g(..)`."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.YieldFrom) else None


def _generator(call: ast.expr | None, names: dict[str, Any]) -> FunctionType | None:
    """Return the generator function that is called, if it is one."""
    called = call.func if isinstance(call, ast.Call) else None
    function = names.get(called.id) if isinstance(called, ast.Name) else None
    if isinstance(function, FunctionType) and inspect.isgeneratorfunction(function):
        return function
    return None


def _stored(*within: ast.AST) -> set[str]:
    """Return the variables that are set somewhere within."""
    nodes = (node for one in within for node in ast.walk(one))
    return {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}


class _Replacing:
    """Replaces statements in blocks of any depth."""

    def __init__(self, where: str) -> None:
        self._where = where

    def apply(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [made for statement in body for made in self._replaced(statement)]

    def _replaced(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        new = self.replacement(statement)
        if new is not None:
            for one in new:
                _locate(one, statement)
                yield one
            return
        for block in ("body", "orelse", "finalbody"):
            if isinstance(getattr(statement, block, None), list):
                setattr(statement, block, self.apply(getattr(statement, block)))
        yield statement

    def replacement(self, statement: ast.stmt) -> list[ast.stmt] | None:
        """Return what stands for the statement, or None to leave it."""
        raise NotImplementedError

    def yielded(self, statement: ast.stmt) -> ast.expr | None:
        """Return what the statement yields, or None; refuses a yield that is part of something else."""
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield):
            if statement.value.value is None:
                raise PluginError(f"{self._where}, line {statement.lineno}: yields nothing.")
            return statement.value.value
        if not hasattr(statement, "body") and any(
            isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(statement)
        ):
            raise PluginError(
                f"{self._where}, line {statement.lineno}: a yield must be a statement of its own, and a "
                "`yield from` that of a generator function called by its name."
            )
        return None


class _Bodies(_Replacing):
    """Puts the body of a loop at each yield."""

    def __init__(self, where: str, loop: ast.For, known: Known) -> None:
        super().__init__(where)
        if loop.orelse:
            raise PluginError(f"{where}, line {loop.lineno}: a loop over a generator cannot have an else.")
        self._loop = loop
        self._known = known
        self._fixed = _stored(loop.target) - _stored(*loop.body)

    def replacement(self, statement: ast.stmt) -> list[ast.stmt] | None:
        value = self.yielded(statement)
        if value is None:
            return None
        assign: ast.stmt = ast.Assign([deepcopy(self._loop.target)], value)
        body = taken(deepcopy(self._loop.body), {**self._known, **self._yields(value)})
        if not _leave_instead_of_continue(body, self._where, self._loop):
            return [assign, *body]
        return [assign, ast.While(ast.Constant(True), [*body, ast.Break()], [])]

    def _yields(self, value: ast.expr) -> dict[str, Any]:
        """Return the loop's variables whose values are known where `value` is yielded."""
        pairs = zip(_parts(self._loop.target), _parts(value), strict=False)
        return {
            target.id: value_of(part, self._known)
            for target, part in pairs
            if isinstance(target, ast.Name) and target.id in self._fixed and is_known(part, self._known)
        }


def _parts(expression: ast.expr) -> list[ast.expr]:
    return expression.elts if isinstance(expression, ast.Tuple) else [expression]


def _leave_instead_of_continue(body: list[ast.stmt], where: str, loop: ast.For) -> bool:
    """Turn each `continue` of the loop into a `break`, in place; says whether there was one."""
    found = False
    for index, statement in enumerate(body):
        if isinstance(statement, ast.Continue):
            body[index] = ast.copy_location(ast.Break(), statement)
            found = True
        elif isinstance(statement, ast.Break):
            raise PluginError(f"{where}, line {statement.lineno}: a loop over a generator cannot be left by `break`.")
        elif isinstance(statement, ast.If | ast.With | ast.Try):
            for block in ("body", "orelse", "finalbody"):
                found |= _leave_instead_of_continue(getattr(statement, block, []), where, loop)
    return found


class _Stores(_Replacing):
    """Stores what is yielded, and returns the row reached."""

    def __init__(self, where: str, targets: list[str], store: Callable[[str, str], str]) -> None:
        super().__init__(where)
        self._targets = targets
        self._store = store

    def replacement(self, statement: ast.stmt) -> list[ast.stmt] | None:
        if isinstance(statement, ast.Return):
            return _statements(f"return {TIME}")
        value = self.yielded(statement)
        if value is None:
            return None
        if not self._targets:
            return _statements(f"{TIME} += 1")
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        if len(values) != len(self._targets):
            raise PluginError(
                f"{self._where}, line {statement.lineno}: yields {len(values)} values; the spec has "
                f"{len(self._targets)} hints."
            )
        made = _statements(f"if {TIME} == {CAPACITY}:\n    return -1")
        for target, one in zip(self._targets, values, strict=True):
            made.append(ast.Assign([ast.Name(f"nar_{target}", ast.Store())], one))
            made += _statements(self._store(target, f"nar_{target}"))
        return [*made, *_statements(f"{TIME} += 1")]


def _statements(source: str) -> list[ast.stmt]:
    """Parse source text; the nodes have no line numbers of their own."""
    body = ast.parse(source).body
    for statement in body:
        for node in ast.walk(statement):
            for place in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                if hasattr(node, place):
                    delattr(node, place)
    return body


def _locate(node: ast.AST, where: ast.AST) -> None:
    """Give the place of `where` to a node, and to all below it that have none."""
    if "lineno" in node._attributes and not hasattr(node, "lineno"):
        ast.copy_location(node, where)
    for child in ast.iter_child_nodes(node):
        _locate(child, where)
