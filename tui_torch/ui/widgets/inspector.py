"""The tensors pane: every name of the namespace in a row, and the selected one in full below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_torch.kernel.events import Change, Inspection, Summary
from tui_torch.tutor import figures
from tui_torch.ui.widgets.tensor_detail import GRADIENT, MUTED, SPREAD, WARNING, Fitted, TensorDetail

EMPTY = "Run the code: every tensor it makes is shown here."

_CHANGES: dict[Change, tuple[str, str, str, str]] = {
    "new": ("●", "+", "new", "$text-success"),
    "changed": ("~", "~", "changed", "$text-warning"),
    "changed in place": ("!", "!", "in place", "$text-warning"),
    "gradient filled": ("∇+", "g+", "grad", GRADIENT),
    "gone": ("×", "x", "gone", "$text-error"),
}
"""What the last run did to a name: its mark, its mark in ASCII, its word, its style."""

_VALUE = 13
"""Cells of a scalar's value, at most."""
_GUTTER = 3
"""Cells in front of a name: the cursor, the pin, a blank."""


@dataclass(frozen=True, slots=True)
class _Room:
    """Which columns a row has room for, besides the name, the value or shape, the gradient and the mark of change."""

    extent: bool
    moments: bool
    bars: int
    words: bool
    leaf: bool
    dtype: bool


# The richest first. What the detail repeats in words goes before what is seen at a glance.
_ROOMS = (
    _Room(extent=True, moments=True, bars=10, words=True, leaf=True, dtype=True),
    _Room(extent=True, moments=True, bars=5, words=True, leaf=True, dtype=True),
    _Room(extent=True, moments=False, bars=5, words=True, leaf=True, dtype=True),
    _Room(extent=True, moments=False, bars=5, words=False, leaf=True, dtype=True),
    _Room(extent=False, moments=False, bars=5, words=True, leaf=True, dtype=True),
    _Room(extent=False, moments=False, bars=5, words=False, leaf=True, dtype=True),
    _Room(extent=False, moments=False, bars=5, words=False, leaf=False, dtype=True),
    _Room(extent=False, moments=False, bars=5, words=False, leaf=False, dtype=False),
    _Room(extent=False, moments=False, bars=0, words=False, leaf=False, dtype=False),
)
_BARS = (0, 5, 10)
_SECOND_LINE = _Room(extent=False, moments=False, bars=5, words=False, leaf=True, dtype=True)
"""What is drawn of the second line, where every row takes two."""


@dataclass(frozen=True, slots=True)
class _Row:
    """The texts of one value's row, apart from how much room there is for them."""

    summary: Summary
    pinned: bool
    what: str
    """The value of a scalar, the shape of other tensors, the class of a module; empty for a plain value."""
    flaw: str
    """`NaN!`, after it."""
    rest: str
    """What follows instead of the columns, for what is no tensor."""
    dtype: str
    leaf: str
    requires_grad: str
    gradient: str
    spreads: dict[int, str]
    """The distribution in so many bars."""
    extent: str
    moments: str
    word: str
    mark: str

    def columns(self, room: _Room) -> Iterator[tuple[str, str]]:
        """Text and style of each column after the name and the value, in order."""
        yield self.dtype if room.dtype else "", MUTED
        yield self.leaf if room.leaf else self.requires_grad, GRADIENT
        if self.gradient or room.bars:
            yield self.gradient, f"bold {GRADIENT}"
            yield self.spreads[room.bars], SPREAD
        else:
            # No column of its own: the one for gradients is free in this row.
            yield self.spreads[5], SPREAD
            yield "", ""
        yield self.extent if room.extent else "", ""
        yield self.moments if room.moments else "", MUTED

    @property
    def lengths(self) -> tuple[int, ...]:
        """How long each text of the columns is."""
        texts = (self.dtype, self.leaf, self.requires_grad, self.gradient, self.spreads[5], self.extent, self.moments)
        return tuple(map(len, texts))

    @property
    def value(self) -> Content:
        """The column after the name."""
        return Content.assemble(self.what, " " if self.flaw else "", (self.flaw, WARNING))

    def change(self, room: _Room) -> str:
        return self.word if room.words else self.mark


