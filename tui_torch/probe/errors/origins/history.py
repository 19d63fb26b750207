"""Where a name's value comes from, as the learner's code says it: an assignment, and what is around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_LOOPS = (ast.For, ast.While, ast.AsyncFor)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment to a name or a path (`self.w`)."""

    statement: ast.stmt
    value: ast.expr
    """What is assigned; of an unpacking, the whole that is unpacked unless its parts are written out."""
    unpacked: bool = False
    """Whether the name is given one part of `value`."""


class CodeHistory:
    """The assignments in the learner's code that come before one statement of it."""

    def __init__(self, tree: ast.Module | None, statement: ast.stmt | None) -> None:
        """Look at `tree` from `statement`, which is one of its statements."""
        self.tree = tree
        self.statement = statement
        self._parents: dict[int, ast.AST] = {}
        for parent in ast.walk(tree) if tree is not None else ():
            for child in ast.iter_child_nodes(parent):
                # Operators and contexts are shared between nodes, and have no place of their own.
                if hasattr(child, "lineno") or isinstance(child, ast.comprehension | ast.withitem | ast.keyword):
                    self._parents[id(child)] = parent

    def around(self, node: ast.AST | None) -> Iterator[ast.AST]:
        """Yield what a node stands in, innermost first; the module comes last."""
        while node is not None:
            node = self._parents.get(id(node))
            if node is not None:
                yield node

    def scope_of(self, node: ast.AST | None) -> Any:
        """Return the function, class or module that a statement is written in; None if it is not in the code."""
        return next((outer for outer in self.around(node) if isinstance(outer, (*_SCOPES, ast.Module))), None)

    def loop_around(self, node: ast.AST | None) -> ast.For | ast.While | None:
        """Return the innermost loop of the same function that a statement is in."""
        for outer in self.around(node):
            if isinstance(outer, _LOOPS):
                return outer  # type: ignore[return-value]
            if isinstance(outer, _SCOPES):
                return None
        return None

    def last(self, path: str, at: ast.stmt | None = None) -> Assignment | None:
        """Return the assignment that a name, or a path such as `self.w`, has its value from at a statement.

        That is the last one before it in its function; in a loop that has none before it, the last one of the loop;
        and otherwise the last one in the class (of a path of `self`) or in the module. None where one of several may
        have run, as in the branches of an `if`.

        Args:
            path: The name, as it is written.
            at: The statement; the one that failed if None.
        """
        at = self.statement if at is None else at
        scope = self.scope_of(at)
        if scope is None or at is None:
            return None
        own = list(self.all(path, scope))
        before = [one for one in own if one.statement is not at and _is_before(one.statement, at)]
        if before:
            return before[-1] if len(before) == 1 or not self._may_not_have_run(before[-1].statement, at) else None
        loop = self.loop_around(at)
        carried = [one for one in own if loop is not None and loop in self.around(one.statement)]
        if carried or isinstance(scope, ast.Module):
            return carried[-1] if carried else None
        if path in _parameters(scope):
            return None
        if path.startswith("self.") and isinstance(home := self.scope_of(scope), ast.ClassDef):
            found = [one for method in home.body if isinstance(method, _FUNCTIONS) for one in self.all(path, method)]
            return found[-1] if found else None
        found = list(self.all(path, self.tree))
        return found[-1] if found else None

    def _may_not_have_run(self, statement: ast.stmt, at: ast.stmt) -> bool:
        """Whether a statement stands in a branch that another one is not in."""
        shared = [*self.around(at), at]
        branches = (ast.If, ast.Try, ast.Match)
        return any(isinstance(outer, branches) and outer not in shared for outer in self.around(statement)) or any(
            isinstance(outer, ast.If) and self._side_of(outer, statement) != self._side_of(outer, at)
            for outer in self.around(statement)
            if outer in shared
        )

    def _side_of(self, branch: ast.If, statement: ast.stmt) -> bool:
        """Whether a statement of an `if` stands in its `else`."""
        chain = [statement, *self.around(statement)]
        return any(one in chain for one in branch.orelse)

    def is_gone_over(self, name: str, at: ast.stmt) -> bool:
        """Return whether a name is the variable of a loop in the function of a statement."""
        return any(True for _ in self.iterated(name, at))

    def iterated(self, name: str, at: ast.stmt) -> Iterator[ast.expr]:
        """Yield what the loops in the function of a statement go over whose variable is of a name."""
        for node in _written_in(self.scope_of(at)):
            if isinstance(node, ast.For | ast.comprehension) and any(
                isinstance(part, ast.Name) and part.id == name for part in ast.walk(node.target)
            ):
                yield node.iter

    def is_own(self, name: str, scope: Any) -> bool:
        """Return whether a name belongs to a function itself: it is a parameter, or assigned in there."""
        return name in _parameters(scope) or any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
            for node in _written_in(scope)
        )

    def all(self, path: str, scope: ast.AST | None) -> Iterator[Assignment]:
        """Yield every assignment to a name or path that is written in a scope itself, in the order of the lines."""
        found = [one for node in _written_in(scope) for one in _assignments(node, path)]
        yield from sorted(found, key=lambda one: (one.statement.lineno, one.statement.col_offset))

    def appended(self, path: str, at: ast.stmt) -> Iterator[tuple[ast.stmt, ast.expr]]:
        """Yield what is put into a list by `append` or `extend` in the function of a statement, with its statement."""
        for node in _written_in(self.scope_of(at)):
            match node:
                case ast.Expr(ast.Call(ast.Attribute(owner, "append" | "extend"), [part])) if (
                    ast.unparse(owner) == path
                ):
                    yield node, part
                case _:
                    continue

    def definition(self, name: str) -> ast.FunctionDef | ast.ClassDef | None:
        """Return the last function or class of a name in the code."""
        found: Any = None
        for node in ast.walk(self.tree) if self.tree is not None else ():
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name == name:
                found = node
        return found

    def method(self, class_name: str, name: str) -> ast.FunctionDef | None:
        """Return a method of a class of the code."""
        home = self.definition(class_name)
        body = home.body if isinstance(home, ast.ClassDef) else []
        return next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == name), None)

    def returned(self, function: ast.FunctionDef) -> list[ast.Return]:
        """Return the `return` statements of a function itself."""
        return [node for node in _written_in(function) if isinstance(node, ast.Return)]


