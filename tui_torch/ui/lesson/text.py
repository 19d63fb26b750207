"""The pane of a step's text: its title, its Markdown, and the hints and the solution that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Markdown

from tui_torch.drawing.text.ascii import in_ascii_words
from tui_torch.drawing.text.visible import visible_lines
from tui_torch.ui.common.more_lines import more_lines
from tui_torch.ui.common.prose import Prose

if TYPE_CHECKING:
    from textual.geometry import Size


class MoreLines(Widget):
    """Says over the last line in sight how many lines there are below; over the first, how many there are above."""

    DEFAULT_CSS = """
    MoreLines {
        display: none;
        layer: above;
        dock: bottom;
        height: 1;
        text-align: right;
        color: $text-muted;
        &.-above { dock: top; }
        &.-some { display: block; }
    }
    """

    count: reactive[int] = reactive(0)
    """Lines out of sight on that side, and the one that this covers."""

    def __init__(self, *, above: bool = False, ascii_only: bool) -> None:
        super().__init__()
        self.set_class(above, "-above")
        self._above = above
        self._ascii = ascii_only

    def watch_count(self, count: int) -> None:
        self.set_class(count > 0, "-some")

    def render(self) -> Content:
        return Content(more_lines(self.count, above=self._above, ascii_only=self._ascii))


_ROOM_FOR_BOTH = 5
"""Rows of a pane from which on a line can be covered at its top, too."""


class LessonText(VerticalScroll, can_focus=True):
    """Markdown that scrolls; the arrows, page up and page down work when it has the focus."""

    DEFAULT_CSS = """
    LessonText {
        padding: 0 1;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        layers: default above;
        Markdown { padding: 0; margin: 0; background: transparent; }
        MarkdownH2 { margin: 0 0 1 0; color: $heading; text-style: bold; }
        MarkdownH3 { margin: 1 0 0 0; color: $accent; text-style: bold; }
        MarkdownParagraph { margin: 0 0 1 0; }
        MarkdownFence { margin: 0 0 1 0; padding: 0; max-height: 100; }
        MarkdownFence > Label { padding: 0 1; }
        MarkdownBulletList { margin: 0 0 1 0; padding: 0 0; }
        MarkdownOrderedList { margin: 0 0 1 0; padding: 0 0; }
        MarkdownBlockQuote { margin: 0 0 1 0; }
        MarkdownTable { margin: 0 0 1 0; }
        .-last { margin-bottom: 0; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._below = MoreLines(ascii_only=ascii_only)
        self._above = MoreLines(above=True, ascii_only=ascii_only)
        self._kept: Widget | None = None
        """The block that stays in sight when the pane becomes smaller; None: it stays at its top."""
        self.markdown = ""
        """What is shown, as it was written."""

    def compose(self) -> ComposeResult:
        yield Prose(ascii_only=self._ascii)
        yield self._below
        yield self._above

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # A blank line below the last one, where there is room for it.
        return super().get_content_height(container, viewport, width) + 1

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._count()

    def watch_virtual_size(self) -> None:
        self._count()

    def on_resize(self) -> None:
        if self._kept is not None and self._kept.is_attached:
            self._bring_into_sight(self._kept)
        self._count()

    def _count(self) -> None:
        above = self.scroll_offset.y
        below = self.max_scroll_y - above
        self._below.count = below + 1 if below > 0 else 0
        self._above.count = above + 1 if above > 0 and self.size.height >= _ROOM_FOR_BOTH else 0

    def _bring_into_sight(self, block: Widget, *, top: bool = False) -> None:
        """Scroll until a block is in sight, below the line that is covered: no further than needed, or to the top."""
        first = block.virtual_region.y + self.query_one(Markdown).virtual_region.y
        end = first + block.virtual_region.height
        highest = max(first - (self.size.height >= _ROOM_FOR_BOTH), 0)
        now = self.scroll_offset.y
        wanted = highest if top else min(max(now, end - self.size.height), highest)
        if wanted != now:
            self.scroll_to(y=wanted, animate=False, immediate=True)

    def _bring_line_into_sight(self, block: Widget, line: int) -> None:
        """Scroll down until a line of a block is in sight, 0 for the first, with as much above it as below."""
        row = block.virtual_region.y + self.query_one(Markdown).virtual_region.y + line
        # The last line in sight is covered.
        if row >= self.scroll_offset.y + self.size.height - 1:
            self.scroll_to(y=row - self.size.height // 2, animate=False, immediate=True)

    async def show(self, text: str, *, newest: int = 0, keep: bool = False, line: int = 0) -> None:
        """Show Markdown from its top, or from the first of its last `newest` blocks if `newest` is not 0.

        Args:
            text: The Markdown.
            newest: How many blocks at its end are what is looked for.
            keep: Whether the first of those is to stay in sight, whatever size the pane gets.
            line: Which line of the last of those is looked for, 0 for the first.
        """
        self._kept = None
        self.markdown = text
        page = self.query_one(Markdown)
        harmless = visible_lines(text, self._ascii)
        with self.app.batch_update():
            await page.update(in_ascii_words(harmless) if self._ascii else harmless)
            # A class: rules that ask for the last child are looked for again at each key.
            for parent in (page, *page.query("*")):
                if parent.children:
                    parent.children[-1].add_class("-last")
        if newest and page.children:  # the app may be closing, and then it has none
            first = page.children[-min(newest, len(page.children))]
            self._kept = first if keep else None
            self.call_after_refresh(self._bring_into_sight, first, top=True)
            if line:
                self.call_after_refresh(self._bring_line_into_sight, page.children[-1], line)
        else:
            self.scroll_home(animate=False)
