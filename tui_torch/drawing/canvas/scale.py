"""Axes: where values fall on a chart's rows and columns, and which round numbers are written there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tui_torch.protocol.late_dataclass import dataclass

LARGEST = 1e300
"""Larger values are drawn at the edge: their differences would overflow."""

SMALLEST = 1e-300
"""Smaller values are drawn at the edge of a logarithmic axis: floats lose digits below."""

FINEST = 40
"""How many times as many numbers are tried at most, for a logarithmic axis to have two."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A round number on an axis."""

    at: int
    """The row from the top, or the column from the left."""
    label: str


@dataclass(frozen=True, slots=True)
class RowScale:
    """A vertical axis: `top` is the value at the upper edge of row 0, and each row spans `per_row`."""

    top: float
    """In the unit of the values; on a logarithmic axis their base-10 logarithm."""
    per_row: float
    rows: int
    ticks: tuple[Tick, ...]
    log: bool = False
    below: bool = False
    """Whether the last row of a logarithmic axis holds values of 0 and less."""

    def place(self, value: float) -> float:
        """The distance of a finite value from the upper edge, in rows; values off the scale are put on its edge."""
        rows = self.rows - self.below
        if self.log:
            if value <= 0:
                return self.rows - 0.5
            value = math.log10(value)
        return min(max((self.top - value) / self.per_row, 0.0), rows - 1e-6)


