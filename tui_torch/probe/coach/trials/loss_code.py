"""The part of the learner's code that computes a loss from values that are there already."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType

from tui_torch.probe.coach.fixes import block_of, statement_of
from tui_torch.probe.source.lines import Source, called

_ONCE = ("backward", "step", "zero_grad", "update", "append", "extend", "write", "open", "input", "next", "log", "save")
_NOT_AGAIN = frozenset({*_ONCE, "load", "send", "put", "pop", "remove", "insert", "exec", "eval", "add_scalar"})
"""What is called once in each step: to compute the loss again must not do it again."""


@dataclass(frozen=True, slots=True)
class LossCode:
    """Code that computes a loss."""

    statements: CodeType
    loss: CodeType
    """The expression that `backward()` is called on, after the statements."""
    names: frozenset[str]
    """What it uses, and does not compute itself."""


def loss_code(source: Source, line: int, end: int | None = None) -> LossCode | None:
    """Return the code that computes the loss of a `backward()`; None if it is too much to do again.

    These are the statements above it, in the same block, that the loss depends on.

    Args:
        source: The learner's code.
        line: The line of the `backward()`.
        end: The column where its call ends, in bytes; None if it is unknown.
    """
    calls = [call for call in source.calls("backward") if call.lineno <= line <= (call.end_lineno or 0)]
    if end is not None and len(calls) > 1:
        calls = [call for call in calls if call.end_col_offset == end]
    statement = statement_of(source, calls[0]) if len(calls) == 1 else None
    loss = _loss_of(calls[0]) if statement is not None else None
    if loss is None or statement is None:
        return None
    needed, included = _loads(loss), list[ast.stmt]()
    block = block_of(source, statement)
    for one in reversed(
        [one for one in block if one.lineno < statement.lineno or one.col_offset < statement.col_offset]
    ):
        if one.lineno > statement.lineno or one is statement or not _stores(one) & needed:
            continue
        if not isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.With):
            return None
        if isinstance(one, ast.Assign):
            needed -= _stores(one)
        needed |= _free([one])
        included.insert(0, one)
    inside = [part for one in (*included, loss) for part in ast.walk(one)]
    if any(isinstance(part, ast.Call) and called(part) in _NOT_AGAIN for part in inside):
        return None
    if any(isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr | ast.Lambda) for part in inside):
        return None
    statements = compile(ast.Module(body=included, type_ignores=[]), "<a trial>", "exec", dont_inherit=True)
    expression = compile(ast.Expression(body=loss), "<a trial>", "eval", dont_inherit=True)
    return LossCode(statements, expression, _free([*included, loss]))


def _loss_of(call: ast.Call) -> ast.expr | None:
    """Return what goes backward: `loss` of `loss.backward()`, and of `scaler.scale(loss).backward()`."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="scale"), args=[loss])):
            return loss
        case ast.Attribute(value=ast.Attribute(attr="autograd")):
            return call.args[0] if call.args else None
        case ast.Attribute(value=loss):
            return loss
        case _:
            return None


def _free(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Return the names that code uses before it stores them, without Python's own."""
    free, bound = set[str](), set[str]()
    for node in nodes:
        if isinstance(node, ast.With):
            free |= _free([*(item.context_expr for item in node.items), *node.body]) - bound
        else:
            free |= _loads(node) - bound
            if isinstance(node, ast.AugAssign):
                free |= _stores(node) - bound
        bound |= _stores(node)
    return frozenset(name for name in free if not hasattr(builtins, name))


def _loads(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Store)}


def _stores(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
