"""The rows of the tensors pane: the texts that a summary gives, and the columns that a width has room for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content

from tui_torch.drawing.text import histograms, numbers, summaries
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.events import Change, Kind, Summary
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.shapes import shape_text
from tui_torch.ui.common.cut_text import cut
from tui_torch.ui.inspector.page import GRADIENT, MUTED, SPREAD, WARNING


class _ChangeMark(NamedTuple):
    """How a row shows what the last run did to a name."""

    unicode: str
    ascii: str
    word: str
    style: str


_CHANGE_MARKS: dict[Change, _ChangeMark] = {
    "new": _ChangeMark("●", "+", "new", "$text-success"),
    "changed": _ChangeMark("~", "~", "changed", "$text-warning"),
    "changed in place": _ChangeMark("!", "!", "in place", "$text-warning"),
    "gradient filled": _ChangeMark("∇+", "g+", "grad", GRADIENT),
    "gone": _ChangeMark("×", "x", "gone", "$text-error"),
}
"""The mark of every change but `same`, in the order in which rows are sorted by what changed."""

ORDERS = ("first bound", "by name", "by size", "by what changed")
"""The orders of the rows, in the order in which a key goes through them."""

_KIND_WORDS: dict[Kind, str] = {"parameter": "param", "array": "array"}
"""The kinds that a row names: most rows are tensors, and other kinds show their class."""

_SHARED_NAMES_WIDTH = 10
"""Maximum cells of the names that share memory."""
_REST_WIDTH = 16
"""Cells that columns leave for `RowTexts.rest`, which may be cut to that."""
_SCALAR_WIDTH = 13
"""Maximum cells of a scalar's value."""
_GUTTER = 3
"""Cells in front of a name: the cursor, the pin, a blank."""
_BARS = (0, 5, 10)
"""The lengths, in cells, that a row's histogram may have."""


@dataclass(frozen=True, slots=True)
class _ColumnSet:
    """Which columns a row shows besides the name, the value or shape, the gradient and the mark of change."""

    extent: bool
    moments: bool
    bars: int
    """Cells of the histogram; 0 leaves it out."""
    words: bool
    """Whether a change is named beside its mark."""
    leaf: bool
    """Whether leaves and shared memory have columns of their own."""
    dtype: bool


# The richest first. What the detail repeats in words goes before what is seen at a glance.
_COLUMN_SETS = (
    _ColumnSet(extent=True, moments=True, bars=10, words=True, leaf=True, dtype=True),
    _ColumnSet(extent=True, moments=True, bars=5, words=True, leaf=True, dtype=True),
    _ColumnSet(extent=True, moments=False, bars=5, words=True, leaf=True, dtype=True),
    _ColumnSet(extent=True, moments=False, bars=5, words=False, leaf=True, dtype=True),
    _ColumnSet(extent=False, moments=False, bars=5, words=True, leaf=True, dtype=True),
    _ColumnSet(extent=False, moments=False, bars=5, words=False, leaf=True, dtype=True),
    _ColumnSet(extent=False, moments=False, bars=5, words=False, leaf=False, dtype=True),
    _ColumnSet(extent=False, moments=False, bars=5, words=False, leaf=False, dtype=False),
    _ColumnSet(extent=False, moments=False, bars=0, words=False, leaf=False, dtype=False),
)
_SECOND_LINE = _ColumnSet(extent=False, moments=False, bars=5, words=False, leaf=True, dtype=True)
"""The columns of the second line, where every row takes two."""


