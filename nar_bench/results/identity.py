"""The identity of a trial: a hash of everything that changes its result, and of nothing else."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nar_bench.plugin.registry import Entry
from nar_bench.results.record import Used

PROTOCOL = 1
"""Raised when the framework itself changes what a trial's numbers mean."""


def trial_id(definition: dict[str, Any]) -> str:
    """Return 16 hex digits over the canonical JSON of a trial's definition."""
    return hashlib.blake2b(_canonical(definition).encode(), digest_size=8).hexdigest()


def trial_ids(definition: dict[str, Any], seeds: Sequence[int]) -> list[str]:
    """Return `trial_id({**definition, "seed": seed})` of each seed; what seeds share is written and hashed once.

    Args:
        definition: no key of it sorts after "seed".
    """
    shared = _canonical({**definition, "seed": 0}).removesuffix("0}")
    assert shared.endswith(',"seed":')
    digest = hashlib.blake2b(shared.encode(), digest_size=8)
    ids = []
    for seed in seeds:
        own = digest.copy()
        own.update(f"{seed}}}".encode())
        ids.append(own.hexdigest())
    return ids


def _canonical(definition: dict[str, Any]) -> str:
    return json.dumps({"protocol": PROTOCOL, **definition}, sort_keys=True, separators=(",", ":"))


@cache
def module_hash(module: str) -> str:
    """Return 16 hex digits over the source of a module and of the modules of its own package that it imports.

    Comments, docstrings and formatting do not count.
    """
    digest = hashlib.blake2b(digest_size=8)
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if content := content_of(name):
            digest.update(content.text)
            todo += content.imports
    return digest.hexdigest()


def used_of(entry: Entry, component: Any) -> Used:
    """Say which component a record used, with the hash of its source."""
    module = (
        entry.target.partition(":")[0] if isinstance(entry.target, str) else sys.modules[_module_of(component)].__name__
    )
    return Used(
        name=entry.name,
        id=entry.id,
        version=component.version,
        distribution=entry.source.distribution,
        distribution_version=entry.source.version,
        source_hash=module_hash(module),
        around=used_of(entry.around, entry.around.load()) if entry.around else None,
    )


def _module_of(component: Any) -> str:
    """Return the module of a component that was registered as an object: that of the function it was made from."""
    maker = next(
        value for name in ("step", "build", "transform", "value", "fit") if (value := getattr(component, name, None))
    )
    return str(maker.__module__)


class Content(NamedTuple):
    """What counts of a module."""

    text: bytes
    """Its name and syntax tree."""
    imports: list[str]
    """What it imports of its own package."""


@cache
def content_of(module: str) -> Content | None:
    """Read a module once, for all that import it; None where it has no source."""
    path = _source(module)
    if path is None:
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = sorted(_imports(tree, module.partition(".")[0]))
    return Content(f"{module}\n{ast.dump(_without_docstrings(tree))}\n".encode(), imports)


def _source(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _imports(tree: ast.AST, package: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.partition(".")[0] == package}


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    return tree
