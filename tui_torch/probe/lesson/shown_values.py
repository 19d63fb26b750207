"""Values in the messages of checks, so that what differs looks different.

In a message, `{loss}` of a tensor with one number would read like a number, and 72.4526 rounded to two digits like
72.45.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tui_torch.probe.values.short_repr import short_repr

SHOWN = "__shown__"
"""The name of `shown` in the code of a check whose messages are rewritten."""
MOST_DIGITS = 12
"""After the point; numbers that agree in all of them are as good as the same."""


class Showing(ast.NodeTransformer):
    """Rewrites the f-strings in the messages of asserts, so that `shown` writes their values."""

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        if node.msg is not None:
            node.msg = _InMessage().visit(node.msg)
        return node


class _InMessage(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                spec = part.format_spec or ast.Constant("")
                parts.append(ast.Tuple([part.value, ast.Constant(part.conversion), spec], ast.Load()))
            else:
                parts.append(part)
        call = ast.Call(ast.Name(SHOWN, ast.Load()), parts, [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def shown(*parts: str | tuple[object, int, str]) -> str:
    """The text of an f-string.

    Args:
        parts: Its texts, and its values: each with the number of its conversion, -1 for none, and its format.
    """
    texts = [part if isinstance(part, str) else _formatted(*part) for part in parts]
    _tell_apart(parts, texts)
    return "".join(texts)


def _formatted(value: Any, conversion: int, spec: str) -> str:
    # What is one number and yet not Python's own.
    is_like_a_number = (isinstance(value, torch.Tensor) and value.ndim == 0) or isinstance(value, np.generic)
    if conversion == -1 and not spec and is_like_a_number:
        return short_repr(value) or repr(value)
    match conversion:
        case 114:  # !r
            value = repr(value)
        case 115:  # !s
            value = str(value)
        case 97:  # !a
            value = ascii(value)
        case _:
            pass
    return format(value, spec)


def _tell_apart(parts: Sequence[str | tuple[object, int, str]], texts: list[str]) -> None:
    """Give rounded numbers more digits while they read like another number that they are not."""
    numbers = [
        (at, float(part[0]))
        for at, part in enumerate(parts)
        if not isinstance(part, str) and isinstance(part[0], float | int) and not isinstance(part[0], bool)
    ]
    for _ in range(MOST_DIGITS):
        alike = [
            (at, number)
            for at, number in numbers
            if _is_rounded(parts[at])
            and any(other != number and _reads_as(texts[at]) == _reads_as(texts[there]) for there, other in numbers)
        ]
        if not alike:
            return
        for at, number in alike:
            texts[at] = format(number, f".{len(texts[at].partition('.')[2]) + 1}f")


def _is_rounded(part: str | tuple[object, int, str]) -> bool:
    return not isinstance(part, str) and part[2].endswith("f")


def _reads_as(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
