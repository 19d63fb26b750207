"""What a frame of the learner's code is doing, read from CPython's bytecode."""

from __future__ import annotations

import dis
import inspect
from types import FrameType
from typing import Literal

_RESUME = dis.opmap["RESUME"]


def begins(frame: FrameType) -> bool:
    """Return whether a frame is entered for the first time, and is not a generator's that goes on."""
    code, last = frame.f_code.co_code, frame.f_lasti
    return last < 0 or code[last] != _RESUME or code[last + 1] & 3 == 0


def way_of_leaving(frame: FrameType) -> Literal["returns", "yields", "waits"] | None:
    """Return how a function is left: a coroutine that awaits "waits". None if an exception leaves it."""
    match _operation(frame):
        case "RETURN_VALUE" | "RETURN_CONST":
            return "returns"
        case "YIELD_VALUE":
            return "waits" if frame.f_code.co_flags & inspect.CO_COROUTINE else "yields"
        case _:
            return None


def ends_an_iteration(frame: FrameType, error: BaseException) -> bool:
    """Return whether an exception only says that an iteration is over, as in the line of a `for` loop."""
    if isinstance(error, GeneratorExit):
        return True
    if not isinstance(error, (StopIteration, StopAsyncIteration)):
        return False
    return frame.f_code.co_name in ("__next__", "__anext__") or _operation(frame) in ("FOR_ITER", "SEND")


def _operation(frame: FrameType) -> str:
    """Return the name of the instruction at which a frame is; empty before the first one."""
    code = frame.f_code.co_code
    return dis.opname[code[frame.f_lasti]] if frame.f_lasti >= 0 else ""
