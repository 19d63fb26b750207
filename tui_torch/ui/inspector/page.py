"""The base of the detail's pages, and the layout of their text.

A page shows a summary, may request a view of the value from the kernel, and shows the answer.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.selection import Selection
from textual.widgets import Static

from tui_torch.protocol.events import Summary
from tui_torch.ui.common.cut_text import WidthDependentText
from tui_torch.ui.common.selectable import extracted

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Request
    from tui_torch.protocol.views import View

MUTED = "$foreground-muted"
CURSOR = "$foreground on $cursor-ground"
GRADIENT = "$text-accent"
SPREAD = "$text-primary"
WARNING = "bold $text-error"

UNAVAILABLE = "The kernel does not say: run the code again to see this."
DELETED = "The last run deleted this name."

MIN_WIDTH_WITH_BLANK_LINES = 60
"""Minimum columns of a pane that separates figures by blank lines: a narrower pane is usually a low one, too."""
_FIGURE_GAP = 4
"""Columns between two figures side by side."""
_MIN_FIGURE_GAP = 2
"""The same where there is little room."""


class _LinesForWidth(WidthDependentText):
    """Lines that a function makes for a width."""

    def __init__(self, lines: Callable[[int], Iterable[Content]]) -> None:
        self._lines = lines

    def at(self, width: int) -> Content:
        return Content("\n").join(self._lines(width))


class _PageText(Static):
    """The text of a page, which can be selected and copied."""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        # Textual's reads a text that is the same in every width.
        drawn = self.visual
        return (
            (extracted(selection, drawn.at(self.size.width).plain), "\n")
            if isinstance(drawn, WidthDependentText)
            else None
        )


class DetailPage(VerticalScroll, can_focus=False):
    """One view of a value. A subclass gives its `lines()` and its `request()`, and posts `Changed` if that changes."""

    TITLE: ClassVar[str]
    """The text of its tab."""

    HAS_PARTS: ClassVar[bool] = False
    """Whether `open()` opens anything."""

    DEFAULT_CSS = """
    DetailPage {
        height: 1fr;
        padding: 0 0 0 1;
        scrollbar-size: 0 1;
        scrollbar-gutter: stable;
        & > Static { height: auto; }
    }
    """

    class Changed(Message):
        """The request of the page may have changed."""

    class Opened(Message):
        """A part of the value is to be shown in full."""

        def __init__(self, summary: Summary) -> None:
            super().__init__()
            self.summary = summary

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii = ascii_only
        self.summary = Summary("", "value", "")
        self.view: View | None = None
        self.absent = ""
        """Why there is no view to show; empty as long as nobody has said."""
        self._text = _PageText()

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, summary: Summary) -> None:
        """Show this value. Of the same value in another state, the old view stays until the new one arrives."""
        if (summary.name, summary.shape, summary.kind) != (self.summary.name, self.summary.shape, self.summary.kind):
            self.view = None
            self.absent = ""
            self.begin()
            self.scroll_home(animate=False)
        self.summary = summary
        self.draw()

    def show_view(self, view: View | None, absent: str = "") -> None:
        """Show the view that was requested; if there is none, say why: a page with nothing on it looks broken."""
        self.view = view
        self.absent = "" if view is not None else absent or UNAVAILABLE
        self.draw()

    def said_in_place(self) -> Iterator[Content]:
        """What stands where a view would: why there is none."""
        if self.absent:
            yield Content.styled(self.absent, MUTED)

    @property
    def plain(self) -> str:
        """The text of the page, as wide as it is now."""
        return "\n".join(line.plain.rstrip() for line in self.lines(max(self._text.size.width, 1)))

    def draw(self) -> None:
        """Draw the current summary and view."""
        lines = _LinesForWidth(lambda width: self.lines(width))
        width, height = self._text.size
        # A layout is of the whole screen, and most runs leave as many lines as there were.
        is_as_high = bool(width) and lines.get_height(RulesMap(), width) == height
        self._text.update(lines, layout=not is_as_high)

    def begin(self) -> None:
        """Reset the cursor and whatever else belongs to one value: another one is shown."""

    def forget(self) -> None:
        """Forget what the learner chose for values: they are those of another step."""

    def request(self) -> Request | None:
        """The view that this page needs; None if the summary is enough."""
        return None

    @abstractmethod
    def lines(self, width: int) -> Iterator[Content]:
        """The lines of the page, of at most `width` cells; sentences may be longer, since they wrap."""

    # What keys do. False if the page has nothing to do.

    @property
    def slices(self) -> int:
        """Number of dimensions along which there is more than one slice to step to."""
        return 0

    @property
    def other_drawing(self) -> Literal["", "picture", "graph"]:
        """What `switch()` draws in another way; empty if nothing."""
        return ""

    def step(self, by: int) -> bool:
        """Move by `by` indices along the chosen dimension."""
        return False

    def turn(self, by: int) -> bool:
        """Choose the dimension `by` places further."""
        return False

    def move(self, down: int, right: int) -> bool:
        """Move the cursor or the window by rows and columns."""
        return False

    def switch(self) -> bool:
        """Switch to the next way to draw the value."""
        return False

    def open(self) -> bool:
        """Open the part at the cursor."""
        return False

    def leave(self) -> bool:
        """Close the part that was opened last."""
        return False


def flowing(parts: Iterable[str], width: int, separator: str, style: str = "") -> Iterator[Content]:
    """Parts joined by a separator, wrapped between parts."""
    line = ""
    for part in parts:
        longer = f"{line}{separator}{part}" if line else part
        if line and Content(longer).cell_length > width:
            yield Content.styled(line, style)
            longer = part
        line = longer
    if line:
        yield Content.styled(line, style)


def labelled(named: Sequence[tuple[str, str]], width: int) -> Iterator[Content]:
    """Names and numbers, wrapped between pairs: `min 0  max 3`."""
    line = Content()
    for name, text in named:
        pair = Content.assemble((f"{name} ", MUTED), text)
        if line and line.cell_length + 2 + pair.cell_length > width:
            yield line
            line = Content()
        line = Content.assemble(line, "  ", pair) if line else pair
    if line:
        yield line


def fact(name: str, text: str | Content, width: int = 14) -> Content:
    """A name and its value in two columns, the first `width` cells wide."""
    return Content.assemble((name.ljust(width), MUTED), text)


def figure(title: str, lines: Sequence[str], style: str = "") -> list[Content]:
    """Lines under their title; empty without a line."""
    return [Content.styled(title, MUTED), *(Content.styled(line, style) for line in lines)] if lines else []


def arranged(blocks: Sequence[list[Content]], width: int) -> Iterator[Content]:
    """Figures side by side as far as the width allows, and else below each other."""
    rows: list[list[list[Content]]] = []
    for block in blocks:
        needed = sum(breadth(other) + _MIN_FIGURE_GAP for other in (rows[-1] if rows else [])) + breadth(block)
        if rows and needed <= width:
            rows[-1].append(block)
        else:
            rows.append([block])
    for row in rows:
        if width >= MIN_WIDTH_WITH_BLANK_LINES:
            yield Content()
        apart = (width - sum(map(breadth, row))) // max(len(row) - 1, 1)
        gap = min(max(apart, _MIN_FIGURE_GAP), _FIGURE_GAP)
        for at in range(max(map(len, row))):
            line = Content()
            for block in row:
                cell = block[at] if at < len(block) else Content()
                line = line + cell.pad_right(breadth(block) + gap - cell.cell_length)
            yield line.rstrip()


def breadth(block: Sequence[Content]) -> int:
    """Cells of the longest line."""
    return max((line.cell_length for line in block), default=0)


def column(texts: Sequence[Content], right: bool = False) -> list[Content]:
    """Lines padded to the longest one; `right` aligns them to the right."""
    wide = breadth(texts)
    return [
        text.pad_left(wide - text.cell_length) if right else text.pad_right(wide - text.cell_length) for text in texts
    ]
