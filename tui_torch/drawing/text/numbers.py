"""Writing numbers, shapes and summaries as text that reads like mathematics, for any face.

Everything that draws beyond ASCII takes `ascii`, which keeps it within.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tui_torch.protocol.events import Element, Statistics, Summary

LEAST_WIDTH = 7
"""Any number can be written in so many characters: `-1e-308`."""
CELL_WIDTH = 10
"""Columns of one element in a grid, at most."""
GAP = "  "

_BLOCKS = "▁▂▃▄▅▆▇█"
_DENSITIES = ".:-=+*#%@"
# A row of a long vector holds a number of elements that is easy to count on from.
_ROUND_LENGTHS = (32, 20, 16, 10, 8, 5, 4, 3, 2, 1)


def shape_text(shape: tuple[int, ...]) -> str:
    """`[15, 3]`, and `scalar` for a shape without dimensions."""
    return f"[{', '.join(map(str, shape))}]" if shape else "scalar"


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 element`, `1,000 elements`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def clipped(text: str, width: int, ascii: bool = False) -> str:
    """Text in at most `width` cells, its end left out when it is longer."""
    if cell_len(text) <= width:
        return text
    mark = ".." if ascii else "…"
    if width <= len(mark):
        return mark[:width]
    return set_cell_size(text, width - len(mark)).rstrip() + mark


def number(value: Element, width: int = CELL_WIDTH, ascii: bool = False) -> str:
    """One element in at most `width` characters: integers whole, floats with about four significant digits.

    Raises ValueError when `width` is less than LEAST_WIDTH, in which some numbers cannot be written.
    """
    if width < LEAST_WIDTH:
        raise ValueError(f"a number needs {LEAST_WIDTH} characters, and was given {width}")
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
        # PyTorch, too, ends a float that has no room for decimals with its point.
        whole = f"{value:.0f}."
        fixed = (_fixed(value, decimals) for decimals in range(_decimals(value), 0, -1))
        for text in itertools.chain(fixed, [whole, whole[:-1]]):
            if len(text) <= width and float(text):
                return text
    return _scientific(value, width)


def _decimals(value: float) -> int:
    """Digits after the point that show four significant ones, and four at least."""
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
    """A number about numbers (a bound, a mean) to so many significant digits: `-0.39`, `103`, `1.2e-05`."""
    if 10**digits - 0.5 <= abs(value) < 999_999.5:
        return f"{value:.0f}"
    return f"{value:.{digits}g}" if value else "0"


def aligned(values: Sequence[Element], width: int = CELL_WIDTH, ascii: bool = False) -> list[str]:
    """Elements of one tensor, all equally long (at most `width`), written in one notation, decimal points in a column.

    Raises ValueError as `number` does.
    """
    if not values:
        return []
    floats = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    most = max((_decimals_needed(value) for value in floats), default=1)
    usual = min(most, 4)
    for decimals in (*range(usual, most + 1), *range(usual - 1, 0, -1)):
        column = _columns([_plainly(value, decimals, width, ascii) for value in values])
        if cell_len(column[0]) <= width and all(_tells(value, decimals) for value in floats):
            return column
    exponents = ([_with_exponent(value, digits, width, ascii) for value in values] for digits in (3, 2, 1, 0))
    columns = list(map(_columns, exponents))
    return next((column for column in columns if len(column[0]) <= width), columns[-1])


def _decimals_needed(value: float) -> int:
    return len(_fixed(value, min(_decimals(value), 6)).partition(".")[2])


def _tells(value: float, decimals: int) -> bool:
    """Whether so many decimals keep a number within 5 %: else small ones among large ones would read as zero."""
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
    """Pad texts to one length, with the points of those that are numbers under each other."""
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
    """What is before a number's decimal point (or exponent), and the rest; None for what is no finite number."""
    digits = len(text) - len(text.lstrip("+-0123456789"))
    return (text[:digits], text[digits:]) if digits and text[digits : digits + 1] in ("", ".", "e") else None


