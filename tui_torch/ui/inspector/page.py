"""What every page of a value's detail has in common: it is shown a summary, may want a closer look, and is given it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Static

from tui_torch.protocol.events import Summary

if TYPE_CHECKING:
    from tui_torch.protocol.views import Request, View

MUTED = "$foreground-muted"
CURSOR = "$foreground on $primary 25%"
GRADIENT = "$text-accent"
SPREAD = "$text-primary"
WARNING = "bold $text-error"

AIRY = 60
"""Columns from which on blank lines set the figures apart: a narrow pane is a low one, too."""
_BESIDE = 4
"""Columns between two figures that stand beside each other."""
_LEAST_BESIDE = 2
"""The same where room is scarce."""


class WidthDependentText(Visual):
    """Text that is laid out for the width in which it is drawn, which is known only then."""

    @abstractmethod
    def at(self, width: int) -> Content:
        """The text for a width in cells."""

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self.at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.at(width).get_height(rules, width)


class _LinesForWidth(WidthDependentText):
    """Lines that a function makes for a width."""

    def __init__(self, lines: Callable[[int], Iterable[Content]]) -> None:
        self._lines = lines

    def at(self, width: int) -> Content:
        return Content("\n").join(self._lines(width))


class DetailPage(VerticalScroll, can_focus=False):
    """One side of one value. It draws `lines()`, and says `Changed` when it wants something else than before."""

    TITLE: ClassVar[str]
    """What its tab says."""

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
        """The page wants to be given something else."""

    class Opened(Message):
        """Something that the value holds is to be shown in full."""

        def __init__(self, summary: Summary) -> None:
            super().__init__()
            self.summary = summary

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii = ascii_only
        self.summary = Summary("", "value", "")
        self.view: View | None = None
        self._text = Static()

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, summary: Summary) -> None:
        """Show this value. What was seen of it before stays until a closer look at its new state is given."""
        if (summary.name, summary.shape, summary.kind) != (self.summary.name, self.summary.shape, self.summary.kind):
            self.view = None
            self.begin()
            self.scroll_home(animate=False)
        self.summary = summary
        self.draw()

    def take(self, view: View | None) -> None:
        """Show the closer look that was asked for; None: there is none to be had."""
        self.view = view
        self.draw()

    def draw(self) -> None:
        """Draw what there is to show now."""
        self._text.update(_LinesForWidth(lambda width: self.lines(width)))

    def begin(self) -> None:
        """Go to where another value is seen from first."""

    def request(self) -> Request | None:
        """The closer look that this page wants now; None when the summary says it all."""
        return None

    @abstractmethod
    def lines(self, width: int) -> Iterator[Content]:
        """The page as lines of at most `width` cells (sentences may be longer: they wrap)."""

    # Keys. False: there is nothing to do here.

    def step(self, by: int) -> bool:
        """Go on to another index along the chosen dimension."""
        return False

    def turn(self, by: int) -> bool:
        """Choose another dimension."""
        return False

    def move(self, down: int, right: int) -> bool:
        """Go on through what does not fit, by so many rows and columns."""
        return False

    def switch(self) -> bool:
        """Draw it the other way that there is."""
        return False

    def open(self) -> bool:
        """Open what the cursor is on."""
        return False


def flowing(parts: Iterable[str], width: int, separator: str, style: str = "") -> Iterator[Content]:
    """Parts after each other, as many on a line as it holds."""
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
    """Names and numbers after each other: `min 0  max 3`."""
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
    """A name and what it is, in two columns."""
    return Content.assemble((name.ljust(width), MUTED), text)


def figure(title: str, lines: Sequence[str], style: str = "") -> list[Content]:
    """Lines under their title; nothing when there are none."""
    return [Content.styled(title, MUTED), *(Content.styled(line, style) for line in lines)] if lines else []


def arranged(blocks: Sequence[list[Content]], width: int) -> Iterator[Content]:
    """Figures beside each other as long as the width allows, in rows below each other."""
    rows: list[list[list[Content]]] = []
    for block in blocks:
        needed = sum(breadth(other) + _LEAST_BESIDE for other in (rows[-1] if rows else [])) + breadth(block)
        if rows and needed <= width:
            rows[-1].append(block)
        else:
            rows.append([block])
    for row in rows:
        if width >= AIRY:
            yield Content()
        apart = (width - sum(map(breadth, row))) // max(len(row) - 1, 1)
        gap = min(max(apart, _LEAST_BESIDE), _BESIDE)
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
    """Lines padded to one length."""
    wide = breadth(texts)
    return [
        text.pad_left(wide - text.cell_length) if right else text.pad_right(wide - text.cell_length) for text in texts
    ]
