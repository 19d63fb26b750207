"""The pane of a step's text: its title, its Markdown, and the hints and the solution that were asked for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from tui_torch.drawing.text.ascii import in_ascii_words
from tui_torch.drawing.text.visible import visible_lines
from tui_torch.ui.common.prose import Prose


class LessonText(VerticalScroll, can_focus=True):
    """Markdown that scrolls; the arrows, page up and page down work when it has the focus."""

    DEFAULT_CSS = """
    LessonText {
        padding: 0 1;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        Markdown { padding: 0; margin: 0; background: transparent; }
        MarkdownH2 { margin: 0 0 1 0; color: $primary; text-style: bold; }
        MarkdownH3 { margin: 1 0 0 0; color: $accent; text-style: bold; }
        MarkdownParagraph { margin: 0 0 1 0; }
        MarkdownFence { margin: 0 0 1 0; padding: 0; max-height: 100; }
        MarkdownFence > Label { padding: 0 1; }
        MarkdownBulletList { margin: 0 0 1 0; padding: 0 0; }
        MarkdownOrderedList { margin: 0 0 1 0; padding: 0 0; }
        MarkdownBlockQuote { margin: 0 0 1 0; }
        MarkdownTable { margin: 0 0 1 0; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        yield Prose(ascii_only=self._ascii)

    async def show(self, text: str, *, newest: int = 0) -> None:
        """Show Markdown from its top, or from the first of its last `newest` blocks if `newest` is not 0."""
        page = self.query_one(Markdown)
        harmless = visible_lines(text, self._ascii)
        await page.update(in_ascii_words(harmless) if self._ascii else harmless)
        if newest and page.children:  # the app may be closing, and then it has none
            first = page.children[-min(newest, len(page.children))]
            self.call_after_refresh(self.scroll_to_widget, first, top=True, animate=False)
        else:
            self.scroll_home(animate=False)
