"""Code as lines that can be compared: each statement in a normal form, with how deeply it is nested."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from copy import copy, deepcopy
from functools import lru_cache
from typing import cast

from tui_torch.protocol.late_dataclass import dataclass

_CHANGE = {"append", "backward", "extend", "load_state_dict", "manual_seed", "pop", "step", "update", "zero_grad"}
"""Methods whose call changes something, so that a `print` of what they return is no mere `print`; so do `add_` and its
like."""

_OF_LISTS = {"append", "extend", "pop"}

_BLANK = "_"
"""What stands for a name that may be any."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A statement, or the head of one that holds others: `for step in range(3):`, `else:`."""

    depth: int
    """The number of statements around it."""
    text: str
    """Its normal form, without comments, quotes and spacing."""
    names: frozenset[str]
    """The variables that it reads or binds."""
    binds: frozenset[str]
    """The variables that it binds, or whose elements or attributes it assigns to."""
    acts: bool
    """Whether it calls what may move weights or gradients, such as `opt.step()`, or assigns to a `.grad`."""
    head: ast.stmt | None
    """The statement, without the ones that it holds; None for an `else` and its like."""


# Each grade of an exercise compares with the same solution, checks and mistakes.
@lru_cache(maxsize=64)
def lines_of(code: str) -> tuple[CodeLine, ...]:
    """The lines of some code, in order; empty if it does not parse.

    What changes nothing is left out: comments, texts that stand alone, `pass`, and calls of `print`.
    """
    try:
        return tuple(_lines(ast.parse(code).body, 0))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def renamed_like(lines: Sequence[CodeLine], others: Sequence[CodeLine], public: frozenset[str]) -> tuple[CodeLine, ...]:
    """The lines with their own names for things replaced by the names that other lines have for them.

    Two names are taken for the same where the lines that bind them are alike but for such names. `public` names stay.
    """
    private, taken = _bound(lines) - public, _bound(others) - public
    names: dict[str, str] = {}
    heads = [(other.head, _own_order(other, taken)) for other in others if other.head is not None]
    blanked: dict[tuple[int, frozenset[str]], str] = {}  # to copy a statement takes longer than all else
    for line in lines:
        mine = _own_order(line, private)
        if line.head is None or not any(name not in names for name in mine):
            continue
        alike = _with_names(line.head, names, blank=frozenset(private) - names.keys())
        free = frozenset(taken) - set(names.values())
        for at, (head, theirs) in enumerate(heads):
            if type(head) is not type(line.head) or len(theirs) != len(mine):
                continue
            if (at, free) not in blanked:
                blanked[at, free] = _with_names(head, {}, blank=free)
            if alike == blanked[at, free]:
                pairs = [(one, two) for one, two in zip(mine, theirs, strict=True) if one not in names and two in free]
                names.update(pairs)
                break
    if all(one == two for one, two in names.items()):
        return tuple(lines)
    # A name that is not matched must not be taken for one that it was given away.
    used = {name for line in lines for name in line.names}
    names |= {name: f"{name}'" for name in used & set(names.values()) if name not in names}
    return tuple(_renamed(line, names) for line in lines)


def _lines(body: Sequence[ast.stmt], depth: int) -> Iterator[CodeLine]:
    for statement in body:
        if _changes_nothing(statement):
            continue
        parts = list(_parts(statement))
        head = _without(statement, [name for name, _ in parts]) if parts else statement
        yield _line(head, depth)
        for name, held in parts:
            if name != "body":
                yield CodeLine(depth, f"{type(statement).__name__} {name}:", frozenset(), frozenset(), False, None)
            for part in held:
                if isinstance(part, ast.stmt):
                    continue
                inner = cast("list[ast.stmt]", getattr(part, "body", []))
                yield _line(_without(part, ["body"]), depth)
                yield from _lines(inner, depth + 1)
            yield from _lines([part for part in held if isinstance(part, ast.stmt)], depth + 1)


def _changes_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
            return not any(_may_change_something(node) for node in ast.walk(statement))
        case _:
            return False


def _may_change_something(node: ast.AST) -> bool:
    match node:
        case ast.NamedExpr() | ast.Await():
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _CHANGE or name.endswith("_")
        case _:
            return False


def _parts(statement: ast.stmt) -> Iterator[tuple[str, list[ast.AST]]]:
    """The fields of a statement that hold statements, handlers of errors or cases."""
    for name, value in ast.iter_fields(statement):
        if isinstance(value, list):
            held = cast("list[object]", value)
            if any(isinstance(item, ast.stmt | ast.excepthandler | ast.match_case) for item in held):
                yield name, cast("list[ast.AST]", held)


def _without(node: ast.AST, names: Sequence[str]) -> ast.AST:
    alone = copy(node)
    for name in names:
        setattr(alone, name, [])
    return alone


def _line(head: ast.AST, depth: int) -> CodeLine:
    names = [node for node in ast.walk(head) if isinstance(node, ast.Name)]
    binds = {node.id for node in names if isinstance(node.ctx, ast.Store | ast.Del)}
    for node in ast.walk(head):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            binds |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        elif isinstance(node, ast.arg):
            binds.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            binds.add(node.name)
        elif isinstance(node, ast.alias):
            binds.add((node.asname or node.name).partition(".")[0])
    every = frozenset(node.id for node in names) | binds
    acts = any(_acts(node) for node in ast.walk(head))
    return CodeLine(depth, ast.dump(head), every, frozenset(binds), acts, cast("ast.stmt", head))


def _acts(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _CHANGE - _OF_LISTS or name.endswith("_")
        case ast.Attribute(attr="grad", ctx=ast.Store() | ast.Del()):
            return True
        case _:
            return False


def _bound(lines: Sequence[CodeLine]) -> set[str]:
    return {name for line in lines for name in line.binds}


def _own_order(line: CodeLine, private: set[str]) -> list[str]:
    """The private names of a line, each once, in the order in which they stand."""
    if line.head is None:
        return []
    seen = dict.fromkeys(name for node in _in_order(line.head) if (name := _name(node)) is not None)
    return [name for name in seen if name in private]


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _name(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            return name
        case _:
            return None


def _with_names(head: ast.AST, names: Mapping[str, str], blank: frozenset[str]) -> str:
    """The normal form with names replaced, and each of the blank ones by the same sign."""
    replaced = deepcopy(head)
    for node in ast.walk(replaced):
        name = _name(node)
        if name is None:
            continue
        other = _BLANK if name in blank else names.get(name, name)
        if isinstance(node, ast.Name):
            node.id = other
        elif isinstance(node, ast.arg):
            node.arg = other
    return ast.dump(replaced)


def _renamed(line: CodeLine, names: Mapping[str, str]) -> CodeLine:
    if line.head is None or not line.names & names.keys():
        return line
    renamed = deepcopy(line.head)
    for node in ast.walk(renamed):
        name = _name(node)
        if isinstance(node, ast.Name) and name is not None:
            node.id = names.get(name, name)
        elif isinstance(node, ast.arg) and name is not None:
            node.arg = names.get(name, name)
    return _line(renamed, line.depth)