def _is_before(one: ast.stmt, other: ast.stmt) -> bool:
    return (one.lineno, one.col_offset) < (other.lineno, other.col_offset)


def _parameters(scope: Any) -> set[str]:
    arguments = getattr(scope, "args", None)
    if not isinstance(arguments, ast.arguments):
        return set()
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in every if argument is not None}


def _written_in(scope: ast.AST | None) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of the functions and classes in it."""
    for child in ast.iter_child_nodes(scope) if scope is not None else ():
        yield child
        if not isinstance(child, _SCOPES):
            yield from _written_in(child)


def _assignments(node: ast.AST, path: str) -> Iterator[Assignment]:
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                yield from _bound(node, target, value, path)
        case ast.AnnAssign(target, _, ast.expr() as value):
            yield from _bound(node, target, value, path)
        case ast.AugAssign(target, op, value) if ast.unparse(target) == path:
            yield Assignment(node, ast.copy_location(ast.BinOp(_read(target), op, value), node))
        case _:
            return


def _read(target: ast.expr) -> ast.expr:
    return ast.copy_location(ast.parse(ast.unparse(target), mode="eval").body, target)


def _bound(statement: ast.stmt, target: ast.expr, value: ast.expr, path: str) -> Iterator[Assignment]:
    match target:
        case ast.Tuple(parts) | ast.List(parts):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for index, part in enumerate(parts):
                if len(values) == len(parts):
                    yield from _bound(statement, part, values[index], path)
                elif ast.unparse(part) == path:
                    yield Assignment(statement, value, unpacked=True)
        case _ if ast.unparse(target) == path:
            yield Assignment(statement, value)
        case _:
            return
