"""The curves that a chart draws, how each of them looks, and the legend that names them."""

from __future__ import annotations

import itertools

from tui_torch.drawing.canvas.canvas import (
    EARLIER_MARKERS,
    GLYPHS,
    MARKERS,
    PATTERNS,
    Dots,
    Pattern,
    sample,
)
from tui_torch.drawing.charts.captions import value_text
from tui_torch.drawing.charts.curve import Curve
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.score_axis import is_named_like_validation, score_of, without_scores
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.events import SeriesKind
from tui_torch.protocol.late_dataclass import dataclass

MAX_CURVES_DRAWN = len(PATTERNS)
"""Maximum number of curves drawn per run: the number of patterns that can be distinguished."""

RAW_MARKER = "."
"""What the values behind a smoothed curve are drawn with in ASCII."""

Entry = list[tuple[str, str]]
"""(part, text) pairs: a piece of the legend, or a row of it."""


@dataclass(frozen=True, slots=True)
class StyledCurve:
    """A curve with its name and its look."""

    name: str
    """As a canvas can write it: one cell per character."""
    curve: Curve
    part: str
    """The part of the chart that gives it its style: `curve-0`, `validation`, or `earlier`."""
    pattern: Pattern
    marker: str
    earlier: bool = False
    """Whether it is of an earlier run."""
    full: float | None = None
    """The full score, 1 or 100, of one that the axis at the right is for; None for the others."""


def curve_part(number: int) -> str:
    """The part of the chart that the current run's curve of this number is."""
    return f"curve-{number}"


def styled_curves(runs: RunHistory, shown: SeriesKind, dots: Dots) -> list[StyledCurve]:
    """The curves of the current run and then of the earlier ones, the latest first: those in front come first.

    Scores come after the others, so that losses of training and of validation are named beside each other.
    """
    ascii_only = dots == "ascii"
    every = [*runs.current.of(shown), *(curve for earlier in runs.earlier for curve in earlier.run.of(shown))]
    has_right_axis = any(score_of(curve) is None for curve in every)

    def full(curve: Curve) -> float | None:
        return score_of(curve) if has_right_axis else None

    current = sorted(runs.current.of(shown), key=lambda curve: full(curve) is not None)[:MAX_CURVES_DRAWN]
    pair = _validation(current) if has_right_axis or len(current) > 1 else None
    curves = [
        StyledCurve(
            one_cell_each(curve.name, ascii_only=ascii_only),
            curve,
            "validation" if curve.kind == "validation" or curve is pair else curve_part(number),
            PATTERNS[number],
            MARKERS[number],
            full=full(curve),
        )
        for number, curve in enumerate(current)
    ]
    for age, earlier in enumerate(runs.earlier):
        name = one_cell_each(earlier.name, ascii_only=ascii_only)
        pattern = PATTERNS[1 + age % (len(PATTERNS) - 1)]
        marker = EARLIER_MARKERS[age % len(EARLIER_MARKERS)]
        curves += [
            StyledCurve(name, curve, "earlier", pattern, marker, earlier=True, full=full(curve))
            for curve in earlier.run.of(shown)[:MAX_CURVES_DRAWN]
        ]
    return curves


def _validation(curves: list[Curve]) -> Curve | None:
    """The loss of validation that the learner logs, beside one of training; None without one, or with several."""
    losses = [curve for curve in without_scores(curves) if curve.kind in ("loss", "logged", "validation")]
    named = [curve for curve in losses if curve.kind == "logged" and is_named_like_validation(curve.name)]
    has_other = len(losses) > len(named) and not any(curve.kind == "validation" for curve in losses)
    return named[0] if len(named) == 1 and has_other else None