def _row(summary: Summary, pinned: bool, ascii: bool) -> _Row:
    mark, word = "", ""
    statistics = summary.statistics
    # Equal elements have no spread.
    varied = statistics is not None and statistics.minimum != statistics.maximum
    histogram = statistics.histogram if statistics is not None and varied else ()
    if summary.change != "same":
        unicode_mark, ascii_mark, word, _ = _CHANGES[summary.change]
        mark = ascii_mark if ascii else unicode_mark
        word = f"{mark} {word}"
    what = rest = dtype = leaf = requires_grad = extent = moments = flaw = ""
    if summary.kind == "value" or (summary.kind != "module" and summary.shape is None and summary.dtype is None):
        rest = summary.note or summary.text or summary.type
    elif summary.kind == "module":
        what, rest = summary.type, figures.counted(summary.numel, "parameter")
    else:
        scalar = summary.shape == () and bool(summary.values)
        what = summary.type if summary.shape is None else figures.shape_text(summary.shape)
        dtype = figures.placed_dtype(summary)
        if summary.requires_grad:
            requires_grad = "g" if ascii else "∇"
            leaf = f"{requires_grad} leaf" if summary.is_leaf else requires_grad
        if scalar and summary.values:
            what = figures.number(summary.values[0], _VALUE, ascii)
        elif statistics is not None:
            extent = figures.extent(statistics, ascii)
            moments = figures.moments(statistics, ascii) if summary.numel > 1 else ""
            # One of the two says enough here: the detail counts both.
            flaw = figures.flaws(statistics).partition(" ")[0]
    return _Row(
        summary=summary,
        pinned=pinned,
        what=what,
        flaw=flaw,
        rest=" ".join(rest.split()),
        dtype=dtype,
        leaf=leaf,
        requires_grad=requires_grad,
        gradient=figures.gradient_text(summary, ascii),
        spreads={bars: figures.distribution(histogram, ascii, bars) if bars else "" for bars in _BARS},
        extent=extent,
        moments=moments,
        word=word,
        mark=mark,
    )


