"""Carrying the probe's dataclasses through Jupyter messages: to JSON inside the kernel, and back outside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PREFIX = "application/vnd.tui-torch."
INSPECTION = f"{PREFIX}inspection+json"
WATCH = f"{PREFIX}watch+json"
PLOT = f"{PREFIX}plot+json"
NOTE = f"{PREFIX}note+json"
TRAINING = f"{PREFIX}training+json"
GRADE = f"{PREFIX}grade+json"
FAILURE = f"{PREFIX}failure+json"
PREPARATION = f"{PREFIX}preparation+json"
EVALUATION = f"{PREFIX}evaluation+json"
LOOK = f"{PREFIX}look+json"
TRACE = f"{PREFIX}trace+json"

COMM_TARGET = "tui_torch"
"""The Jupyter comm by which the session gives the probe its orders."""

_AS_THEY_ARE = {int, str, bool, type(None)}

T = TypeVar("T")


def encode(value: object) -> Any:
    """Turn a dataclass (or tuple, list, dict, scalar) into strict JSON; NaN and infinities become text."""
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case float():
            return value if math.isfinite(value) else str(value)
        case int() | str():
            return value
        case list() | tuple():
            items = cast("Sequence[object]", value)
            # Counts, shapes and names are most of what is sent, and need no call each.
            return [item if type(item) in _AS_THEY_ARE else encode(item) for item in items]
        case dict():
            return {str(key): encode(item) for key, item in cast("dict[object, object]", value).items()}
        case _ if is_dataclass(value):
            told: dict[str, Any] = {}
            for name, default in _fields(type(value)):
                found = getattr(value, name)
                # What `decode` would fill in anyway is most of a summary.
                if found is not default:
                    told[name] = found if type(found) in _AS_THEY_ARE else encode(found)
            return told
        case _:
            raise TypeError(f"cannot send a {type(value).__name__} from the kernel")


@cache
def _fields(cls: type[Any]) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in fields(cls))


def decode(cls: type[T], payload: object) -> T:
    """Build a `cls` from what `encode` made. Raises ValueError when the payload is not one."""
    return _adapter(cls).validate_python(payload)


@cache
def _adapter(cls: type[T]) -> TypeAdapter[T]:
    # pydantic is only needed outside the kernel, and costs 40 ms to import.
    from pydantic import TypeAdapter

    return TypeAdapter(cls)
