"""What the elements of a drawn tensor can be, the simplest first, and drawing as many of them as it has.

Hypothesis makes the numbers that it draws smaller when it shrinks. Each stands for the place of a value: so what it
shrinks becomes a small tensor of zeros and whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

VALUES = 200
"""Maximum number of different floats that a tensor's elements are drawn from, special ones not counted."""
_BYTE = 256
_SPECIAL = 20
"""A special value comes about as often as one element in that many."""


class WholeNumbers(Sequence[int]):
    """The whole numbers from one to another, those nearest to 0 first, and then special ones. None is kept."""

    def __init__(self, low: int, high: int, special: Sequence[int], *, is_distinct: bool) -> None:
        self._low, self._high = low, high
        self._special = tuple(value for value in dict.fromkeys(special) if not (is_distinct and low <= value <= high))
        self._count = max(0, high - low + 1)
        self._each = 1 if is_distinct else max(1, self._count // _SPECIAL)

    def __len__(self) -> int:
        return self._count + self._each * len(self._special)

    def __getitem__(self, place: Any) -> Any:
        if place >= self._count:
            return self._special[(place - self._count) // self._each]
        if self._low >= 0:
            return self._low + place
        if self._high <= 0:
            return self._high - place
        nearer = min(-self._low, self._high)
        if place <= 2 * nearer:
            return (place + 1) // 2 if place % 2 else -(place // 2)
        return place - nearer if self._high > nearer else nearer - place


@lru_cache(maxsize=64)
def floats(low: float, high: float, special: tuple[float, ...], *, is_distinct: bool) -> Sequence[float]:
    """The floats from one to another: 0, whole numbers, halves, quarters, and then special values."""
    step = 1.0
    while high > low and (high - low) / step < VALUES / 4:
        step /= 2
    while (high - low) / step > VALUES:
        step *= 2
    first, last = math.ceil(low / step), math.floor(high / step)
    numbers = {place * step for place in range(first, last + 1)} | {low, high}
    ordered = sorted(numbers, key=lambda number: (_denominator(number), abs(number), number < 0))
    if is_distinct:
        return tuple(dict.fromkeys((*ordered, *special)))[:_BYTE]
    return (*ordered, *(value for value in special for _ in range(max(1, len(ordered) // _SPECIAL))))[:_BYTE]


def _denominator(number: float) -> int:
    return 0 if number == int(number) else number.as_integer_ratio()[1]


def drawn_elements(draw: Any, count: int, values: Sequence[Any], *, is_distinct: bool) -> list[Any]:
    """Draw that many values; of distinct ones, at most as many as there are."""
    from hypothesis.strategies import binary, integers, lists

    if len(values) <= _BYTE:
        # One draw for all, which is far quicker than one for each.
        places = [byte % len(values) for byte in draw(binary(min_size=count, max_size=count))]
    else:
        places = draw(lists(integers(0, len(values) - 1), min_size=count, max_size=count))
    return [values[place] for place in (_apart(places, len(values)) if is_distinct else places)]


def _apart(places: Sequence[int], count: int) -> list[int]:
    """The places, each moved on to the next that is not taken."""
    taken: set[int] = set()
    found: list[int] = []
    for place in places:
        free = next(at % count for at in _from(place) if at % count not in taken)
        taken.add(free)
        found.append(free)
    return found


def _from(place: int) -> Iterator[int]:
    while True:
        yield place
        place += 1
