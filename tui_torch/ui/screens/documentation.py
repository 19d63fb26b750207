"""The pane in which documentation is read: of a name at the cursor, and what `help()` and `name?` give."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from tui_torch.drawing.docstrings.inline import SpanRole
from tui_torch.drawing.docstrings.lines import CodeLines, DocLine, laid_out
from tui_torch.drawing.text.visible import visible, visible_lines
from tui_torch.protocol.code_help import Documentation
from tui_torch.ui.common.code_content import coloured, coloured_session
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.keys.declared import DOCUMENTATION_SCREEN
from tui_torch.ui.screens.present_size import PresentSize

MOST = 20
"""Maximum number of documentations below each other: a loop may ask for one with each pass."""
_STYLES: dict[SpanRole, str] = {"text": "", "code": "$code", "strong": "bold", "heading": "bold $heading"}


class DocumentationScreen(PresentSize, ModalScreen[None]):
    """Shows documentation until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = DOCUMENTATION_SCREEN.bindings()

    def __init__(self, first: Documentation, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._title = first.title
        self._text = DocumentationText(first, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="documentation"):
            yield self._text
        yield KeyBar()

    def on_mount(self) -> None:
        box = self.query_one("#documentation")
        box.border_title = Content(visible(self._title))
        box.focus()

    def add(self, further: Documentation) -> None:
        """Show another one below those that are shown."""
        self._text.add(further)


class DocumentationText(Widget):
    """Documentations below each other, laid out for the width that there is."""

    DEFAULT_CSS = """
    DocumentationText { height: auto; }
    """

    def __init__(self, first: Documentation, *, ascii_only: bool) -> None:
        super().__init__()
        self._shown = [first]
        self._ascii = ascii_only
        self._drawn: dict[int, Content] = {}
        """What is shown, by its width."""

    def add(self, further: Documentation) -> None:
        if len(self._shown) < MOST:
            self._shown.append(further)
            self._drawn.clear()
            self.refresh(layout=True)

    def render(self) -> Content:
        return self._in(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._in(width).get_height({}, width)

    def _in(self, width: int) -> Content:
        if width not in self._drawn:
            first, *more = self._shown
            parts: list[Content | tuple[str, str]] = [self._drawn_text(first, width)]
            for one in more:
                title = visible(one.title, self._ascii)
                parts += [("\n\n" + title + "\n", "bold $heading"), self._drawn_text(one, width)]
            self._drawn = {width: Content.assemble(*parts)}
        return self._drawn[width]

    def _drawn_text(self, documentation: Documentation, width: int) -> Content:
        text = visible_lines(documentation.text, self._ascii)
        return Content("\n").join(map(_coloured, laid_out(text, width, ascii_only=self._ascii)))


def _coloured(part: DocLine | CodeLines) -> Content:
    blanks = " " * part.indent
    if isinstance(part, DocLine):
        return Content.assemble(blanks, *((span.text, _STYLES[span.role]) for span in part.spans))
    code = coloured_session(part.code) if ">>>" in part.code else coloured(part.code)
    return Content("\n").join(Content.assemble(blanks, line) for line in code.split("\n", allow_blank=True))
