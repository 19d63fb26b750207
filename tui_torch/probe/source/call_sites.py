"""Who called PyTorch: the frame, the names that it sees, and the expression that it called a method on."""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from inspect import CO_OPTIMIZED
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

import torch

LONGEST = 40
"""An expression is cut to so many characters."""
FRAMES = 8
"""So many functions outwards are looked into for a name."""
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


def functions(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, and those that called it and are of the same module, as far as they are functions'; innermost first."""
    names = frame.f_globals if frame is not None else None
    for _ in range(FRAMES):
        frame = caller(frame)
        if frame is None or frame.f_globals is not names or not frame.f_code.co_flags & CO_OPTIMIZED:
            return
        yield frame
        frame = frame.f_back


def local_names(frame: FrameType) -> dict[str, object]:
    """The local variables of a function that is being run, as a copy: nothing of it outlives the copy."""
    held = frame.f_locals
    names = dict(held)
    # Until Python 3.12, the frame keeps what was asked for, and would keep a tensor alive that the function drops. The
    # very same dict is what the function's own `locals()` gave it, if it asked.
    if sys.version_info < (3, 13) and sys.getrefcount(held) <= _OURS:
        held.clear()
    return names


_OURS = 3
"""References to a frame's names when nobody else has them: the frame's, our variable's, and the count's own."""


def seen_from(frame: FrameType | None, namespace: Mapping[str, object]) -> dict[str, object]:
    """The names that can be seen where a frame is, and in the functions around it, in place of the namespace's."""
    seen = dict(namespace)
    for function in reversed(tuple(functions(frame))):
        seen.update(local_names(function))
    return seen
