"""Numbers, counts and shapes as text: one at a time, or the elements of a tensor in a column."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from decimal import Decimal

from rich.cells import cell_len

from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.events import Element

MIN_WIDTH = 7
"""The width, in characters, in which every number can be written: `-1e-308`."""
ELEMENT_WIDTH = 10
"""Maximum cells of one element in a grid."""


def duration(seconds: float) -> str:
    """Hours, minutes and seconds: `1:02:03`."""
    minutes, rest = divmod(max(round(seconds), 0), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def bytes_text(count: int) -> str:
    """An amount of memory, in millions or in thousands of millions: `412 MB`, `1.20 GB`."""
    return f"{count / 1e9:.2f} GB" if count >= 999.5e6 else f"{count / 1e6:.0f} MB"


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 element`, `1,000 elements`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def number(value: Element, width: int = ELEMENT_WIDTH, ascii: bool = False) -> str:
    """One element in at most `width` characters: integers whole, floats with about four significant digits.

    Raises ValueError if `width` is less than MIN_WIDTH.
    """
    if width < MIN_WIDTH:
        raise ValueError(f"a number needs {MIN_WIDTH} characters, and was given {width}")
    match value:
        case bool() | str():
            return clipped(str(value), width, ascii)
        case int():
            return text if len(text := str(value)) <= width else _scientific(value, width)
        case float():
            return _float(value, width)


def _float(value: float, width: int) -> str:
    if not math.isfinite(value) or value == 0:
        return str(value)
    if 1e-3 <= abs(value) < 1e6:
        # As PyTorch does, a float without room for decimals ends in its point.
        whole = f"{value:.0f}."
        fixed = (_fixed(value, decimals) for decimals in range(_decimals(value), 0, -1))
        for text in itertools.chain(fixed, [whole, whole[:-1]]):
            if len(text) <= width and float(text):
                return text
    return _scientific(value, width)


def _decimals(value: float) -> int:
    """The number of decimals that gives four significant digits, and at least four decimals."""
    return max(4, 3 - math.floor(math.log10(abs(value)))) if value else 1


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _scientific(value: float, width: int, digits: int = 3) -> str:
    # Decimal, since an int may be larger than any float.
    texts = (_without_zeros(f"{Decimal(value):.{decimals}e}") for decimals in range(digits, 0, -1))
    return next((text for text in texts if len(text) <= width), _without_zeros(f"{Decimal(value):.0e}"))


def _without_zeros(text: str) -> str:
    """`1.200e-5` as `1.2e-05`."""
    mantissa, _, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{exponent[0]}{exponent[1:].zfill(2)}"


def rounded(value: float, digits: int = 3) -> str:
    """A statistic (a bound, a mean) to `digits` significant digits: `-0.39`, `103`, `1.2e-05`."""
    if 10**digits - 0.5 <= abs(value) < 999_999.5:
        return f"{value:.0f}"
    return f"{value:.{digits}g}" if value else "0"


def aligned(values: Sequence[Element], width: int = ELEMENT_WIDTH, ascii: bool = False) -> list[str]:
    """Elements of one tensor as texts of the same length, in one notation, the decimal points in a column.

    Args:
        values: The elements; text for NaN, infinities and complex numbers.
        width: Maximum length of the texts, at least MIN_WIDTH.
        ascii: Cuts texts that are too long with `..`.

    Raises:
        ValueError: If `width` is less than MIN_WIDTH.
    """
    if not values:
        return []
    floats = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    most = max((_decimals_needed(value) for value in floats), default=1)
    usual = min(most, 4)
    for decimals in (*range(usual, most + 1), *range(usual - 1, 0, -1)):
        column = _columns([_plainly(value, decimals, width, ascii) for value in values])
        if cell_len(column[0]) <= width and all(_keeps(value, decimals) for value in floats):
            return column
    exponents = ([_with_exponent(value, digits, width, ascii) for value in values] for digits in (3, 2, 1, 0))
    columns = list(map(_columns, exponents))
    return next((column for column in columns if len(column[0]) <= width), columns[-1])


def _decimals_needed(value: float) -> int:
    return len(_fixed(value, min(_decimals(value), 6)).partition(".")[2])


def _keeps(value: float, decimals: int) -> bool:
    """Whether a number keeps to within 5 % with `decimals`: small ones among large ones must not read as 0."""
    return abs(value) < 1e6 and abs(float(f"{value:.{decimals}f}") - value) <= 0.05 * abs(value)


def _plainly(value: Element, decimals: int, width: int, ascii: bool) -> str:
    match value:
        case float() if math.isfinite(value):
            return f"{value:.{decimals}f}"
        case int():
            return str(value)
        case _:
            return number(value, width, ascii)


def _with_exponent(value: Element, digits: int, width: int, ascii: bool) -> str:
    match value:
        case bool() | str():
            return number(value, width, ascii)
        case _:
            return f"{value:.{digits}e}" if value and math.isfinite(value) else f"{value:.0f}"


def _columns(texts: Sequence[str]) -> list[str]:
    """Pad texts to one length, the decimal points of numbers under each other."""
    split = [_at_point(text) for text in texts]
    numeric = [parts for parts in split if parts is not None]
    before = max((len(head) for head, _ in numeric), default=0)
    after = max((len(tail) for _, tail in numeric), default=0)
    total = max([before + after, *(cell_len(text) for text in texts)], default=0)
    padded: list[str] = []
    for text, parts in zip(texts, split, strict=True):
        if parts is None:
            padded.append(" " * (total - cell_len(text)) + text)
        else:
            padded.append((parts[0].rjust(total - after) + parts[1]).ljust(total))
    return padded


def _at_point(text: str) -> tuple[str, str] | None:
    """Split a number at its decimal point or exponent; None if the text is not a finite number."""
    digits = len(text) - len(text.lstrip("+-0123456789"))
    return (text[:digits], text[digits:]) if digits and text[digits : digits + 1] in ("", ".", "e") else None
