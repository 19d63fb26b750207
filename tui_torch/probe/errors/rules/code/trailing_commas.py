"""Errors of a comma at the end of a line, which makes a tuple of what stands before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.given_values import given_values
from tui_torch.probe.errors.registry import rule


@rule(r".", TypeError, AttributeError, RuntimeError, ValueError, first=True)
def tuple_by_a_comma(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `self.drop = nn.Dropout(0.3),` where it is used, and `return x,`."""
    says_so = "tuple" in str(case.error)
    for piece in _used(case.node) if says_so else _operands(case.node):
        value = case.find(piece)
        if value is not MISSING and not (type(value) is tuple and len(value) == 1):
            continue
        for given in given_values(piece, case.history, case.names):
            match given.value:
                case ast.Tuple([item]) as made if made.col_offset == item.col_offset and made.lineno == item.lineno:
                    return _explained(case, piece, given.statement, made)
                case _:
                    continue
    return None


def _operands(node: ast.AST | None) -> Iterator[ast.expr]:
    """Yield what a failing piece computes with, calls or looks into itself; its arguments are none of these."""
    match node:
        case ast.BinOp(left, _, right):
            yield from (left, right)
        case ast.Compare(left, _, others):
            yield from (left, *others)
        case ast.UnaryOp(_, one) | ast.Attribute(one) | ast.Call(one) | ast.AugAssign(value=one):
            yield one
        case _:
            return


def _used(node: ast.AST | None) -> Iterator[ast.expr]:
    """Yield the names, attributes and calls of a failing piece, the outer ones first."""
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Name | ast.Attribute | ast.Call) and not isinstance(
            getattr(part, "ctx", None), ast.Store
        ):
            yield part


def _explained(case: ErrorCase, piece: ast.expr, statement: ast.stmt, made: ast.Tuple) -> RuleResult:
    item = ast.unparse(made.elts[0])
    text = ast.unparse(statement).removesuffix("(" + item + ",)") + item
    what = "is a tuple of one" if not isinstance(piece, ast.Call) else "gives a tuple of one"
    if isinstance(statement, ast.Return) and not isinstance(piece, ast.Call):
        what = "is a tuple of one"
    return RuleResult(
        f"{case.quoted(piece)} {what}: line {statement.lineno} ends in a comma, which makes a tuple of what stands "
        "before it. Leave the comma out.",
        SuggestedFix(text, None, statement),
        parts=[piece],
    )
