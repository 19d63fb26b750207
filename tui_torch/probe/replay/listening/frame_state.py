"""What a frame of the learner's code is doing, read from CPython's bytecode."""

from __future__ import annotations

import dis
import inspect
from types import CodeType, FrameType
from typing import Literal

WayOfLeaving = Literal["returns", "yields", "waits"]
"""How a function is left, if by no exception: a coroutine that awaits "waits"."""

_RESUME = dis.opmap["RESUME"]
_CACHE = dis.opmap["CACHE"]
_ITERATING = {"FOR_ITER", "END_FOR", "SEND", "END_SEND"}
"""The instructions that end an iteration, or at which Python says since 3.12 that it has ended."""


def begins(frame: FrameType) -> bool:
    """Return whether a frame is entered for the first time, and is not a generator's that goes on."""
    code = frame.f_code.co_code
    # The first one stands where the arguments are in place, another one where a generator goes on.
    return frame.f_lasti <= next((at for at in range(0, len(code), 2) if code[at] == _RESUME), 0)


def way_of_leaving(frame: FrameType) -> WayOfLeaving | None:
    """Return how a function is left; None if an exception leaves it."""
    match _operation(frame):
        case "RETURN_VALUE" | "RETURN_CONST":
            return "returns"
        case "YIELD_VALUE" | "RESUME":  # the latter is where Python 3.13 will go on
            return way_of_yielding(frame.f_code)
        case _:
            return None


def way_of_yielding(code: CodeType) -> WayOfLeaving:
    """Return how code is left where it yields."""
    return "waits" if code.co_flags & inspect.CO_COROUTINE else "yields"


def ends_an_iteration(frame: FrameType, error: BaseException) -> bool:
    """Return whether an exception only says that an iteration is over, as in the line of a `for` loop."""
    if isinstance(error, GeneratorExit):
        return True
    return goes_on_after(frame, error) or (
        isinstance(error, (StopIteration, StopAsyncIteration)) and frame.f_code.co_name in ("__next__", "__anext__")
    )


def goes_on_after(frame: FrameType, error: object) -> bool:
    """Return whether an exception only ends a loop, or another iteration, of a frame that goes on."""
    return isinstance(error, (StopIteration, StopAsyncIteration)) and _operation(frame) in _ITERATING


def line_numbers(code: CodeType) -> dict[int, int | None]:
    """Return the line of each instruction by its offset in bytes; None for what the compiler added."""
    return {offset: line for first, end, line in code.co_lines() for offset in range(first, end, 2)}


def _operation(frame: FrameType) -> str:
    """Return the name of the instruction at which a frame is; empty before the first one."""
    code, last = frame.f_code.co_code, frame.f_lasti
    while last > 0 and code[last] == _CACHE:  # within the instruction, where another frame runs for it
        last -= 2
    return dis.opname[code[last]] if last >= 0 else ""
