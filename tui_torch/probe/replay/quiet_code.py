"""Stretches of a line's bytecode around a `backward()` that change nothing that can be seen.

What was looked at before such a stretch still holds after it: nothing but loading names and dropping a result happens
in it. Another thread or the garbage collector may still change a value; that is seen at the look after the next.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TypeVar

T = TypeVar("T")

_LOADING = frozenset(
    {
        "CACHE",
        "EXTENDED_ARG",
        "KW_NAMES",
        "LOAD_CONST",
        "LOAD_DEREF",
        "LOAD_FAST",
        "LOAD_FAST_CHECK",
        "LOAD_GLOBAL",
        "LOAD_NAME",
        "NOP",
        "PRECALL",
        "PUSH_NULL",
        "RESUME",
    }
)
"""Instructions that run no code of the learner's, where names are looked up in dicts of Python's own."""
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_CALLS = frozenset({"CALL", "CALL_KW"})
_KNOWN = 500
"""Maximum number of answers that are remembered."""


def _remembered(ask: Callable[..., T]) -> Callable[..., T]:
    """Remember what is found out about code, by its id: to hash code itself takes microseconds."""
    known: dict[tuple[int, ...], tuple[CodeType, T]] = {}

    def answer(code: CodeType, *offsets: int) -> T:
        key = id(code), *offsets
        found = known.get(key)
        if found is None:
            if len(known) >= _KNOWN:
                known.clear()
            found = known[key] = code, ask(code, *offsets)  # the code is held, so that no other one gets its id
        return found[1]

    return answer


def only_calls_method(frame: FrameType, start: int) -> bool:
    """Whether a frame has done nothing since the instruction at `start` but load names and call a method of one.

    The method is the one that it is in. That to look it up runs no code of the learner's is the caller's to know.
    """
    if type(frame.f_globals) is not dict or type(frame.f_builtins) is not dict:
        return False
    return _is_plain_call(frame.f_code, start, frame.f_lasti)


def only_dropped_result(code: CodeType, call: int, now: int) -> bool:
    """Whether a code that comes to the instruction at `now` has only dropped what the call at `call` has returned."""
    return _after_dropping(code, call) == now


@_remembered
def _is_plain_call(code: CodeType, start: int, call: int) -> bool:
    between = [one for one in dis.get_instructions(code) if start <= one.offset <= call]
    # While the method runs, the frame is at the call or within the cache that belongs to it.
    if not between or between[0].offset != start or between[-1].opname not in _CALLS:
        return False
    names = [one.opname for one in between[:-1]]
    # The name that has the method may be one of a mapping of the learner's, in a class body for one.
    has_plain_names = "LOAD_NAME" not in names or code.co_name == "<module>"
    return (
        has_plain_names
        and sum(name in _ATTRIBUTES for name in names) == 1
        and _LOADING.issuperset(name for name in names if name not in _ATTRIBUTES)
    )


@_remembered
def _after_dropping(code: CodeType, call: int) -> int | None:
    """The instruction after a call and the POP_TOP that follows it; None if another one follows."""
    found = list(dis.get_instructions(code))
    at = sum(one.offset <= call for one in found) - 1
    if at < 0 or at + 2 >= len(found) or found[at].opname not in _CALLS or found[at + 1].opname != "POP_TOP":
        return None
    return found[at + 2].offset
