"""The names of a kernel in which PyTorch has not been imported: what they are, and the values of plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from tui_torch.protocol.events import Inspection, Summary

NAMES = 500
"""Maximum number of names that are described."""
TEXT = 200
"""Maximum number of characters of a value."""

_IPYTHON = {"In", "Out", "exit", "quit", "get_ipython", "open"}
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_SIZED = (list, tuple, dict, set, frozenset)
_LEFT_OUT = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
_INT_BITS = 1000
"""Bits of the largest integer that is written out."""


def plain_inspection(namespace: Mapping[str, object]) -> Inspection:
    """The names that are the user's, without running any of their code."""
    found = users_names(namespace)
    return Inspection((), tuple(summary_of(*one) for one in found[:NAMES]), max(0, len(found) - NAMES))


def users_names(namespace: Mapping[str, object]) -> list[tuple[str, object]]:
    """The names that are the user's, with their values, without functions, classes and modules."""
    return [
        (name, value)
        for name, value in tuple(namespace.items())
        if type(name) is str and name[:1] != "_" and name not in _IPYTHON and not issubclass(type(value), _LEFT_OUT)
    ]


def summary_of(name: str, value: object) -> Summary:
    """A value by its class; one of Python's own with its text, or how much it holds."""
    cls = type(value)
    text = ""
    if cls is str or cls is bytes:
        text = repr(value[:TEXT])  # type: ignore[index]
    elif cls is int and value.bit_length() > _INT_BITS:  # type: ignore[attr-defined]
        text = "a large integer"
    elif cls in _PLAIN:
        text = repr(value)
    elif cls in _SIZED:
        count = len(value)  # type: ignore[arg-type]
        text = f"{count} item{'' if count == 1 else 's'}"
    text = text.encode("utf-8", "replace").decode()
    return Summary(name, "value", cls.__name__, text=text if len(text) <= TEXT else text[: TEXT - 1] + "…")