def linear_scale(low: float, high: float, rows: int) -> RowScale:
    """Fit the values from `low` to `high` on `rows` rows; numbered rows have their number at the centre."""
    low, high = drawable(low, high)
    ideal = max(1.5, rows / 6)
    grids = [
        _fit(low, high, rows, rows_per_tick)
        for rows_per_tick in range(1 if rows <= 5 else 2, max(3, min(8, rows // 2)) + 1)
    ]

    def waste(grid: _TickGrid) -> float:
        crowding = 1 + 0.1 * abs(math.log2(grid.rows_per_tick / ideal))
        return grid.per_row * crowding * (1 if len(grid.numbered) > 1 else 2)

    grid = min(grids, key=waste)
    top = grid.bottom + rows - 1
    labels = grid.step.labels([row // grid.rows_per_tick for row in grid.numbered])
    ticks = tuple(Tick(top - row, label) for row, label in zip(grid.numbered, labels, strict=True))
    return RowScale(top=(top + 0.5) * grid.per_row, per_row=grid.per_row, rows=rows, ticks=ticks)


def exact_scale(low: float, high: float, rows: int) -> RowScale:
    """Spread the values from `low` to `high`, which differ, over exactly `rows` rows."""
    per_row = (high - low) / rows
    for step in _round_steps(per_row * (1 if rows <= 5 else 2)):
        multiples = range(math.ceil(low / step.value - 1e-9), math.floor(high / step.value + 1e-9) + 1)
        labels = step.labels(multiples)
        rows_from_top = [(high - multiple * step.value) / per_row for multiple in multiples]
        ticks = [Tick(min(max(int(row), 0), rows - 1), label) for row, label in zip(rows_from_top, labels, strict=True)]
        if all(upper.at < lower.at for lower, upper in itertools.pairwise(ticks)):
            return RowScale(top=high, per_row=per_row, rows=rows, ticks=tuple(reversed(ticks)))
    raise AssertionError("round steps have no end")


def log_scale(low: float, high: float, rows: int, *, below: str = "") -> RowScale:
    """Fit the values from `low` to `high` on `rows` rows, powers of ten at the centres of their rows.

    Args:
        low: The smallest value above 0.
        high: The largest value.
        rows: The number of rows.
        below: The label of a last row for values of 0 and less; empty for no such row.

    Raises:
        ValueError: If `low` is not positive, or above `high`.
    """
    if not 0 < low <= high:
        raise ValueError(f"a logarithmic axis needs positive losses, and got {low} to {high}")
    upper = rows - bool(below)
    least, most = (math.log10(min(max(bound, SMALLEST), LARGEST)) for bound in (low, high))
    if most - least < 1e-3:
        middle, room = (least + most) / 2, 5e-4 if least < most else 0.15
        least, most = middle - room, middle + room
    decades, rows_per_tick = _fit_decades(least, most, upper)
    per_row = decades / rows_per_tick
    bottom, needed = _rows_needed(least, most, per_row)
    bottom -= (upper - needed) // 2
    top = bottom + upper - 1
    scale = RowScale((top + 0.5) * per_row, per_row, rows, (), log=True, below=bool(below))

    floor, ceiling = _power(scale.top - upper * per_row), _power(scale.top)
    if decades == 1 and rows_per_tick >= 6:
        powers = range(math.floor(scale.top - upper * per_row), math.ceil(scale.top))
        mantissas = (1, 2, 5) if rows_per_tick < 20 else (1, 2, 3, 5)
        marks = [_Round(mantissa, power) for power in powers for mantissa in mantissas]
        values = [(mark.value, f"{mark.value:g}") for mark in marks if floor <= mark.value <= ceiling]
    else:
        exponents = [row // rows_per_tick * decades for row in range(bottom, top + 1) if row % rows_per_tick == 0]
        values = [(_power(exponent), f"{_power(exponent):g}") for exponent in exponents if -323 <= exponent <= 308]
    if len(values) < 3 and rows_per_tick > upper:
        values = _linear_marks(floor, ceiling, upper)
    ticks = _ticks(scale, values, 2)
    if len(ticks) < 2:
        # One number alone says nothing of a logarithmic axis: finer ones, until there are two.
        finer = (_ticks(scale, marks, 1 if upper <= 5 else 2) for marks in _finer_marks(floor, ceiling, upper))
        ticks = next((found for found in finer if len(found) > 1), ticks)
    if below:
        ticks.append(Tick(rows - 1, below))
    return replace(scale, ticks=tuple(ticks))


def _ticks(scale: RowScale, values: Sequence[tuple[float, str]], gap: int) -> list[Tick]:
    """The marks that leave `gap` rows from one to the next, from the top."""
    ticks: list[Tick] = []
    for value, label in reversed(values):
        row = int(scale.place(value))
        if not ticks or row - ticks[-1].at >= gap:
            ticks.append(Tick(row, label))
    return ticks


def _finer_marks(floor: float, ceiling: float, rows: int) -> Iterator[list[tuple[float, str]]]:
    """Round values within bounds, more and more of them: powers of ten, these times 1, 2 and 5, and linear steps."""
    powers = range(math.floor(math.log10(floor)), math.ceil(math.log10(ceiling)) + 1)
    for mantissas in ((1,), (1, 2, 5)):
        marks = [_Round(mantissa, power) for power in powers for mantissa in mantissas]
        yield [(mark.value, f"{mark.value:g}") for mark in marks if floor <= mark.value <= ceiling]
    for part in range(1, FINEST):
        yield _linear_marks(floor, ceiling, rows * part)


def column_ticks(low: float, high: float, columns: int) -> list[Tick]:
    """Round numbers on an axis from `low` in its first column to `high` in its last, as dense as their labels allow.

    Needs finite bounds, `low` less than `high`.
    """
    for step in _round_steps((high - low) / columns * 4):
        multiples = range(math.ceil(low / step.value - 1e-9), math.floor(high / step.value + 1e-9) + 1)
        labels = step.labels(multiples)
        longest = max(map(len, labels), default=0)
        if step.value / (high - low) * (columns - 1) >= longest + 2 or len(labels) < 2:
            places = [(multiple * step.value - low) / (high - low) * (columns - 1) for multiple in multiples]
            return [Tick(round(place), label) for place, label in zip(places, labels, strict=True)]
    raise AssertionError("round steps have no end")


def log_column_ticks(low: float, high: float, columns: int) -> list[Tick]:
    """Round numbers on a logarithmic axis from 10 ** `low` to 10 ** `high`, as dense as their labels allow."""
    powers = range(math.floor(low) - 1, math.ceil(high) + 1)
    best: list[Tick] = []
    finest = (1, 2, 3, 4, 5, 6, 7, 8, 9) if high - low < 1 else (1, 2, 5)
    ones = (1,)
    denser = ((finest, 1), ((1, 2, 5), 1))
    for mantissas, every in (*denser, *((ones, every) for every in (1, 2, 3, 5, 10, 20, 50, 100))):
        marks = [_Round(mantissa, power) for power in powers if power % every == 0 for mantissa in mantissas]
        within = [mark for mark in marks if low - 1e-9 <= mark.log10 <= high + 1e-9]
        ticks = [Tick(round((mark.log10 - low) / (high - low) * (columns - 1)), mark.label) for mark in within]
        best = best or ticks
        if all(right.at - left.at > len(left.label) for left, right in itertools.pairwise(ticks)):
            return ticks
    return best


def spaced(
    place: Callable[[int], Sequence[tuple[int, int]]], strides: Iterator[int], gap: int
) -> list[tuple[int, int]]:
    """The (number, column) pairs of `place` for the first stride that leaves `gap` columns between neighbours."""
    for stride in strides:
        marks = place(stride)
        if all(right[1] - left[1] >= gap for left, right in itertools.pairwise(marks)):
            return list(marks)
    return []


def round_counts(least: float) -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, … from `least` up."""
    for power in itertools.count():
        for mantissa in (1, 2, 5):
            if mantissa * 10**power >= least:
                yield mantissa * 10**power


def count_label(number: int) -> str:
    """A round step or epoch as an axis label: 5000, 20k, 1.5M."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= 10_000 and number >= unit and number * 1000 % unit == 0:
            return f"{number / unit:.10g}{letter}"
    return str(number)


@dataclass(frozen=True, slots=True)
class _Round:
    """A digit times a power of ten, kept apart so that its multiples have exact labels."""

    mantissa: int
    power: int

    @property
    def value(self) -> float:
        return self.mantissa * 10.0**self.power

    @property
    def label(self) -> str:
        """Its value, also where that is too large or too small for a number, as at the end of an axis."""
        return f"{self.value:g}" if abs(self.power) < 300 else f"{self.mantissa}e{self.power:+}"

    @property
    def log10(self) -> float:
        return math.log10(self.mantissa) + self.power

    def labels(self, multiples: Sequence[int]) -> list[str]:
        """The labels of its multiples, with the same number of decimals; with exponents if plain numbers are long."""
        values = [multiple * self.mantissa * 10.0**self.power for multiple in multiples]
        largest = max((abs(value) for value in values), default=0.0)
        decimals = max(0, -self.power)
        if decimals <= 6 and largest < 1e6:
            plain = [f"{value:.{decimals}f}" for value in values]
            if max(map(len, plain), default=0) <= 8:
                return plain
        digits = max(0, math.floor(math.log10(largest)) - self.power) if largest else 0
        return [f"{value:.{digits}e}" if value else "0" for value in values]


def _round_steps(least: float) -> Iterator[_Round]:
    power = math.floor(math.log10(least)) if least > 0 else -300
    for exponent in itertools.count(power):
        for mantissa in (1, 2, 5):
            if mantissa * 10.0**exponent >= least * (1 - 1e-9):
                yield _Round(mantissa, exponent)


@dataclass(frozen=True, slots=True)
class _TickGrid:
    """Rows whose centres are multiples of `per_row`, counted upwards from zero."""

    step: _Round
    rows_per_tick: int
    bottom: int
    rows: int

    @property
    def per_row(self) -> float:
        return self.step.value / self.rows_per_tick

    @property
    def numbered(self) -> range:
        """The numbered rows."""
        first = -(-self.bottom // self.rows_per_tick) * self.rows_per_tick
        return range(first, self.bottom + self.rows, self.rows_per_tick)


def drawable(low: float, high: float) -> tuple[float, float]:
    """Bounds that an axis can divide: around the given ones if these are equal, or too close."""
    low, high = max(low, -LARGEST), min(high, LARGEST)
    largest = max(abs(low), abs(high))
    if low == high:
        room = max(largest / 2, 1e-290) if largest else 0.5
        return low - room, high + room
    # A closer look than the digits of a loss allow would show rounding noise.
    least = max(largest * 1e-4, 1e-290)
    if high - low < least:
        middle = low + (high - low) / 2
        return middle - least / 2, middle + least / 2
    return low, high


def _fit(low: float, high: float, rows: int, rows_per_tick: int) -> _TickGrid:
    """The finest grid with a number on every `rows_per_tick`-th row that holds the values."""
    for step in _round_steps((high - low) / rows * rows_per_tick):
        bottom, needed = _rows_needed(low, high, step.value / rows_per_tick)
        if needed <= rows:
            return _shifted(_TickGrid(step, rows_per_tick, bottom, rows), rows - needed)
    raise AssertionError("round steps have no end")


def _shifted(grid: _TickGrid, spare: int) -> _TickGrid:
    """The grid moved down by some of its spare rows, which are above the values."""
    if 0 <= grid.bottom <= spare:
        # Zero is near, so that the axis shows it.
        return replace(grid, bottom=0)
    # The values in the middle, unless moving by a few rows shows a second number.
    middle = grid.bottom - spare // 2
    moved = [replace(grid, bottom=grid.bottom - below) for below in range(spare + 1)]
    return min(moved, key=lambda grid: (len(grid.numbered) < 2, abs(grid.bottom - middle)))


def _rows_needed(low: float, high: float, per_row: float) -> tuple[int, int]:
    """The lowest row with a value, and the number of rows needed; row centres are multiples of `per_row`."""
    bottom = math.floor(low / per_row + 0.5)
    top = math.ceil(high / per_row - 0.5)
    return bottom, max(top, bottom) - bottom + 1


def _fit_decades(least: float, most: float, rows: int) -> tuple[int, int]:
    """(decades, rows) between two numbers: the most rows on which the values fit."""
    for decades in round_counts(1):
        rows_per_tick = int(rows * decades / (most - least))
        while rows_per_tick >= min(rows, 2):
            if _rows_needed(least, most, decades / rows_per_tick)[1] <= rows:
                return decades, rows_per_tick
            rows_per_tick -= max(1, rows_per_tick // 100)
    raise AssertionError("round counts have no end")


def _power(exponent: float) -> float:
    """Ten to the power of `exponent`, limited to the range of a float."""
    return 10.0 ** min(max(exponent, -323.0), 308.0)


def _linear_marks(floor: float, ceiling: float, rows: int) -> list[tuple[float, str]]:
    """Round values a few rows apart, for a logarithmic axis too short for 1, 2, 5."""
    step = next(_round_steps((ceiling - floor) / max(1.0, rows / 3)))
    multiples = range(math.ceil(floor / step.value), math.floor(ceiling / step.value) + 1)
    return [(multiple * step.value, label) for multiple, label in zip(multiples, step.labels(multiples), strict=True)]
