"""The pane in which documentation is read: of a name at the cursor, and what `help()` and `name?` give."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.code_help import Documentation
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.keys.declared import DOCUMENTATION_SCREEN
from tui_torch.ui.screens.present_size import PresentSize

MOST = 20
"""Maximum number of documentations below each other: a loop may ask for one with each pass."""


class DocumentationScreen(PresentSize, ModalScreen[None]):
    """Shows documentation until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = DOCUMENTATION_SCREEN.bindings()

    def __init__(self, first: Documentation) -> None:
        super().__init__()
        self._shown = [first]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="documentation"):
            yield Static(self._text(), markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        box = self.query_one("#documentation")
        box.border_title = Content(visible(self._shown[0].title))
        box.focus()

    def add(self, further: Documentation) -> None:
        """Show another one below those that are shown."""
        if len(self._shown) < MOST:
            self._shown.append(further)
            for text in self.query(Static):  # none before it is composed
                text.update(self._text())

    def _text(self) -> Content:
        first, *more = self._shown
        parts: list[Content | tuple[str, str]] = [visible_lines(first.text)]
        for one in more:
            parts += [("\n\n" + visible(one.title) + "\n", "bold $primary"), visible_lines(one.text)]
        return Content.assemble(*parts)


def visible_lines(text: str) -> Content:
    """A text of several lines in which nothing controls the terminal."""
    return Content("\n".join(visible(line) for line in text.expandtabs().split("\n")))
