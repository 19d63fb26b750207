"""Summaries of values as text: their elements, their statistics, their gradients.

Functions that draw beyond ASCII take `ascii`, which keeps them within it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from tui_torch.drawing.text.cells import clipped
from tui_torch.drawing.text.numbers import ELEMENT_WIDTH, MIN_WIDTH, aligned, counted, number, rounded
from tui_torch.protocol.events import Statistics, Summary
from tui_torch.protocol.shapes import shape_text

_GAP = "  "
ROUND_LENGTHS = (32, 20, 16, 10, 8, 5, 4, 3, 2, 1)
"""Numbers of elements per row of a long vector that make it easy to count."""


def values_grid(summary: Summary, width: int, ascii: bool = False) -> list[str]:
    """The elements of a small tensor as lines of at most `width` cells; no lines if the summary has no elements.

    A vector is wrapped, each line after the index of its first element. A matrix that is too wide leaves out its middle
    columns. More dimensions are matrices below each other, each under its index: `[0, 1]`.
    """
    values, shape = summary.values, summary.shape or ()
    if not values:
        return []
    room = max(width, MIN_WIDTH)
    if len(values) == 1 and not shape:
        return [number(values[0], room, ascii)]
    cells = aligned(values, min(room, ELEMENT_WIDTH), ascii)
    # A sparse or nested tensor shows the elements that it stores: fewer than its shape has.
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
    size = cell_len(cells[0]) + len(_GAP)
    if len(cells) * size - len(_GAP) <= width:
        return _GAP.join(cells)
    mark = ".." if ascii else "…"
    shown = max((width - len(mark)) // size, 1)
    last = shown // 2
    return _GAP.join([*cells[: shown - last], mark, *cells[len(cells) - last :]])


def _wrapped(cells: Sequence[str], width: int) -> list[str]:
    size = cell_len(cells[0]) + len(_GAP)
    if len(cells) * size - len(_GAP) <= width:
        return [_GAP.join(cells)]
    label = len(f"[{len(cells) - 1}]")
    fit = (width - label) // size
    length = next((length for length in ROUND_LENGTHS if length <= fit), 1)
    return [
        _GAP.join([f"[{start}]".rjust(label), *cells[start : start + length]]) for start in range(0, len(cells), length)
    ]


def range_text(statistics: Statistics, ascii: bool = False) -> str:
    """`x∈[-2.1, 2.6]`; `x=4` if every element is the same; empty without a finite element."""
    low, high = statistics.minimum, statistics.maximum
    if low is None or high is None:
        return ""
    if low == high:
        return f"x={rounded(low)}"
    return f"x{' in ' if ascii else '∈'}[{rounded(low)}, {rounded(high)}]"


def moments_text(statistics: Statistics, ascii: bool = False) -> str:
    """`μ=-0.39 σ=1.07`; empty without a finite element."""
    names = ("mean", "std") if ascii else ("μ", "σ")
    numbers = zip(names, (statistics.mean, statistics.std), strict=True)
    return " ".join(f"{name}={rounded(value)}" for name, value in numbers if value is not None)


def flaws_text(statistics: Statistics | None) -> str:
    """`NaN! Inf!`: which of them occur among the elements; empty if neither does."""
    if statistics is None:
        return ""
    return " ".join(["NaN!"] * bool(statistics.nan) + ["Inf!"] * bool(statistics.inf))


def counted_flaws(nan: int, inf: int) -> str:
    """`3 NaN and 1 Inf!`: how many of each there are; empty without any."""
    counts = [f"{count:,} {name}" for count, name in ((nan, "NaN"), (inf, "Inf")) if count]
    return f"{' and '.join(counts)}!" if counts else ""


def statistic_text(value: float | None, whole: bool = False) -> str:
    """A statistic to four digits; `whole` for elements that are integers; empty for None."""
    if value is None:
        return ""
    return number(int(value)) if whole and value.is_integer() else rounded(value, 4)


def is_whole(summary: Summary) -> bool:
    """Whether the elements of a tensor are integers or truth values."""
    return summary.dtype is not None and not summary.dtype.startswith(("float", "bfloat", "complex"))


def gradient_text(summary: Summary, ascii: bool = False) -> str:
    """`.grad` in a few characters: `grad 3.0` of a scalar, `|grad|≤0.31` of more elements; empty without a gradient.

    Of a module, the norm over all its gradients: `‖grad‖=2.4`.
    """
    if summary.kind == "module":
        return _module_gradient(summary, ascii)
    gradient = summary.gradient
    if gradient is None:
        return ""
    if gradient.shape == () and gradient.values:
        return f"grad {number(gradient.values[0])}"
    if flaw := flaws_text(gradient.statistics):
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
    """The number of elements in a module's parameters that its summary does not list."""
    return summary.numel - sum(math.prod(parameter.shape) for parameter in summary.parameters)


def one_line(summary: Summary, ascii: bool = False) -> Text:
    """A value in one line: `[196, 3] float32 n=588 x∈[-2.1, 2.6] μ=-0.39 σ=1.07 NaN!`; a scalar as its value."""
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
    yield dtype_text(summary), "dim"
    if not scalar:
        yield f"n={summary.numel}", "dim"
        if statistics is not None:
            yield range_text(statistics, ascii), ""
            yield moments_text(statistics, ascii), "dim"
            yield flaws_text(statistics), "bold"
    if summary.requires_grad:
        yield "requires_grad" if ascii else "∇", ""
    yield gradient_text(summary, ascii), "bold"


def dtype_text(summary: Summary) -> str:
    """`float32`; off the CPU with its device, `float32 cuda:0`."""
    dtype = summary.dtype or ""
    return dtype if summary.device in (None, "cpu") else f"{dtype} {summary.device}"
