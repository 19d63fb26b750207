"""What checks found, as lines of text: the smallest input that fails, two small grids, and what an answer takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from tui_torch.protocol.grading.results import CheckResult, Counterexample, Measured, ShownValue

PLAIN, NOTE, DIFFERS = "plain", "note", "differs"
"""The styles of pieces: as the rest, dimmer, and what is not as it should be."""
WIDTH = 56
"""In how many cells two grids stand side by side; wider ones stand below each other."""
_APART = "    "

Piece = tuple[str, str]
"""A text and its style."""


def of_counterexample(example: Counterexample, *, ascii_only: bool) -> Iterator[list[Piece]]:
    """The lines about the smallest input that fails: the input, and what was expected beside what came.

    An element that differs has a mark before it, besides its style.
    """
    if example.inputs:
        said = [f"{name} = {value}" for name, value in example.inputs]
        short = [one for one in said if "(" not in one and "[" not in one]
        yield [("the smallest input that fails: ", NOTE), (", ".join(short), PLAIN)]
        yield from ([("  ", PLAIN), (one, PLAIN)] for one in said if one not in short)
    if example.expected is None or example.got is None:
        return
    if example.what:
        yield [(f"{example.what.replace('`', '')}:", NOTE)]
    mark = "!" if ascii_only else "≠"
    left = _block("expected", example.expected, example.differing, " ")
    right = _block("yours", example.got, example.differing, mark)
    width = max(map(_width, left))
    if width + len(_APART) + max(map(_width, right)) > WIDTH:
        yield from ([("  ", PLAIN), *line] for line in (*left, *right))
        return
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else []
        other = right[number] if number < len(right) else []
        yield [("  ", PLAIN), *one, (" " * (width - _width(one)) + _APART, PLAIN), *other]


def said_of_time(check: CheckResult) -> str:
    """How long a check took, `12 ms`; empty where that is not measured."""
    return short_time(check.seconds) if check.seconds is not None else ""


def said_of_hidden(checks: Sequence[CheckResult]) -> str:
    """A sentence about the hidden checks that passed; empty if there are none, and while another check fails."""
    count = sum(check.hidden and check.passed for check in checks)
    if not count or not all(check.passed for check in checks):
        return ""
    return "A hidden check passes, too." if count == 1 else f"{count} hidden checks pass, too."


def said_of_measured(measured: Measured) -> str:
    """A sentence about the time and the memory of a right answer beside those of the reference."""
    times = f"{measured.times:.2g} times the time" if measured.times < 100 else f"{measured.times:.0f} times the time"
    took = f"{short_time(measured.seconds)} to {short_time(measured.reference_seconds)}"
    said = f"{times} of `{measured.reference}` ({took})"
    if measured.memory is not None:
        sizes = f"{_size(measured.bytes)} to {_size(measured.reference_bytes)}"
        said += f", {measured.memory:.2g} times its memory ({sizes})"
    return f"Takes {said}."


def said_of_best(seconds: float, reference: float) -> str:
    """The shortest time of a right answer: `Best: 31 us, 1.7 times the reference's`."""
    return f"Best: {short_time(seconds)}, {seconds / max(reference, 1e-9):.2g} times the reference's"


def short_time(seconds: float) -> str:
    """`31 us`, `1.2 ms`, `120 ms`, `2.3 s`."""
    for unit, scale in (("us", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * scale:
            amount = seconds / scale
            return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"
    return f"{seconds:.1f} s"


def _size(count: int) -> str:
    """`512 B`, `263 kB`, `1.2 MB`."""
    for unit, scale in (("B", 1), ("kB", 1e3), ("MB", 1e6)):
        if count < 999.5 * scale:
            amount = count / scale
            return f"{amount:.1f} {unit}" if amount < 9.95 and scale > 1 else f"{amount:.0f} {unit}"
    return f"{count / 1e9:.1f} GB"


def _block(title: str, value: ShownValue, differing: Sequence[tuple[int, int]], mark: str) -> list[list[Piece]]:
    """The lines of one value: its title, and its elements in columns, each with a place for a mark before it."""
    lines: list[list[Piece]] = [[(f"{title} ", NOTE), (value.head, PLAIN)]]
    widths = [max(map(len, column)) for column in zip(*value.rows, strict=True)]
    labels = max(map(len, value.labels), default=0)
    wrong = set(differing)
    for row, texts in enumerate(value.rows):
        pieces: list[Piece] = [(f"{value.labels[row]:<{labels}} ", NOTE)] if value.labels else []
        for column, text in enumerate(texts):
            differs = (row, column) in wrong
            before = " " * (widths[column] - len(text) + (1 if column else 0))
            pieces += [(before, PLAIN), (f"{mark if differs else ' '}{text}", DIFFERS if differs else PLAIN)]
        lines.append(pieces)
    if value.is_cut:
        lines.append([(" and more", NOTE)])
    return lines


def _width(line: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in line)
