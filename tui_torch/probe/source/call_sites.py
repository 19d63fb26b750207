"""Who called PyTorch: the frame, the names that it sees, and the expression that it called a method on."""

from __future__ import annotations

import ast
import linecache
import os
import re
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

import torch

LONGEST = 40
"""An expression is cut to so many characters."""
_SOURCE = 200_000
"""In a longer file, no expression is looked for."""
_INSIDE = (str(Path(torch.__file__).parent) + os.sep, str(Path(__file__).parents[1]) + os.sep)
_CLOSED = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant)
_SPACED_OPERATOR = re.compile(r" ([-+*/@%]|\*\*|//) ")


def caller(frame: FrameType | None) -> FrameType | None:
    """The nearest frame, from this one outwards, that is neither PyTorch's nor the probe's."""
    while frame is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    return frame


def called_on(code: CodeType, instruction: int, method: str) -> str | None:
    """The expression whose `method` is called at an instruction (a frame's `f_lasti`): `loss`, `(a+b)`. None when the
    source is not to be had, or says something else."""
    position = next(islice(code.co_positions(), instruction // 2, None), None)
    lines = linecache.getlines(code.co_filename)
    if position is None or not lines:
        return None
    _, end_line, _, end_column = position
    for node in _calls("".join(lines)):
        if (node.end_lineno, node.end_col_offset) != (end_line, end_column):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr == method:
            return _shortened(node.func.value)
    return None


@lru_cache(maxsize=4)
def _calls(source: str) -> tuple[ast.Call, ...]:
    if len(source) > _SOURCE:
        return ()
    try:
        return tuple(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    except (SyntaxError, ValueError, RecursionError):
        return ()


def _shortened(node: ast.expr) -> str:
    if isinstance(node, ast.NamedExpr):
        node = node.target
    text = " ".join(ast.unparse(node).split())
    if not isinstance(node, _CLOSED):
        text = "(" + _SPACED_OPERATOR.sub(r"\1", text) + ")"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