def values_grid(summary: Summary, width: int, ascii: bool = False) -> list[str]:
    """The elements of a small tensor as lines of at most `width` cells; no lines when the summary carries none.

    A vector is wrapped, with the index of each line's first element in front. Of a matrix that is too wide the middle
    columns are left out. More dimensions are matrices below each other, each under the index that gives it: `[0, 1]`.
    """
    values, shape = summary.values, summary.shape or ()
    if not values:
        return []
    room = max(width, LEAST_WIDTH)
    if len(values) == 1 and not shape:
        return [number(values[0], room, ascii)]
    cells = aligned(values, min(room, CELL_WIDTH), ascii)
    # A sparse or nested tensor shows what it stores, which is less than its shape says.
    if len(shape) < 2 or math.prod(shape) != len(values):
        return _wrapped(cells, width)
    rows, columns = shape[-2:]
    lines: list[str] = []
    remaining = iter(cells)
    for index in itertools.product(*map(range, shape[:-2])):
        if index:
            lines.append(shape_text(index))
        lines += (_row(list(itertools.islice(remaining, columns)), width, ascii) for _ in range(rows))
    return lines


def _row(cells: Sequence[str], width: int, ascii: bool) -> str:
    size = cell_len(cells[0]) + len(GAP)
    if len(cells) * size - len(GAP) <= width:
        return GAP.join(cells)
    mark = ".." if ascii else "…"
    shown = max((width - len(mark)) // size, 1)
    last = shown // 2
    return GAP.join([*cells[: shown - last], mark, *cells[len(cells) - last :]])


def _wrapped(cells: Sequence[str], width: int) -> list[str]:
    size = cell_len(cells[0]) + len(GAP)
    if len(cells) * size - len(GAP) <= width:
        return [GAP.join(cells)]
    label = len(f"[{len(cells) - 1}]")
    fit = (width - label) // size
    length = next((length for length in _ROUND_LENGTHS if length <= fit), 1)
    return [
        GAP.join([f"[{start}]".rjust(label), *cells[start : start + length]]) for start in range(0, len(cells), length)
    ]


def distribution(histogram: Sequence[int], ascii: bool = False, bars: int = 10) -> str:
    """A histogram in one line of at most `bars` characters; an empty bin is blank."""
    counts = merged(histogram, bars)
    levels = _DENSITIES if ascii else _BLOCKS
    peak = max(counts, default=0)
    return "".join(levels[max(round(count / peak * len(levels)), 1) - 1] if count else " " for count in counts)


def merged(histogram: Sequence[int], bars: int) -> list[int]:
    """A histogram with at most so many bins, neighbours put together."""
    together = math.ceil(len(histogram) / bars)
    return [sum(histogram[at : at + together]) for at in range(0, len(histogram), together or 1)]


def distribution_chart(
    histogram: Sequence[int], low: str, high: str, width: int, height: int = 3, ascii: bool = False
) -> list[str]:
    """A histogram as bars `height` rows high, and below them the range from `low` to `high`; at most `width` cells."""
    peak = max(histogram, default=0)
    gap = 1 if width >= 3 * len(histogram) else 0
    thick = min((width + gap) // max(len(histogram), 1) - gap, 5)
    if not peak or thick < 1:
        return []
    rows = [
        (" " * gap).join(_slice(count / peak * height, level, ascii) * thick for count in histogram)
        for level in range(height - 1, -1, -1)
    ]
    line = cell_len(rows[0]) - cell_len(low) - cell_len(high) - 2
    return [*rows, f"{low} {('-' if ascii else '─') * max(line, 1)} {high}"]


def _slice(bar: float, level: int, ascii: bool) -> str:
    """What a bar (its height in rows) puts on the row `level` rows above the ground. One that is not zero is seen."""
    filled = min(bar - level, 1.0)
    if level == 0 and bar > 0:
        filled = max(filled, 0.125)
    eighths = round(filled * 8)
    if eighths <= 0:
        return " "
    if ascii:
        return "#" if eighths > 4 or level == 0 else " "
    return _BLOCKS[eighths - 1]


def extent(statistics: Statistics, ascii: bool = False) -> str:
    """`x∈[-2.1, 2.6]`; `x=4` when every element is the same; empty when there is none to speak of."""
    low, high = statistics.minimum, statistics.maximum
    if low is None or high is None:
        return ""
    if low == high:
        return f"x={rounded(low)}"
    return f"x{' in ' if ascii else '∈'}[{rounded(low)}, {rounded(high)}]"


def moments(statistics: Statistics, ascii: bool = False) -> str:
    """`μ=-0.39 σ=1.07`; empty when there is no finite element."""
    names = ("mean", "std") if ascii else ("μ", "σ")
    numbers = zip(names, (statistics.mean, statistics.std), strict=True)
    return " ".join(f"{name}={rounded(value)}" for name, value in numbers if value is not None)


def flaws(statistics: Statistics | None) -> str:
    """`NaN! Inf!`: which of them the elements hold; mostly empty."""
    if statistics is None:
        return ""
    return " ".join(["NaN!"] * bool(statistics.nan) + ["Inf!"] * bool(statistics.inf))


def gradient_text(summary: Summary, ascii: bool = False) -> str:
    """What is in `.grad`, shortly: `grad 3.0` for a scalar, `|grad|≤0.31` for more elements; empty when there is none.

    A module has the norm of all its gradients together: `‖grad‖=2.4`.
    """
    if summary.kind == "module":
        return _module_gradient(summary, ascii)
    gradient = summary.gradient
    if gradient is None:
        return ""
    if gradient.shape == () and gradient.values:
        return f"grad {number(gradient.values[0])}"
    if flaw := flaws(gradient.statistics):
        return f"grad {flaw}"
    match gradient.statistics:
        case Statistics(minimum=float(low), maximum=float(high)):
            return f"|grad|{'<=' if ascii else '≤'}{rounded(max(abs(low), abs(high)))}"
        case _:
            return f"grad {shape_text(gradient.shape or ())}"


def _module_gradient(summary: Summary, ascii: bool) -> str:
    norms = [parameter.gradient_norm for parameter in summary.parameters if parameter.gradient_norm is not None]
    # The norm of some of the gradients is not the norm of the gradient.
    if not norms or parameters_left_out(summary):
        return ""
    bar = "||" if ascii else "‖"
    return f"{bar}grad{bar}={rounded(math.hypot(*norms))}"


def parameters_left_out(summary: Summary) -> int:
    """How many elements a module's parameters have beyond those that its summary lists."""
    return summary.numel - sum(math.prod(parameter.shape) for parameter in summary.parameters)


def one_line(summary: Summary, ascii: bool = False) -> Text:
    """A value in one line: `[196, 3] float32 n=588 x∈[-2.1, 2.6] μ=-0.39 σ=1.07 NaN!`; scalars as their value."""
    return Text(" ").join(Text(part, style) for part, style in _parts(summary, ascii) if part)


def _parts(summary: Summary, ascii: bool) -> Iterator[tuple[str, str]]:
    if summary.kind == "value":
        yield clipped(summary.text, 200, ascii), ""
    elif summary.kind == "module":
        yield summary.type, ""
        yield counted(summary.numel, "parameter"), "dim"
        yield gradient_text(summary, ascii), "bold"
    else:
        yield from _tensor_parts(summary, ascii)
    yield summary.note or "", "italic"


def _tensor_parts(summary: Summary, ascii: bool) -> Iterator[tuple[str, str]]:
    statistics = summary.statistics
    scalar = summary.shape == () and bool(summary.values)
    if scalar and summary.values:
        yield number(summary.values[0]), ""
    else:
        yield summary.type if summary.shape is None else shape_text(summary.shape), ""
    yield placed_dtype(summary), "dim"
    if not scalar:
        yield f"n={summary.numel}", "dim"
        if statistics is not None:
            yield extent(statistics, ascii), ""
            yield moments(statistics, ascii), "dim"
            yield flaws(statistics), "bold"
    if summary.requires_grad:
        yield "requires_grad" if ascii else "∇", ""
    yield gradient_text(summary, ascii), "bold"


def placed_dtype(summary: Summary) -> str:
    """`float32`, and `float32 cuda:0` for what is not in the computer's own memory."""
    dtype = summary.dtype or ""
    return dtype if summary.device in (None, "cpu") else f"{dtype} {summary.device}"
