"""Which statement gave a name its value, as far as the order of the code says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_BODIES = ("body", "orelse", "finalbody")


def last_assignment(tree: ast.AST | None, statement: ast.stmt | None, name: str) -> ast.stmt | None:
    """Return the statement before another that a name got its value from.

    None if several may have been the last, if a function's caller gives the value, or if no statement does. A `for`
    and a `with` give values to their targets, and a definition to its name.

    Args:
        tree: The code.
        statement: A statement within it, whose scope is searched; the module's names are searched after it.
        name: The name.
    """
    way = _way_to(tree, statement)
    for depth in range(len(way) - 1, -1, -1):
        owner, body, index = way[depth]
        for earlier in reversed(body[:index]):
            found, is_certain = _within(earlier, name)
            if found is not None or not is_certain:
                return found
        if isinstance(owner, ast.For) and name in _names_bound(owner.target):
            return owner
        # What comes later in a loop may have been the last in an earlier round.
        if isinstance(owner, ast.For | ast.While) and any(list(_assigning(later, name)) for later in body[index:]):
            return None
        if isinstance(owner, ast.With) and _binds(owner, name):
            return owner
        if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
            if name in {argument.arg for argument in ast.walk(owner.args) if isinstance(argument, ast.arg)}:
                return None
            return _only_one(tree, name)
    return None


def _only_one(tree: ast.AST | None, name: str) -> ast.stmt | None:
    """The module's statement that assigns a name; None unless there is one alone."""
    found = [one for statement in getattr(tree, "body", []) for one in _assigning(statement, name)]
    return found[0] if len(found) == 1 else None


def _way_to(tree: ast.AST | None, statement: ast.stmt | None) -> list[tuple[ast.AST, Sequence[ast.stmt], int]]:
    """Where a statement is: (owner, body, index) from the outermost body to its own."""
    for node in ast.iter_child_nodes(tree) if tree is not None and not hasattr(tree, "body") else ():
        if way := _way_to(node, statement):  # a handler, or a case of a `match`
            return way
    for field in _BODIES:
        body = getattr(tree, field, None)
        if not isinstance(body, list):
            continue
        for index, child in enumerate(body):
            if child is statement:
                return [(tree, body, index)]  # type: ignore[list-item]
            if way := _way_to(child, statement):
                return [(tree, body, index), *way]  # type: ignore[list-item]
    for handler in getattr(tree, "handlers", []):
        if way := _way_to(handler, statement):
            return way
    return []


def _within(statement: ast.stmt, name: str) -> tuple[ast.stmt | None, bool]:
    """The assignment that a statement makes, and whether it is certain that it makes this one, or none."""
    found = list(_assigning(statement, name))
    if not found:
        return None, True
    if len(found) > 1 and not isinstance(statement, ast.With):
        return None, False
    if isinstance(statement, ast.If | ast.Try | ast.Match) and found[0] is not statement:
        return None, False
    return found[-1], True


def _assigning(statement: ast.stmt, name: str) -> Iterator[ast.stmt]:
    """Yield a statement and those within it that give a name a value, without those of inner functions."""
    if _binds(statement, name):
        yield statement
    if isinstance(statement, _FUNCTIONS):
        return
    for child in ast.iter_child_nodes(statement):
        for inner in [child] if isinstance(child, ast.stmt) else ast.iter_child_nodes(child):
            if isinstance(inner, ast.stmt):
                yield from _assigning(inner, name)


def _binds(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=targets):
            return any(name in _names_bound(target) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target) | ast.For(target=target):
            return name in _names_bound(target)
        case ast.With(items=items):
            return any(item.optional_vars is not None and name in _names_bound(item.optional_vars) for item in items)
        case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own) | ast.ClassDef(name=own):
            return own == name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return any((alias.asname or alias.name.partition(".")[0]) == name for alias in names)
        case _:
            return False


def _names_bound(target: ast.expr) -> set[str]:
    match target:
        case ast.Name(name):
            return {name}
        case ast.Tuple(parts) | ast.List(parts):
            return {name for part in parts for name in _names_bound(part)}
        case ast.Starred(part):
            return _names_bound(part)
        case _:
            return set()


def value_given(statement: ast.stmt | None, name: str) -> ast.expr | None:
    """Return the expression that a plain assignment gives a name; None for every other statement."""
    match statement:
        case ast.Assign([ast.Name(own)], value) if own == name:
            return value
        case ast.AnnAssign(ast.Name(own), value=ast.expr() as value) if own == name:
            return value
        case _:
            return None
