"""Carrying the probe's dataclasses through Jupyter messages: to JSON inside the kernel, and back outside it."""

from __future__ import annotations

import base64
import math
import sys
from array import array
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tui_torch.protocol.events import SeriesPoints, TrainingProgress

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

_FEW = 50
"""So many points of a series are sent as numbers that a person can read."""
_first, _second = itemgetter(0), itemgetter(1)


def encode(value: object) -> Any:
    """Turn a dataclass (or tuple, list, dict, scalar) into strict JSON; NaN and infinities become text."""
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case float():
            return value if math.isfinite(value) else str(value)
        case int() | str():
            return value
        case tuple() if _are_finite_pairs(cast("tuple[object, ...]", value)):
            return cast("tuple[object, ...]", value)
        case list() | tuple():
            items = cast("Sequence[object]", value)
            # Counts, shapes and names are most of what is sent, and need no call each.
            return [item if type(item) in _AS_THEY_ARE else encode(item) for item in items]
        case dict():
            return {str(key): encode(item) for key, item in cast("dict[object, object]", value).items()}
        case SeriesPoints(name, kind, points) if len(points) > _FEW:
            return {"name": name, "kind": kind, "points": _packed(points)}
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


def _are_finite_pairs(items: tuple[object, ...]) -> bool:
    """Whether these are (number, number) pairs that JSON takes as they are: the points of a plot."""
    if not items or type(items[0]) is not tuple:
        return False
    pairs = cast("tuple[tuple[float, float], ...]", items)
    try:
        return math.isfinite(sum(map(_first, pairs)) + sum(map(_second, pairs))) and len(pairs[0]) == 2
    except (TypeError, IndexError, OverflowError):
        return False


def _packed(points: tuple[tuple[int, float], ...]) -> str:
    """Points as text, in a tenth of the time that their numbers take: there may be 20,000 a second, told from inside a
    loop that is to be as fast as it was. Base64 of little-endian doubles, step and value in turn."""
    numbers = array("d", chain.from_iterable(points))
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers).decode("ascii")


def _unpacked(payload: object) -> object:
    """A TrainingProgress's payload with the points of its series as pairs. Raises ValueError for what is no base64."""
    if not isinstance(payload, dict) or "series" not in payload:
        return cast("object", payload)
    told = cast("dict[str, Any]", payload)
    return {**told, "series": [_with_pairs(series) for series in told["series"]]}


def _with_pairs(series: dict[str, Any]) -> dict[str, Any]:
    packed = series.get("points")
    if not isinstance(packed, str):
        return series
    numbers = array("d")
    numbers.frombytes(base64.b64decode(packed, validate=True))
    if sys.byteorder == "big":
        numbers.byteswap()
    return {**series, "points": list(zip(map(int, numbers[::2]), numbers[1::2], strict=True))}


@cache
def _fields(cls: type[Any]) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in fields(cls))


def decode(cls: type[T], payload: object) -> T:
    """Build a `cls` from what `encode` made. Raises ValueError when the payload is not one."""
    if cls is TrainingProgress:
        payload = _unpacked(payload)
    return _adapter(cls).validate_python(payload)


@cache
def _adapter(cls: type[T]) -> TypeAdapter[T]:
    # pydantic is only needed outside the kernel, and costs 40 ms to import.
    from pydantic import TypeAdapter

    return TypeAdapter(cls)