class _Table:
    """Rows laid out under each other in the columns that a width has room for."""

    def __init__(self, rows: Sequence[_Row], width: int, ascii: bool) -> None:
        self._width = width
        self._ascii = ascii
        longest = max(cell_len(row.summary.name) for row in rows)
        self._name = min(longest, max(width // 3, 6))
        self._what = min(max(row.value.cell_length for row in rows), max(width * 2 // 5, 8))
        # Among hundreds of rows most are as long as another in every column; one of those is measured.
        measured = {row.lengths: row for row in rows if not row.rest}.values()
        for self._room in _ROOMS:
            every = [[len(text) for text, _ in row.columns(self._room)] for row in measured]
            self._columns = [max(lengths) for lengths in zip(*every, strict=True)]
            self._change = max(len(row.change(self._room)) for row in rows)
            modules = (len(row.gradient or row.rest) + 1 for row in rows if row.rest and row.what)
            needed = max([sum(length + 1 for length in self._columns if length), *modules])
            self._spare = width - self._start - needed - self._change - 1
            if self._spare >= 0:
                return
        self._name = min(longest, max(width - _GUTTER - self._what - self._change - 3, 6))

    @property
    def _start(self) -> int:
        """Where the columns after the name and the value begin."""
        return _GUTTER + self._name + 1 + (self._what + 1 if self._what else 0)

    def height(self, row: _Row) -> int:
        return 2 if self._spare < 0 and row.what else 1

    def line(self, row: _Row, selected: bool) -> Content:
        """A row, or two lines when the width has no room for the table."""
        summary = row.summary
        gone = " strike" if summary.change == "gone" else ""
        cursor = (">" if self._ascii else "▌") if selected else " "
        pin = ("*" if self._ascii else "◆") if row.pinned else " "
        name = figures.clipped(summary.name, self._name, self._ascii)
        head = Content.assemble((cursor, "bold $text-primary"), (pin, MUTED), " ", (name, f"bold{gone}"))
        head = _filled(head, _GUTTER + self._name + 1)
        end = self._width - self._change - (1 if self._change else 0)
        if row.rest and not row.what:
            style = "$text-warning" if summary.note else MUTED
            head += Content.styled(figures.clipped(row.rest, max(end - head.cell_length, 1), self._ascii), style)
            return self._ended(head, row, end)
        head = _filled(head + row.value.truncate(self._what, ellipsis=not self._ascii), self._start)
        if self._spare < 0:
            return self._two_lines(head, row, end)
        if row.rest:
            return self._ended(head + self._module(row, end), row, end)
        for (text, style), length in zip(row.columns(self._room), self._columns, strict=True):
            if length:
                head += _filled(Content.styled(text, style), length + 1)
        return self._ended(head, row, end)

    def _module(self, row: _Row, end: int) -> Content:
        """How large a module is, and in the column of gradients its own."""
        gradient = Content.styled(row.gradient, f"bold {GRADIENT}")
        size = Content.styled(row.rest, MUTED)
        if not row.gradient:
            return size
        before = sum(length + 1 for length in self._columns[:2] if length)
        line = _filled(size + Content(" "), before) + gradient
        return line if self._start + line.cell_length <= end else gradient

    def _two_lines(self, head: Content, row: _Row, end: int) -> Content:
        facts = Content(" " * _GUTTER)
        parts = [(row.gradient, f"bold {GRADIENT}"), (row.rest, MUTED)]
        if not row.rest:
            dtype, leaf, gradient, spread, *_ = row.columns(_SECOND_LINE)
            parts = [gradient, leaf, dtype, spread]
        for text, style in parts:
            if text and facts.cell_length + len(text) < self._width:
                facts += Content.assemble((text, style), " ")
        return Content("\n").join([self._ended(head, row, end), facts.rstrip()])

    def _ended(self, line: Content, row: _Row, end: int) -> Content:
        if not self._change:
            return line
        line = _filled(line.truncate(end), end + 1)
        style = "" if row.summary.change == "same" else _CHANGES[row.summary.change][3]
        return line + Content.styled(row.change(self._room), style)


def _filled(line: Content, width: int) -> Content:
    return line.pad_right(max(width - line.cell_length, 0))


class TensorInspector(Widget):
    """What the namespace holds after a run. It is given inspections, and says which value is selected."""

    HELP = """\
    ## Tensors

    Every name that the code has bound, the step's own on top (◆). Up and down choose one; below it is shown in full.
    `]` and `[` (or shift with down and up) scroll that.

    | mark | the last run |
    | --- | --- |
    | ● | made this name |
    | ~ | bound it to another object |
    | ! | changed its numbers in place |
    | ∇+ | filled its gradient |
    | × | deleted it |

    ∇ in a row (g where there is only ASCII): this tensor requires grad. |grad|≤ is its largest gradient, ‖grad‖= a
    module's norm of all of them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket,shift+down", "scroll_detail(1)", "Scroll details", show=False),
        Binding("left_square_bracket,shift+up", "scroll_detail(-1)", "Scroll details back", show=False),
    ]

    DEFAULT_CSS = """
    TensorInspector {
        layout: vertical;
        border: round $foreground 20%;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        &:focus-within {
            border: round $border;
            border-title-color: $foreground;
        }
        &.-ascii { border: ascii $foreground 20%; }
        &.-ascii:focus-within { border: ascii $border; }

        & > Static {
            display: none;
            padding: 1 2;
            color: $text-muted;
        }
        & > OptionList {
            max-height: 55%;
            border: none;
            padding: 0;
            background: transparent;
            text-wrap: nowrap;
            text-overflow: clip;
            scrollbar-size: 0 1;
            &:focus {
                border: none;
                background-tint: transparent;
            }
            & > .option-list--option { padding: 0 1 0 0; }
            & > .option-list--option-highlighted {
                color: $foreground;
                background: $foreground 8%;
                text-style: none;
            }
            &:focus > .option-list--option-highlighted {
                color: $foreground;
                background: $primary 25%;
                text-style: none;
            }
            & > .option-list--option-disabled { color: $foreground 20%; }
        }
        &.-empty > OptionList, &.-empty > TensorDetail { display: none; }
        &.-empty > Static { display: block; }
    }
    """

    class Selected(Message):
        """Another value is selected, by the learner or because the one before is gone."""

        def __init__(self, inspector: TensorInspector, summary: Summary) -> None:
            super().__init__()
            self.inspector = inspector
            self.summary = summary

        @property
        def control(self) -> TensorInspector:
            return self.inspector

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.add_class("-empty")
        self.set_class(ascii_only, "-ascii")
        self.border_title = "Tensors"
        self._ascii = ascii_only
        self._rows: dict[str, _Row] = {}
        self._selected: str | None = None
        self._tables: dict[int, _Table] = {}
        """The layout of the rows, by the widths that were asked for."""
        self._list = OptionList(markup=False)
        self._detail = TensorDetail(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield Static(EMPTY)
        yield self._list
        yield self._detail

    @property
    def selected(self) -> Summary | None:
        """The selected value; None when nothing is shown."""
        return None if self._selected is None else self._rows[self._selected].summary

    def show(self, inspection: Inspection) -> None:
        """Show what a run left. The selection stays on its name while that is there."""
        pinned = {summary.name: _row(summary, True, self._ascii) for summary in inspection.pinned}
        others = sorted(inspection.variables, key=lambda summary: summary.kind == "value")
        self._rows = pinned | {s.name: _row(s, False, self._ascii) for s in others if s.name not in pinned}
        self._tables.clear()
        self.border_subtitle = _tally(inspection, " - " if self._ascii else " · ")
        self.set_class(not self._rows, "-empty")
        self._select(self._selected if self._selected in self._rows else next(iter(self._rows), None))
        self._fill()

    def clear(self) -> None:
        """Show nothing, as before the first run."""
        self.show(Inspection(pinned=(), variables=()))

    def focus(self, scroll_visible: bool = True) -> TensorInspector:
        """Focus the list: the pane is one stop."""
        self._list.focus(scroll_visible)
        return self

    def action_scroll_detail(self, direction: int) -> None:
        self._detail.scroll_relative(y=direction * max(self._detail.size.height // 2, 1), animate=False)

    @on(OptionList.OptionHighlighted)
    def _follow(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        # The list may have moved on, or been filled anew, since it sent this.
        option = self._list.highlighted_option
        if option is None or option.id not in self._rows or option.id == self._selected:
            return
        self._select(option.id)
        self._redraw()

    @on(OptionList.OptionSelected)
    def _keep(self, event: OptionList.OptionSelected) -> None:
        event.stop()

    def _select(self, name: str | None) -> None:
        before, self._selected = self._selected, name
        if name is None:
            return
        summary = self._rows[name].summary
        self._detail.show(summary)
        if name != before:
            self.post_message(self.Selected(self, summary))

    def _fill(self) -> None:
        names: list[str | None] = list(self._rows)
        pinned = sum(row.pinned for row in self._rows.values())
        if 0 < pinned < len(names):
            names.insert(pinned, None)
        with self.prevent(OptionList.OptionHighlighted):
            if [option.id for option in self._list.options] == names:
                # Where the list is scrolled to is kept.
                self._redraw()
            else:
                self._list.set_options(
                    Option(_Rule(self._ascii), disabled=True) if name is None else Option(_Line(self, name), id=name)
                    for name in names
                )
            self._list.highlighted = None if self._selected is None else self._list.get_option_index(self._selected)

    def _redraw(self) -> None:
        if self._selected is not None:
            # One new prompt is enough for the list to draw and to measure all of them again.
            self._list.replace_option_prompt(self._selected, _Line(self, self._selected))
            self._list.refresh(layout=True)

    def line(self, name: str, width: int) -> Content:
        """The row (in one line or two) of a name that is shown."""
        return self._table(width).line(self._rows[name], name == self._selected)

    def line_height(self, name: str, width: int) -> int:
        """In how many lines that row is."""
        return self._table(width).height(self._rows[name])

    def _table(self, width: int) -> _Table:
        if width not in self._tables:
            self._tables[width] = _Table(list(self._rows.values()), width, self._ascii)
        return self._tables[width]


class _Line(Fitted):
    """A row, as a visual of the list."""

    def __init__(self, inspector: TensorInspector, name: str) -> None:
        self._inspector = inspector
        self._name = name

    def at(self, width: int) -> Content:
        return self._inspector.line(self._name, width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        # Hundreds of rows are measured where a dozen are drawn.
        return self._inspector.line_height(self._name, width)


class _Rule(Fitted):
    """What sets the pinned expressions apart."""

    def __init__(self, ascii: bool) -> None:
        self._ascii = ascii

    def at(self, width: int) -> Content:
        return Content(("-" if self._ascii else "─") * width)


def _tally(inspection: Inspection, separator: str) -> str:
    """`7 names · 2 new · 1 changed`; empty when there is no name."""
    changes = [summary.change for summary in inspection.variables]
    gone = changes.count("gone")
    new = changes.count("new")
    changed = len(changes) - gone - new - changes.count("same")
    if not changes:
        return ""
    parts = [figures.counted(len(changes) - gone + inspection.omitted, "name")]
    parts += [f"{count} {word}" for count, word in ((new, "new"), (changed, "changed"), (gone, "gone")) if count]
    if inspection.omitted:
        parts.append(f"{inspection.omitted:,} not shown")
    return separator.join(parts)
