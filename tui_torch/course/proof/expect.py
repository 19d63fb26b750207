"""Compares what a lesson expects with what a run gave: printed text, in which `...` matches anything, and values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

RELATIVE_TOLERANCE = 1e-4
"""Of two numbers, relative to the larger."""
ABSOLUTE_TOLERANCE = 1e-6

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""The spelling of numbers that JSON does not have."""
_LONGEST = 120
"""Maximum number of characters of a value in a sentence."""


def output_matches(wanted: str, seen: str) -> bool:
    """Whether printed text matches `wanted`, in which `...` matches any text, also over several lines.

    Whitespace at the ends of lines, and empty lines at the end, are ignored.
    """
    first, *others = _without_trailing_space(wanted).split("...")
    text = _without_trailing_space(seen)
    if not others:
        return text == first
    *middle, last = others
    if not (text.startswith(first) and text.endswith(last)) or len(text) < len(first) + len(last):
        return False
    # Taking the leftmost match of each piece leaves the most text for the next.
    position, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def value_matches(wanted: object, seen: object) -> bool:
    """Whether plain data equals `wanted`: lists and mappings entry by entry, text, bools and None exactly.

    Floats are compared with a relative tolerance of 1e-4 and an absolute one of 1e-6, integers exactly. A bool is not a
    number. NaN equals NaN, and the texts `nan`, `inf` and `-inf` equal those numbers.
    """
    return difference(wanted, seen) == ""


def difference(wanted: object, seen: object) -> str:
    """A sentence about the first difference between plain data and `wanted`; empty if they match."""
    return _difference(wanted, seen, "")


def outside(limits: tuple[float, float], seen: object) -> str:
    """A sentence about the first number of plain data outside the limits, which are allowed; empty if there is none.

    NaN is outside of any; data without numbers, or with something else among them, is said to be that.
    """
    low, high = limits
    numbers = list(_numbers_in(seen, ""))
    if not numbers:
        return f"expected numbers from {low:g} to {high:g}, saw none: {_shown(seen)}"
    for place, value in numbers:
        number = _number(value)
        if number is None:
            return f"{_at(place)}expected a number from {low:g} to {high:g}, saw {_shown(value)}"
        if not low <= number <= high:
            return f"{_at(place)}expected {low:g} to {high:g}, saw {_shown(value)}"
    return ""


def _numbers_in(seen: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(seen, list | tuple):
        for index, item in enumerate(cast("Sequence[object]", seen)):
            yield from _numbers_in(item, f"{place}[{index}]")
    else:
        yield place, seen


def _difference(wanted: object, seen: object, place: str) -> str:
    match wanted, seen:
        case (list() | tuple(), list() | tuple()):
            return _sequence_difference(cast("Sequence[object]", wanted), cast("Sequence[object]", seen), place)
        case (dict(), dict()):
            return _mapping_difference(
                cast("Mapping[object, object]", wanted), cast("Mapping[object, object]", seen), place
            )
        case _ if _same(wanted, seen):
            return ""
        case _:
            return f"{_at(place)}expected {_shown(wanted)}, saw {_shown(seen)}"


def _sequence_difference(wanted: Sequence[object], seen: Sequence[object], place: str) -> str:
    if len(wanted) != len(seen):
        entries = "entry" if len(wanted) == 1 else "entries"
        return f"{_at(place)}expected {len(wanted)} {entries}, saw {len(seen)}: {_shown(seen)}"
    inner = (_difference(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(wanted, seen, strict=True)))
    return next(filter(None, inner), "")


def _mapping_difference(wanted: Mapping[object, object], seen: Mapping[object, object], place: str) -> str:
    if wanted.keys() != seen.keys():
        return f"{_at(place)}expected the keys {_shown(list(wanted))}, saw {_shown(list(seen))}"
    inner = (_difference(value, seen[key], f"{place}[{key!r}]") for key, value in wanted.items())
    return next(filter(None, inner), "")


def _same(wanted: object, seen: object) -> bool:
    if isinstance(wanted, str) and isinstance(seen, str):
        return wanted == seen
    numbers = _number(wanted), _number(seen)
    match numbers:
        case (int(), int()):
            return numbers[0] == numbers[1]
        case (int() | float() as one, int() | float() as other):
            return _close(one, other)
        case _:
            return type(wanted) is type(seen) and wanted == seen


def _number(value: object) -> int | float | None:
    if isinstance(value, str):
        return _NOT_FINITE.get(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _close(one: float, other: float) -> bool:
    try:
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    except OverflowError:
        # An integer that is too large for a float is close to no float.
        return False


def _without_trailing_space(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")


def _at(place: str) -> str:
    return f"at {place}: " if place else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