@dataclass(frozen=True, slots=True)
class RowTexts:
    """The texts of a summary's row, for any width."""

    summary: Summary
    pinned: bool
    what: str
    """The value of a scalar, the shape of other tensors, the class of a module; empty for a plain value."""
    flaw: str
    """`NaN!` or `Inf!`, after it; usually empty."""
    rest: str
    """What follows instead of the columns, if the value is not a tensor."""
    kind: str
    dtype: str
    leaf: str
    requires_grad: str
    shares: str
    """`≡ a`: another name in the same memory."""
    gradient: str
    spreads: dict[int, str]
    """The histogram, by its length in cells: the lengths of `_BARS`."""
    extent: str
    moments: str
    word: str
    """The mark of change and its word, or at which other step it was read; empty if neither is to be said."""
    mark: str

    def columns(self, shown: _ColumnSet) -> Iterator[tuple[str, str]]:
        """Text and style of each column after the name and the value, in order."""
        yield self.kind if shown.dtype else "", MUTED
        yield self.dtype if shown.dtype else "", MUTED
        yield self.shares if shown.leaf else "", GRADIENT
        yield self.leaf if shown.leaf else self.requires_grad, GRADIENT
        if self.gradient or shown.bars:
            # What shares memory seldom has a gradient.
            yield self.gradient or ("" if shown.leaf else self.shares), f"bold {GRADIENT}"
            yield self.spreads[shown.bars], SPREAD
        elif self.shares and not shown.leaf:
            yield self.shares, f"bold {GRADIENT}"
            yield "", ""
        else:
            # The histogram has no column of its own here, and the column for gradients is free in this row.
            yield self.spreads[5], SPREAD
            yield "", ""
        yield self.extent if shown.extent else "", ""
        yield self.moments if shown.moments else "", MUTED

    @property
    def lengths(self) -> tuple[int, ...]:
        """The length of each text of the columns."""
        texts = (self.kind, self.dtype, self.shares, self.leaf, self.requires_grad, self.gradient, self.spreads[5])
        return tuple(map(len, (*texts, self.extent, self.moments)))

    @property
    def is_tensor(self) -> bool:
        """Whether the row is of a tensor that there is."""
        return self.summary.kind in ("tensor", "parameter") and self.summary.change != "gone"

    @property
    def value(self) -> Content:
        """The column after the name."""
        return Content.assemble(self.what, " " if self.flaw else "", (self.flaw, WARNING))

    def change(self, shown: _ColumnSet) -> str:
        """The mark of change, with its word where there is room."""
        return self.word if shown.words else self.mark


def row_texts(summary: Summary, pinned: bool, ascii: bool) -> RowTexts:
    """Compute the texts of a summary's row; `pinned` for an expression of the step's own."""
    mark, word = "", ""
    statistics = summary.statistics
    # Equal elements have no spread.
    varied = statistics is not None and statistics.minimum != statistics.maximum
    histogram = statistics.histogram if statistics is not None and varied else ()
    if summary.change != "same":
        change = _CHANGE_MARKS[summary.change]
        mark = change.ascii if ascii else change.unicode
        word = f"{mark} {change.word}"
    elif summary.read_at:
        mark, word = "@", summary.read_at
    what = rest = dtype = leaf = requires_grad = extent = moments = flaw = shares = ""
    elements = summary.kind in ("tensor", "parameter", "array")
    if summary.kind == "value" or (elements and summary.shape is None and summary.dtype is None):
        # When it was read stands in a column of its own.
        note = None if summary.read_at else summary.note
        rest = note or _plain_text(summary) or summary.type
    elif summary.kind == "module":
        what, rest = summary.type, numbers.counted(summary.numel, "parameter")
    elif summary.kind == "container":
        what, rest = f"{summary.type}({summary.numel:,})", summary.text
    elif not elements:
        what, rest = summary.type, summary.text or summary.note or ""
    else:
        scalar = summary.shape == () and bool(summary.values)
        what = summary.type if summary.shape is None else shape_text(summary.shape)
        dtype = summaries.dtype_text(summary)
        shares = _shared_names(summary.shares, ascii)
        if summary.requires_grad:
            requires_grad = "g" if ascii else "∇"
            leaf = f"{requires_grad} leaf" if summary.is_leaf else requires_grad
        if scalar and summary.values:
            what = numbers.number(summary.values[0], _SCALAR_WIDTH, ascii)
        elif statistics is not None:
            extent = summaries.range_text(statistics, ascii)
            moments = summaries.moments_text(statistics, ascii) if summary.numel > 1 else ""
            # One of the two is enough here: the detail counts both.
            flaw = summaries.flaws_text(statistics).partition(" ")[0]
    return RowTexts(
        summary=summary,
        pinned=pinned,
        what=what,
        flaw=flaw,
        rest=" ".join(rest.split()),
        kind=_KIND_WORDS.get(summary.kind, ""),
        dtype=dtype,
        leaf=leaf,
        requires_grad=requires_grad,
        shares=shares,
        gradient=summaries.gradient_text(summary, ascii),
        spreads={bars: histograms.sparkline(histogram, ascii, bars) if bars else "" for bars in _BARS},
        extent=extent,
        moments=moments,
        word=word,
        mark=mark,
    )


class KnownRows:
    """The texts of rows by whether they are pinned and by name: a summary that has not changed keeps those it has."""

    def __init__(self, ascii: bool) -> None:
        self._ascii = ascii
        self._rows: dict[tuple[bool, str], RowTexts] = {}

    def row(self, summary: Summary, pinned: bool) -> RowTexts:
        """The texts of a summary's row, the same object as long as the summary is the same object."""
        row = self._rows.get((pinned, summary.name))
        if row is None or row.summary is not summary:
            row = self._rows[pinned, summary.name] = row_texts(summary, pinned, self._ascii)
        return row

    def keep(self, rows: Iterable[RowTexts]) -> None:
        """Forget all other rows."""
        self._rows = {(row.pinned, row.summary.name): row for row in rows}


