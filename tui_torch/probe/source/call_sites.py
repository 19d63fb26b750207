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
_PYTORCH = str(Path(torch.__file__).parent) + os.sep
_PROBE = str(Path(__file__).parents[1]) + os.sep
_INSIDE = (_PYTORCH, _PROBE)
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
    """What the method is called on, or the function with: `loss`, `a + b`."""
    name: str
    """The same in at most LONGEST characters, in parentheses where a method's name could not follow it: `(a+b)`."""
    code: CodeType
    instruction: int
    """The position of the call in the code's bytes: a frame's `f_lasti`."""
    call: str
    """The call as one writes it: `loss.backward()`, `torch.autograd.backward(loss)`."""


class CallSites:
    """The call sites of one method that a run has come by; at most MOST, then it starts over."""

    def __init__(self, method: str, unnamed: str) -> None:
        """`unnamed` is the expression of a call whose source is unavailable."""
        self._method = method
        self._unnamed = unnamed
        self._unnamed_call = f"{unnamed}.{method}()"
        self._sites: dict[tuple[int, int, int | None], CallSite] = {}

    def of(self, frame: FrameType | None, item: int | None = None) -> CallSite | None:
        """Return the call site that a frame is at, the same object each time; None if all frames are PyTorch's or ours.

        Frames of PyTorch and of the probe are left out: the call site is that of the nearest frame outside.

        Args:
            frame: The frame that calls the method, or one that it called.
            item: Of a function that is called with several values, the place among them of the one that is meant.
        """
        frame = caller(frame)
        if frame is None:
            return None
        key = (id(frame.f_code), frame.f_lasti, item)
        site = self._sites.get(key)
        if site is None:
            if len(self._sites) >= MOST:  # code that is compiled again in every step
                self._sites.clear()
            site = self._sites[key] = self._made(frame, item)
        return site

    def _made(self, frame: FrameType, item: int | None) -> CallSite:
        code, instruction = frame.f_code, frame.f_lasti
        _, _, first, last = _position(code, instruction)
        expression = name = self._unnamed
        call = self._unnamed_call
        with suppress(Exception):  # a source that is not what the code was made of
            if (found := self._named(code, instruction, item)) is not None:
                named, call = found
                expression, name = ast.unparse(named), shortened(named)
        columns = None if first is None or last is None else (first, last)
        # What the compiler adds has no line, which typeshed does not know.
        line = frame.f_lineno or code.co_firstlineno
        return CallSite(code.co_filename, line, columns, expression, name, code, instruction, call)

    def _named(self, code: CodeType, instruction: int, item: int | None) -> tuple[ast.expr, str] | None:
        """What the call is named by, and the call as one writes it."""
        receiver = _receiver(code, instruction, self._method)
        return None if receiver is None else (receiver, f"{shortened(receiver)}.{self._method}()")


class FunctionCallSites(CallSites):
    """The call sites of a function such as `torch.autograd.backward()`, which are named by its first argument."""

    def __init__(self, function: str, unnamed: str, parameter: str) -> None:
        """Begin with none.

        Args:
            function: As one writes it, such as `torch.autograd.backward`.
            unnamed: The expression of a call whose source is unavailable.
            parameter: The name of the function's first parameter.
        """
        super().__init__(function, unnamed)
        self._unnamed_call = f"{function}({unnamed})"
        self._parameter = parameter

    def _named(self, code: CodeType, instruction: int, item: int | None) -> tuple[ast.expr, str] | None:
        call = call_at(code, instruction)
        if call is None:
            return None
        given = next(iter(call.args), None) or next(
            (keyword.value for keyword in call.keywords if keyword.arg == self._parameter), None
        )
        match given:
            case None | ast.Starred():
                return None
            case ast.List(elts=items) | ast.Tuple(elts=items) if not any(isinstance(one, ast.Starred) for one in items):
                # A list of one is that one.
                named = items[item or 0] if item is not None or len(items) == 1 else given
            case ast.GeneratorExp() | ast.ListComp():
                named = given.elt
            case _ if item is not None:
                named = ast.Subscript(given, ast.Constant(item), ast.Load())
            case _:
                named = given
        return named, f"{ast.unparse(call.func)}({shortened(given, in_parentheses=False)})"


def caller(frame: FrameType | None) -> FrameType | None:
    """Return the nearest frame, from this one outwards, that is neither PyTorch's nor the probe's."""
    while frame is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    return frame


def is_outside(code: CodeType) -> bool:
    """Return whether code is neither PyTorch's nor the probe's."""
    return not code.co_filename.startswith(_INSIDE)


def is_pytorchs(frame: FrameType | None) -> bool:
    """Return whether the nearest frame, from this one outwards, that is not the probe's is PyTorch's."""
    while frame is not None and frame.f_code.co_filename.startswith(_PROBE):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_PYTORCH)


def called_on(code: CodeType, instruction: int, method: str) -> str | None:
    """Return the expression whose method is called at an instruction: `loss`, `(a+b)`; at most LONGEST characters.

    `instruction` is a frame's `f_lasti`. None if the source is unavailable or says something else.
    """
    receiver = _receiver(code, instruction, method)
    return None if receiver is None else shortened(receiver)


def argument_of(expression: str, method: str) -> str | None:
    """Return what a method is called with, of an expression that is such a call: `loss`, of `scaler.scale(loss)`.

    None if the expression is something else, or has several arguments.
    """
    with suppress(SyntaxError, ValueError, RecursionError):
        match ast.parse(expression, mode="eval").body:
            case ast.Call(func=ast.Attribute(attr=called), args=[argument], keywords=[]) if called == method:
                return shortened(argument)
            case _:
                pass
    return None


def call_at(code: CodeType, instruction: int) -> ast.Call | None:
    """Return the call that an instruction makes; None if the source is unavailable or says something else."""
    lines = linecache.getlines(code.co_filename)
    _, end_line, _, end_column = _position(code, instruction)
    if end_line is None or not lines:
        return None
    end = end_line, end_column
    return next((node for node in _calls("".join(lines)) if (node.end_lineno, node.end_col_offset) == end), None)


def lines_around(code: CodeType, instruction: int, before: int) -> str:
    """Return the lines of an instruction, and some before it; empty if the source is unavailable."""
    first, last, _, _ = _position(code, instruction)
    if first is None or last is None:
        return ""
    return "".join(linecache.getlines(code.co_filename)[max(first - 1 - before, 0) : last])


def _receiver(code: CodeType, instruction: int, method: str) -> ast.expr | None:
    call = call_at(code, instruction)
    if call is None or not isinstance(call.func, ast.Attribute) or call.func.attr != method:
        return None
    receiver = call.func.value
    return receiver.target if isinstance(receiver, ast.NamedExpr) else receiver


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


def shortened(node: ast.expr, *, in_parentheses: bool = True) -> str:
    """Return an expression in at most LONGEST characters, in parentheses where a method's name could not follow it."""
    text = " ".join(ast.unparse(node).split())
    if in_parentheses and not isinstance(node, _NEEDS_NO_PARENTHESES):
        text = "(" + _SPACED_OPERATOR.sub(r"\1", text) + ")"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