def legend(
    runs: RunHistory, curves: list[StyledCurve], dots: Dots, width: int, rows: int, smoothing: int | None = None
) -> list[Entry]:
    """The rows of the legend, at most `rows`; empty for a single curve, or without room.

    With a `smoothing`, the index of an average in SMOOTHINGS, the numbers are those of the averages that are drawn, and
    a last name is that of the values behind them.
    """
    if len(curves) + (smoothing is not None) < 2 or rows < 1:
        return []
    entries = _entries(runs, curves, dots, smoothing)
    has_scores = any(styled.full is not None for styled in curves)
    if has_scores and not _fits(entries, width, rows):
        # Rather than without values, an axis without a name says nothing.
        entries = _entries(runs, curves, dots, smoothing, has_values=False)
    if rows == 1 and runs.earlier and _breadth(entries) > width:
        # Rather than its other curves, and than values, the runs behind the current one are to be named.
        current, behind = ([one for one in curves if one.earlier is earlier] for earlier in (False, True))
        left_out = len(current) - 1
        counted: list[Entry] = [[("text", f"+{left_out}")]] if left_out > 0 else []
        for has_values in (True, False):
            fewer = _entries(runs, [*current[:1], *behind], dots, smoothing, has_values=has_values) + counted
            if _breadth(fewer) <= width:
                return _wrapped(fewer, width, rows)
        entries = _entries(runs, curves, dots, smoothing, has_values=False)
    return _wrapped(entries, width, rows)


def _breadth(entries: list[Entry]) -> int:
    """Columns on one row."""
    return sum(len(text) for entry in entries for _, text in entry) + 2 * max(len(entries) - 1, 0)


def _fits(entries: list[Entry], width: int, rows: int) -> bool:
    """Whether all entries have room on so many rows."""
    return not any(text.strip().startswith("+") for row in _wrapped(entries, width, rows) for _, text in row[-1:])


def _entries(
    runs: RunHistory, curves: list[StyledCurve], dots: Dots, smoothing: int | None, *, has_values: bool = True
) -> list[Entry]:
    def value(styled: StyledCurve) -> str:
        return _last_value(styled, smoothing) if has_values else ""

    current = [styled for styled in curves if not styled.earlier]
    entries: list[Entry] = []
    name = one_cell_each(runs.name, ascii_only=dots == "ascii")
    if name and len(current) > 1:
        entries.append([("text", name)])
        name = ""
    for styled in current:
        look = sample(styled.pattern, dots, styled.marker)
        right = "" if styled.full is None else f" {GLYPHS[dots].to_right}"
        entries.append([(styled.part, look), ("text", f" {name or styled.name}"), ("text", value(styled) + right)])
    for _, group in itertools.groupby(curves[len(current) :], key=lambda styled: styled.marker):
        styled = next(group)
        look = sample(styled.pattern, dots, styled.marker)
        entries.append([("earlier", f"{look} {styled.name}{value(styled)}")])
    if smoothing is not None and current:
        entries.insert(0, [("raw", sample(PATTERNS[0], dots, RAW_MARKER)), ("text", " not smoothed")])
    return entries


def _last_value(styled: StyledCurve, smoothing: int | None) -> str:
    curve = styled.curve
    if curve.last is None:
        return ""
    return f" {value_text(curve.last.value if smoothing is None else curve.spans[-1].smooth[smoothing])}"


def _cut(entry: Entry, room: int) -> Entry:
    """The beginning of an entry that is too wide, in so many columns."""
    kept: Entry = []
    for part, text in entry:
        if len(text) > room:
            kept.append((part, text[: max(room, 0)].rstrip()))
            break
        kept.append((part, text))
        room -= len(text)
    return kept


def _wrapped(entries: list[Entry], width: int, rows: int) -> list[Entry]:
    """The entries on at most `rows` rows; `+2` says how many have no room."""
    wrapped: list[Entry] = [[]]
    used = 0
    for number, entry in enumerate(entries):
        length = sum(len(text) for _, text in entry)
        left = len(entries) - number - 1
        # The last row keeps room for the number of entries that are left out.
        room = width - (4 if left and len(wrapped) == rows else 0)
        gap = 2 if wrapped[-1] else 0
        if used + gap + length > room and wrapped[-1] and len(wrapped) < rows:
            wrapped.append([])
            used, gap = 0, 0
        if used + gap + length > room and not wrapped[-1]:
            entry = _cut(entry, room)  # rather than the number of names alone
            length = room
        if used + gap + length > room:
            wrapped[-1].append(("text", f"{' ' * gap}+{left + 1}"))
            break
        wrapped[-1] += [("text", " " * gap), *entry]
        used += gap + length
    return wrapped