def _shared_names(names: Sequence[str], ascii: bool) -> str:
    """`≡ a +2`: the first of the names that share memory, and the number of the others; empty without a name."""
    if not names:
        return ""
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    first = clipped(names[0], _SHARED_NAMES_WIDTH - 2 - len(more), ascii)
    return f"{'&' if ascii else '≡ '}{first}{more}"


def _plain_text(summary: Summary) -> str:
    """A plain value's text; a float with many digits is cut to six significant ones."""
    if summary.type == "float" and len(summary.text) > 8:
        try:
            return f"{float(summary.text):.6g}"
        except ValueError:  # a float of the learner's own class, which has no text
            return summary.text
    return summary.text


def in_order(variables: Sequence[Summary], order: str) -> list[Summary]:
    """Sort summaries by one of ORDERS; by `first bound`, plain values come last."""
    match order:
        case "by name":
            return sorted(variables, key=lambda summary: summary.name.lower())
        case "by size":
            return sorted(variables, key=lambda summary: -summary.numel)
        case "by what changed":
            changes = [*_CHANGE_MARKS, "same"]
            return sorted(variables, key=lambda summary: changes.index(summary.change))
        case _:
            return sorted(variables, key=lambda summary: summary.kind == "value")


def matches(summary: Summary, words: Sequence[str]) -> bool:
    """Whether each word (in lower case) is in the name, kind, type, dtype, change or shape of a summary."""
    if not words:
        return True
    shape = "" if summary.shape is None else shape_text(summary.shape)
    searched = " ".join(filter(None, (summary.name, summary.kind, summary.type, summary.dtype, summary.change, shape)))
    return all(word in searched.lower() for word in words)


_HEADS = (
    (),
    ("dtype",),
    ("memory", "mem"),
    ("∇",),
    ("gradient", "grad"),
    ("spread", "hist"),
    ("range",),
    ("mean, σ", "mean"),
)
"""Names of the columns after the name and the value, in their order: the longest that fits is shown."""
_HEADS_ASCII = {"∇": "g", "mean, σ": "mean, std"}


