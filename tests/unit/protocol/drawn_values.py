"""Values of type hints, drawn at random: as various as strategies of Hypothesis, and hundreds of times as quick."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from random import Random
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

FLOATS = (0.0, -0.0, 1.0, -1.5, 0.1, math.pi, 5e-324, 1e-310, 1.7976931348623157e308, math.nan, math.inf, -math.inf)
INTEGERS = (0, 1, -1, 2, 127, 255, -(2**31), 2**32, 2**53 - 1, -(2**53), 2**53)
CHARACTERS = "ab0 .\"'\\/\n\r\t\0\x1b\x7f\x85é×·宽\u0301\u2028\u202e\ufeff\uffff🔥\U0010ffff"


@cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


class DrawnValues:
    """Draws as a process may send them: the same values from the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def by_chance(self) -> bool:
        return self._random.random() < 0.5

    def one_of(self, those: Sequence[T]) -> T:
        return self._random.choice(those)

    def of(self, hint: Any, depth: int = 0) -> Any:
        """One of a type hint; `object` is whatever JSON has. `depth`: number of objects that it lies in."""
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Literal:
            return self.one_of(arguments)
        if origin is tuple and arguments[-1:] == (...,):
            return tuple(self.of(arguments[0], depth) for _ in range(self._few()))
        if origin is tuple:
            return tuple(self.of(argument, depth) for argument in arguments)
        if origin in (UnionType, Union):
            return self._of_any(arguments, depth)
        if is_dataclass(hint) and isinstance(hint, type):
            return hint(**{name: self.of(inner, depth + 1) for name, inner in _hints(hint).items()})
        return self._scalar(hint)

    def _of_any(self, hints: tuple[Any, ...], depth: int) -> Any:
        # A class that holds itself ends somewhere.
        drawn = self.of(self.one_of([hint for hint in hints if not (is_dataclass(hint) and depth > 2)]), depth)
        if float in hints and str in hints and isinstance(drawn, float) and not math.isfinite(drawn):
            return str(drawn)  # a field that takes texts has NaN and infinities as text
        return drawn

    def _scalar(self, hint: Any) -> Any:
        match hint:
            case _ if hint is int:
                # A double holds the integers up to here, and a series of points is sent as doubles.
                return self.one_of(INTEGERS) if self.by_chance() else self._random.randint(-(2**53), 2**53)
            case _ if hint is float:
                return self.one_of(FLOATS) if self.by_chance() else struct.unpack("d", self._random.randbytes(8))[0]
            case _ if hint is str:
                return "".join(self._character() for _ in range(self._few() + self._few()))
            case _ if hint is bytes:
                return self._random.randbytes(self._few() + self._few())
            case _ if hint is bool:
                return self.by_chance()
            case _ if hint is type(None):
                return None
            case _ if hint is object:
                return self._json()
        raise TypeError(f"no values of {hint!r} are drawn")

    def _json(self, depth: int = 0) -> Any:
        kind = self._random.randrange(7 if depth < 3 else 5)
        match kind:
            case 5:
                return [self._json(depth + 1) for _ in range(self._few())]
            case 6:
                return {self.of(str): self._json(depth + 1) for _ in range(self._few())}
            case _:
                drawn = self.of((type(None), bool, int, float, str)[kind])
                return drawn if not isinstance(drawn, float) or math.isfinite(drawn) else 0.5

    def _character(self) -> str:
        if self.by_chance():
            return self.one_of(CHARACTERS)
        code = self._random.randrange(0x110000 - 0x800)
        return chr(code if code < 0xD800 else code + 0x800)  # no half of a pair: UTF-8 has none

    def _few(self) -> int:
        return self._random.randrange(4)
