"""Where a float comes from that stands in the place of a whole number, and how it becomes one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.origins.given_values import given_values


@dataclass(frozen=True, slots=True)
class FloatOrigin:
    """A float, with the words for where it comes from, and the ways to a whole number."""

    words: str
    """`` `h` is 8.0, a float (line 3: `/` always gives one) ``."""
    fix: SuggestedFix | None = None
    readings: tuple[PossibleFix, ...] = ()


def float_origin(case: ErrorCase, piece: ast.expr, whole: ast.expr | ast.stmt | None) -> FloatOrigin | None:
    """Return where the float comes from that a piece is; None if it is none.

    Args:
        case: The error.
        piece: The piece that should be a whole number.
        whole: What the piece stands in, which a fix replaces.
    """
    value = case.value(piece)
    if type(value) is not float:
        return None
    is_literal = isinstance(piece, ast.Constant)
    who = f"{case.quoted(piece)} is {'' if is_literal else f'{value}, '}a float"
    if not value.is_integer():
        # Of sizes that have to multiply up to something, a smaller one is no way out.
        is_of_shape = isinstance(whole, ast.Call) and called_name(whole) in ("view", "reshape", "unflatten", "expand")
        text = rewritten(whole, {piece: "int({})"}) if whole is not None and not is_of_shape else ""
        ways = (
            (PossibleFix("what is behind the point is to be cut off", SuggestedFix(text, None, whole)),) if text else ()
        )
        return FloatOrigin(f"{who}, and no whole number", readings=ways)
    for division, statement in _divisions(case, piece):
        line = "" if statement is None else f"line {division.lineno}: "
        of = whole if statement is None else statement
        quotient = f"({ast.unparse(division.left)}) // ({ast.unparse(division.right)})"
        if of is None or not _are_whole(case, division):
            continue
        text = rewritten(of, {division: quotient})
        fix = case.working_fix(text, of=of) or SuggestedFix(text, None, of)
        return FloatOrigin(f"{who} ({line}`/` always gives one, and `//` a whole number)", fix)
    fix = SuggestedFix(rewritten(whole, {piece: "int({})"}), None, whole) if whole is not None else None
    if isinstance(piece, ast.Constant) and whole is not None:
        fix = SuggestedFix(rewritten(whole, {piece: str(int(value))}), None, whole)
    return FloatOrigin(who, fix)


def _divisions(case: ErrorCase, piece: ast.expr) -> Iterator[tuple[ast.BinOp, ast.stmt | None]]:
    """Yield the division that a piece is, or was given, with the assignment that it stands in."""
    if isinstance(piece, ast.BinOp) and isinstance(piece.op, ast.Div):
        yield piece, None
    for given in given_values(piece, case.history, case.names):
        if isinstance(given.value, ast.BinOp) and isinstance(given.value.op, ast.Div):
            yield given.value, given.statement


def _are_whole(case: ErrorCase, division: ast.BinOp) -> bool:
    """Whether both sides of a division are whole numbers, as far as can be looked at."""
    return all(type(case.value(side)) is not float for side in (division.left, division.right))


def float_among(case: ErrorCase, node: ast.AST | None) -> tuple[ast.expr, Any] | None:
    """Return the first piece of a call's arguments, of a slice or of a product that is a float, with its value."""
    parts: list[ast.expr | None] = []
    match node:
        case ast.Call(_, arguments, keywords):
            parts = [*arguments, *(key.value for key in keywords)]
        case ast.Subscript(_, index):
            parts = list(index.elts) if isinstance(index, ast.Tuple) else [index]
        case ast.BinOp(left, _, right):
            parts = [left, right]
        case ast.For(iter=iterated):
            return float_among(case, iterated)
        case _:
            pass
    spread: list[ast.expr] = []
    for part in parts:
        match part:
            case ast.Tuple(items) | ast.List(items):
                spread += items
            case ast.Slice(lower, upper, step):
                spread += [one for one in (lower, upper, step) if one is not None]
            case ast.Starred() | None:
                continue
            case _:
                spread.append(part)
    for part in spread:
        value = case.value(part)
        if type(value) is float:
            return part, value
    return None
