"""The learner's code as a syntax tree: the piece that failed, the names in it, and the piece with parts replaced."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import TracebackType
from typing import Any

from tui_torch.probe.source.turns import not_turned_twice

LONGEST_SOURCE = 50_000
"""Maximum number of characters that are parsed: to parse more takes longer than an explanation may."""

LONGEST_LINE = 60
"""Maximum number of characters of a line of code in a sentence."""
_PLACEHOLDER = "_the_part_"
"""The name that stands for `{}` while a template is parsed."""


def parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of a source; None if it is too long or is not plain Python."""
    if len(source) > LONGEST_SOURCE:
        return None
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # for example, IPython's own commands
        return None


def innermost_in(traceback: TracebackType | None, filename: str) -> TracebackType | None:
    """Return the last entry of a traceback that lies in a file; None if no entry does."""
    found = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            found = traceback
        traceback = traceback.tb_next
    return found


def failing_piece(tree: ast.Module, entry: TracebackType) -> tuple[ast.stmt | None, ast.AST | None]:
    """Return the innermost statement at a traceback entry's line, and the piece of it whose instruction raised.

    The piece is the statement itself where Python gives no columns for the instruction.
    """
    positions = next(islice(entry.tb_frame.f_code.co_positions(), entry.tb_lasti // 2, None), (None,) * 4)
    statement: ast.stmt | None = None
    smallest: tuple[int, int] | None = None
    piece: ast.AST | None = None
    for candidate in _containing(tree, entry.tb_lineno):
        if isinstance(candidate, ast.stmt):
            statement = candidate
        if None in positions:
            continue
        start, end, column, end_column = positions
        span = (candidate.lineno, candidate.col_offset), (candidate.end_lineno or 0, candidate.end_col_offset or 0)
        wanted = (start, column), (end, end_column)
        if span[0] <= wanted[0] and wanted[1] <= span[1]:  # type: ignore[operator]
            size = (span[1][0] - span[0][0], span[1][1] - span[0][1] if span[1][0] == span[0][0] else 0)
            if smallest is None or size <= smallest:
                smallest, piece = size, candidate
    return statement, piece or statement


def statement_at(tree: ast.Module, line: int) -> ast.stmt | None:
    """Return the innermost statement that a line is part of."""
    return next((node for node in reversed(list(_containing(tree, line))) if isinstance(node, ast.stmt)), None)


def _containing(node: ast.AST, line: int) -> Iterator[Any]:
    """Yield the statements and expressions that a line is part of, outermost first."""
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno"):
            yield from _containing(child, line)
        elif child.lineno <= line <= (child.end_lineno or child.lineno):  # type: ignore[attr-defined]
            if isinstance(child, ast.stmt | ast.expr):
                yield child
            yield from _containing(child, line)


def called_name(call: ast.Call) -> str:
    """Return the last name of what is called: `mm` for `torch.mm(a, b)`; empty if it has no name."""
    match call.func:
        case ast.Attribute(_, name) | ast.Name(name):
            return name
        case _:
            return ""


def paths(node: ast.AST | None) -> Iterator[ast.AST]:
    """Yield the names in a piece of code with the attributes and items that are looked up in them.

    `self.fc` comes before `self`. The bodies of functions, classes and loops are left out.
    """
    match node:
        case None:
            return
        case ast.Name():
            yield node
        case ast.Attribute(owner) | ast.Subscript(owner, ast.Constant()):
            yield node
            yield from paths(owner)
        case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            yield from paths(iterated)
        case ast.With(items=items):
            for item in items:
                yield from paths(item.context_expr)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from paths(child)


def rewritten(
    whole: ast.AST, templates: Mapping[Any, str], dimensions: Callable[[Any], int | None] = lambda part: None
) -> str:
    """Return the code of `whole` with some of its parts replaced.

    Args:
        whole: A statement or an expression.
        templates: The code to write for each part, which is a node of `whole`. `{}` stands for the part as it was:
            `{right: "{}.t()"}`. Of a part that is turned already, as `x.T` is, this undoes the turn.
        dimensions: Returns how many dimensions a part has; None where that is not known.
    """
    new_parts = {id(part): not_turned_twice(_filled(text, part), dimensions(part)) for part, text in templates.items()}
    return ast.unparse(ast.fix_missing_locations(_with_parts(whole, new_parts)))


def _filled(template: str, part: ast.AST) -> Any:
    tree = ast.parse(template.replace("{}", _PLACEHOLDER), mode="eval").body
    return _FillPlaceholder(part).visit(tree)


class _FillPlaceholder(ast.NodeTransformer):
    def __init__(self, part: ast.AST) -> None:
        self._part = part

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return copy.copy(self._part) if node.id == _PLACEHOLDER else node


def _with_parts(node: Any, new_parts: Mapping[int, ast.AST]) -> Any:
    if id(node) in new_parts:
        return new_parts[id(node)]
    if isinstance(node, list):
        return [_with_parts(item, new_parts) for item in node]
    if isinstance(node, ast.AST):
        return type(node)(**{name: _with_parts(value, new_parts) for name, value in ast.iter_fields(node)})
    return node
