"""Where the learner's code calls a method of PyTorch's: the frame, the place in the code, and the expression."""

from __future__ import annotations

import ast
import linecache
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

import torch

LONGEST = 40
"""Maximum number of characters of an expression; a longer one is cut."""
MOST = 1000
"""Maximum number of call sites that are told apart at a time."""
_LONGEST_SOURCE = 200_000
"""Maximum number of characters of a file in which expressions are looked for."""
_INSIDE = (str(Path(torch.__file__).parent) + os.sep, str(Path(__file__).parents[1]) + os.sep)
"""The folders of PyTorch and of the probe."""
_NEEDS_NO_PARENTHESES = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant)
_SPACED_OPERATOR = re.compile(r" ([-+*/@%]|\*\*|//) ")


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """One place in the code where a method such as `backward()` is called.

    Made once for each place, by `CallSites`, and handed on: two are the same place only if they are the same object.
    """

    file: str
    """The name that the code was compiled under."""
    line: int
    """Where the method's name stands, counted from 1."""
    columns: tuple[int, int] | None
    """Where the call begins and ends (exclusive) in its line, in bytes of UTF-8; of a call over several lines, the end
    is one in the last line. None if Python was told not to keep it."""
    expression: str
    """What the method is called on: `loss`, `a + b`."""
    name: str
    """The same in at most LONGEST characters, in parentheses where a method's name could not follow it: `(a+b)`."""
    code: CodeType
    instruction: int
    """The position of the call in the code's bytes: a frame's `f_lasti`."""


class CallSites:
    """The call sites of one method that a run has come by; at most MOST, then it starts over."""

    def __init__(self, method: str, unnamed: str) -> None:
        """`unnamed` is the expression of a call whose source is unavailable."""
        self._method = method
        self._unnamed = unnamed
        self._sites: dict[tuple[int, int], CallSite] = {}

    def of(self, frame: FrameType | None) -> CallSite | None:
        """Return the call site that a frame is at, the same object each time; None if all frames are PyTorch's or ours.

        Frames of PyTorch and of the probe are left out: the call site is that of the nearest frame outside.
        """
        frame = caller(frame)
        if frame is None:
            return None
        key = (id(frame.f_code), frame.f_lasti)
        site = self._sites.get(key)
        if site is None:
            if len(self._sites) >= MOST:  # code that is compiled again in every step
                self._sites.clear()
            site = self._sites[key] = self._made(frame)
        return site

    def _made(self, frame: FrameType) -> CallSite:
        code, instruction = frame.f_code, frame.f_lasti
        _, _, first, last = _position(code, instruction)
        expression = name = self._unnamed
        with suppress(Exception):  # a source that is not what the code was made of
            if (receiver := _receiver(code, instruction, self._method)) is not None:
                expression, name = ast.unparse(receiver), _shortened(receiver)
        columns = None if first is None or last is None else (first, last)
        # What the compiler adds has no line, which typeshed does not know.
        line = frame.f_lineno or code.co_firstlineno
        return CallSite(code.co_filename, line, columns, expression, name, code, instruction)


def caller(frame: FrameType | None) -> FrameType | None:
    """Return the nearest frame, from this one outwards, that is neither PyTorch's nor the probe's."""
    while frame is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    return frame


def called_on(code: CodeType, instruction: int, method: str) -> str | None:
    """Return the expression whose method is called at an instruction: `loss`, `(a+b)`; at most LONGEST characters.

    `instruction` is a frame's `f_lasti`. None if the source is unavailable or says something else.
    """
    receiver = _receiver(code, instruction, method)
    return None if receiver is None else _shortened(receiver)


def argument_of(expression: str, method: str) -> str | None:
    """Return what a method is called with, of an expression that is such a call: `loss`, of `scaler.scale(loss)`.

    None if the expression is something else, or has several arguments.
    """
    with suppress(SyntaxError, ValueError, RecursionError):
        match ast.parse(expression, mode="eval").body:
            case ast.Call(func=ast.Attribute(attr=called), args=[argument], keywords=[]) if called == method:
                return _shortened(argument)
            case _:
                pass
    return None


def _receiver(code: CodeType, instruction: int, method: str) -> ast.expr | None:
    lines = linecache.getlines(code.co_filename)
    _, end_line, _, end_column = _position(code, instruction)
    if end_line is None or not lines:
        return None
    for node in _calls("".join(lines)):
        if (node.end_lineno, node.end_col_offset) != (end_line, end_column):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr == method:
            receiver = node.func.value
            return receiver.target if isinstance(receiver, ast.NamedExpr) else receiver
    return None


def _position(code: CodeType, instruction: int) -> tuple[int | None, int | None, int | None, int | None]:
    """First line, last line, first column and last column of an instruction, as Python keeps them."""
    return next(islice(code.co_positions(), instruction // 2, None), (None, None, None, None))


@lru_cache(maxsize=4)
def _calls(source: str) -> tuple[ast.Call, ...]:
    if len(source) > _LONGEST_SOURCE:
        return ()
    try:
        return tuple(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    except (SyntaxError, ValueError, RecursionError):
        return ()


def _shortened(node: ast.expr) -> str:
    text = " ".join(ast.unparse(node).split())
    if not isinstance(node, _NEEDS_NO_PARENTHESES):
        text = "(" + _SPACED_OPERATOR.sub(r"\1", text) + ")"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