class RowTable:
    """Rows laid out under each other in the columns that a width has room for."""

    def __init__(self, rows: Sequence[RowTexts], width: int, ascii: bool, before: RowTable | None = None) -> None:
        """Lay rows out.

        Args:
            rows: At least one.
            width: Cells of a row.
            ascii: Use ASCII characters alone.
            before: Rows in the same width whose place these take. No column becomes narrower than theirs: while a loop
                runs, its numbers become shorter and longer all the time.
        """
        self._width = width
        self._ascii = ascii
        tensors = [row.summary for row in rows if row.summary.shape is not None and row.what]
        shapes, values = any(summary.shape for summary in tensors), any(summary.shape == () for summary in tensors)
        self._what_heads = (
            ("shape or value", "shape/value") if shapes and values else ("shape",) if shapes else ("value",)
        )
        """What the column after the name holds: a scalar has its value there, and no brackets."""
        self._has_gradients = any(row.gradient for row in rows)
        self._has_other_steps = any(row.summary.read_at for row in rows)
        longest = max(cell_len(row.summary.name) for row in rows)
        self.name_width = min(longest, max(width // 3, 6))
        longest_what = max(row.value.cell_length for row in rows)
        least = len(self._what_heads[-1])
        self.what_width = min(max(longest_what, least) if longest_what else 0, max(width * 2 // 5, 8))
        # Among hundreds of rows most are as long as another in every column; one of those is measured.
        measured = {row.lengths: row for row in rows if not row.rest}.values()
        if before is not None:
            self.name_width, self.what_width = (
                max(self.name_width, before.name_width),
                max(self.what_width, before.what_width),
            )
        begun = 0 if before is None else _COLUMN_SETS.index(before.shown_columns)
        for self.shown_columns in _COLUMN_SETS[begun:]:
            every = [
                [0] * len(_HEADS),
                *([len(text) for text, _ in row.columns(self.shown_columns)] for row in measured),
            ]
            self.column_widths = [max(lengths) for lengths in zip(*every, strict=True)]
            self.change_width = max(len(row.change(self.shown_columns)) for row in rows)
            if before is not None and self.shown_columns == before.shown_columns:
                self.column_widths = list(map(max, self.column_widths, before.column_widths))
                self.change_width = max(self.change_width, before.change_width)
            modules = (len(row.gradient or row.rest[:_REST_WIDTH]) + 1 for row in rows if row.rest and row.what)
            needed = max([sum(length + 1 for length in self.column_widths if length), *modules])
            self._spare = width - self._start - needed - self.change_width - 1
            if self._spare >= 0:
                return
        self.name_width = min(longest, max(width - _GUTTER - self.what_width - self.change_width - 3, 6))

    @property
    def _start(self) -> int:
        """Where the columns after the name and the value begin."""
        return _GUTTER + self.name_width + 1 + (self.what_width + 1 if self.what_width else 0)

    def header(self) -> Content:
        """The names of the columns, each over its own; left out where the column is narrower."""
        line = _filled(
            Content(" " * _GUTTER + self._fitting(("name",), self.name_width)), _GUTTER + self.name_width + 1
        )
        if self.what_width:
            line = _filled(line + Content(self._fitting(self._what_heads, self.what_width)), self._start)
        if self._spare >= 0:
            for at, length in enumerate(self.column_widths):
                # Where histograms have no column of their own, they are in that of gradients.
                heads = _HEADS[5 if at == 4 and not self.shown_columns.bars and not self._has_gradients else at]
                if length:
                    line += _filled(Content(self._fitting(heads, length)), length + 1)
        if not self.change_width:
            return line.truncate(self._width)
        end = self._width - self.change_width - 1
        heads = ("read at", "at") if self._has_other_steps else ("last run", "run")
        return _filled(line.truncate(end), end + 1) + Content(self._fitting(heads, self.change_width))

    def _fitting(self, names: Iterable[str], width: int) -> str:
        """The first of the names that is no longer than that."""
        written = (_HEADS_ASCII.get(name, name) if self._ascii else name for name in names)
        return next((name for name in written if len(name) <= width), "")

    def height(self, row: RowTexts) -> int:
        return 2 if self._spare < 0 and row.what else 1

    def line(self, row: RowTexts, selected: bool) -> Content:
        """A row, or two lines when the width has no room for the table."""
        summary = row.summary
        gone = " strike" if summary.change == "gone" else ""
        cursor = (">" if self._ascii else "▌") if selected else " "
        pin = ("*" if self._ascii else "◆") if row.pinned else " "
        name = clipped(summary.name, self.name_width, self._ascii)
        head = Content.assemble((cursor, "bold $text-primary"), (pin, MUTED), " ", (name, f"bold{gone}"))
        head = _filled(head, _GUTTER + self.name_width + 1)
        end = self._width - self.change_width - (1 if self.change_width else 0)
        if row.rest and not row.what:
            style = "$text-warning" if summary.note else MUTED
            head += Content.styled(clipped(row.rest, max(end - head.cell_length, 1), self._ascii), style)
            return self._ended(head, row, end)
        head = _filled(head + cut(row.value, self.what_width, self._ascii), self._start)
        if self._spare < 0:
            return self._two_lines(head, row, end)
        if row.rest:
            return self._ended(head + self._module(row, end), row, end)
        for (text, style), length in zip(row.columns(self.shown_columns), self.column_widths, strict=True):
            if length:
                head += _filled(Content.styled(text, style), length + 1)
        return self._ended(head, row, end)

    def _module(self, row: RowTexts, end: int) -> Content:
        """How large a module is, and in the column of gradients its own."""
        gradient = Content.styled(row.gradient, f"bold {GRADIENT}")
        size = Content.styled(clipped(row.rest, max(end - self._start, 1), self._ascii), MUTED)
        if not row.gradient:
            return size
        before = sum(length + 1 for length in self.column_widths[:4] if length)
        line = _filled(size + Content(" "), before) + gradient
        return line if self._start + line.cell_length <= end else gradient

    def _two_lines(self, head: Content, row: RowTexts, end: int) -> Content:
        facts = Content(" " * _GUTTER)
        parts = [(row.gradient, f"bold {GRADIENT}"), (row.rest, MUTED)]
        if not row.rest:
            kind, dtype, shares, leaf, gradient, spread, *_ = row.columns(_SECOND_LINE)
            parts = [gradient, leaf, shares, kind, dtype, spread]
        for text, style in parts:
            if text:
                facts += Content.assemble((text, style), " ")
        return Content("\n").join([self._ended(head, row, end), cut(facts.rstrip(), self._width, self._ascii)])

    def _ended(self, line: Content, row: RowTexts, end: int) -> Content:
        if not self.change_width:
            return line
        line = _filled(cut(line.rstrip(), end, self._ascii), end + 1)
        same = "$text-warning" if row.summary.read_at else ""
        style = same if row.summary.change == "same" else _CHANGE_MARKS[row.summary.change].style
        return line + Content.styled(row.change(self.shown_columns), style)


def _filled(line: Content, width: int) -> Content:
    return line.pad_right(max(width - line.cell_length, 0))
