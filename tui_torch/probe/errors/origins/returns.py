"""What a function of the learner's returns, read from its code without running it."""

from __future__ import annotations

import dis
import os
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any, Literal

import torch

from tui_torch.probe.errors.names import MISSING

_MRO = type.__dict__["__mro__"]
_LIBRARY = str(Path(os.__file__).parent)
_GENERATOR = 0x20 | 0x80 | 0x200
"""The flags of generators and coroutines, which return an object whatever they hold."""


def returns(code: CodeType) -> Literal["a value", "nothing", "a value or nothing"]:
    """Say whether a function returns a value: always, never, or on some of the ways through it."""
    if code.co_flags & _GENERATOR:
        return "a value"
    kinds: set[bool] = set()
    before = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RETURN_CONST":
            kinds.add(instruction.argval is not None)
        elif instruction.opname == "RETURN_VALUE":
            is_none = before is not None and before.opname == "LOAD_CONST" and before.argval is None
            kinds.add(not is_none)
        before = instruction
    if kinds == {False}:
        return "nothing"
    return "a value or nothing" if False in kinds else "a value"


def function_called(callee: Any) -> FunctionType | None:
    """Return the Python function that a call of an object runs: a module's `forward`; None if it is no such function.

    Args:
        callee: A function, a bound method or a module; nothing of it is called.
    """
    cls = type(callee)
    if cls is FunctionType:
        return callee
    if cls is MethodType:
        return callee.__func__ if type(callee.__func__) is FunctionType else None
    if callee is not MISSING and issubclass(cls, torch.nn.Module):
        return function_of_class(cls, "forward")
    return None


def function_of_class(cls: type, name: str) -> FunctionType | None:
    """Return the plain function that a class or a parent of it holds under a name."""
    for parent in _MRO.__get__(cls):
        namespace = type.__dict__["__dict__"].__get__(parent)
        if name in namespace:
            found = namespace[name]
            return found if type(found) is FunctionType else None
    return None


def is_learners(function: FunctionType) -> bool:
    """Return whether a function was written by the learner: it is in no package and not in Python's own library."""
    filename = function.__code__.co_filename
    return "site-packages" not in filename and not filename.startswith(_LIBRARY)
