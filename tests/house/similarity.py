"""How alike two functions are: by their syntax, whatever they call their variables and say in their sentences."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

LEAST = 30
"""Pieces of syntax below which a body says nothing of its own, such as the delegation to one other function."""
MOST_SHARED = 40
"""A run of pieces that stands in more bodies than this is an idiom of the language."""
RUN = 5


class Body(NamedTuple):
    """A function, by where it is and the pieces of syntax of which its body consists."""

    path: Path
    name: str
    pieces: tuple[str, ...]


def bodies(paths: Iterable[Path]) -> Iterator[Body]:
    """The functions that are long enough to be compared; one within another is part of it."""
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from _functions(path, tree, "")


def _functions(path: Path, node: ast.AST, within: str) -> Iterator[Body]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            pieces = tuple(_pieces(child))
            if len(pieces) >= LEAST:
                yield Body(path, within + child.name, pieces)
        elif isinstance(child, ast.ClassDef):
            yield from _functions(path, child, f"{within}{child.name}.")


def _pieces(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    for statement in statements:
        yield from _walk(statement)


def _walk(node: ast.AST) -> Iterator[str]:
    """Kinds of nodes in their order; of names, those that others gave: attributes, and what is called."""
    match node:
        case ast.Attribute(attr=attr):
            yield f".{attr}"
        case ast.Call(func=ast.Name(id=called)):
            yield f"{called}()"
        case ast.Constant(value=str()):
            yield "text"
        case ast.Constant(value=value):
            yield repr(value)
        case ast.JoinedStr():
            yield "text"
            return
        case ast.expr_context():
            return
        case _:
            yield type(node).__name__
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def pairs(found: Iterable[Body], above: float) -> Iterator[tuple[float, Body, Body]]:
    """Functions of different modules that are more alike than this, from 0 to 1."""
    where: dict[tuple[str, ...], set[int]] = defaultdict(set)
    every = list(found)
    for at, body in enumerate(every):
        for start in range(len(body.pieces) - RUN + 1):
            where[body.pieces[start : start + RUN]].add(at)
    shared: Counter[tuple[int, int]] = Counter()
    for places in where.values():
        if 1 < len(places) <= MOST_SHARED:
            shared.update(combinations(sorted(places), 2))
    for (one, other), runs in shared.items():
        a, b = every[one], every[other]
        if a.path != b.path and runs >= (len(a.pieces) + len(b.pieces)) * above / 8:
            alike = SequenceMatcher(None, a.pieces, b.pieces, autojunk=False).ratio()
            if alike > above:
                yield alike, a, b
