"""Code that turns a tensor's dimensions: what is turned back to where it was is left as it was."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_TURNS = ("t", "transpose", "swapaxes", "swapdims", "permute")
_MOST = 5
"""Dimensions up to which two turns are compared where their number is not known."""


def not_turned_twice(node: ast.expr, dimensions: int | None = None) -> ast.expr:
    """The code without two turns of which the second undoes the first: `x` for `x.T.t()`.

    Args:
        node: The code; its outermost call or attribute counts.
        dimensions: How many dimensions there are; None where that is not known.
    """
    outer = _not_copied(node)
    turned = _turned(outer)
    if turned is None:
        return node
    turned = _not_copied(turned)
    before = _turned(turned)
    if before is None:
        return node
    is_undone = False
    for number in (dimensions,) if dimensions is not None else range(1, _MOST + 1):
        second, first = _order(outer, number), _order(turned, number)
        if first is None or second is None:
            continue
        if [first[at] for at in second] != [*range(number)]:
            return node
        is_undone = True
    return before if is_undone else node


def is_turned(node: ast.expr) -> bool:
    """Whether code may be a tensor with its dimensions turned, as `x.T` is."""
    return _turned(_not_copied(node)) is not None


def _not_copied(node: ast.expr) -> ast.expr:
    match node:
        case ast.Call(ast.Attribute(x, "contiguous"), [], []):
            return x
        case _:
            return node


def _called(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The name of an attribute or method, and what it is given; a function of `torch` counts as its method."""
    match node:
        case ast.Attribute(_, name):
            return name, []
        case ast.Call(ast.Attribute(ast.Name("torch"), name), [_, *given], keywords):
            return name, [*given, *(keyword.value for keyword in keywords)]
        case ast.Call(ast.Attribute(_, name), given, keywords):
            return name, [*given, *(keyword.value for keyword in keywords)]
        case _:
            return "", []


def _turned(node: ast.expr) -> ast.expr | None:
    """What an attribute or a call turns, if it may turn anything."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("torch"), name), [x, *_]) if name in _TURNS:
            return x
        case ast.Call(ast.Attribute(x, name)) if name in _TURNS:
            return x
        case ast.Attribute(x, "T" | "mT"):
            return x
        case _:
            return None


def _order(node: ast.expr, number: int) -> tuple[int, ...] | None:
    """In what order a turn puts so many dimensions; None where it cannot, or that is not known."""
    name, given = _called(node)
    numbers = _numbers(given)
    is_call = isinstance(node, ast.Call)
    if name == "T" and not is_call:
        return tuple(reversed(range(number)))
    if name == "mT" and not is_call:
        numbers = (-2, -1)
    elif name == "t" and is_call:
        if number > 2:
            return None
        numbers = (0, 1) if number == 2 else (0, 0)
    if numbers is None or not all(-number <= at < number for at in numbers):
        return None
    numbers = tuple(at % number for at in numbers)
    if name == "permute":
        return numbers if sorted(numbers) == [*range(number)] else None
    if len(numbers) != 2:
        return None
    order = [*range(number)]
    first, second = numbers
    order[first], order[second] = second, first
    return tuple(order)


def _numbers(given: Sequence[ast.expr]) -> tuple[int, ...] | None:
    if len(given) == 1 and isinstance(given[0], ast.Tuple | ast.List):
        given = given[0].elts
    found: list[int] = []
    for one in given:
        try:
            value = ast.literal_eval(one)
        except (ValueError, TypeError):
            return None
        if type(value) is not int:
            return None
        found.append(value)
    return tuple(found)
