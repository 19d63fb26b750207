"""The pane with the cell that runs in a kernel of others, or ran last: their code, to be read."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui_torch.drawing.text.visible import visible_lines
from tui_torch.protocol.attachment import CellBegan
from tui_torch.ui.common.code_content import coloured

NO_NAMES_YET = "The kernel has no names yet: those of the cells that are run there are shown here."

EMPTY = "Run a cell there, in JupyterLab, VS Code or `jupyter console`: what it does is shown here."


class CellPane(VerticalScroll, can_focus=True):
    """The code of one cell."""

    DEFAULT_CSS = """
    CellPane {
        height: 1fr;
        min-height: 3;
        padding: 0 1;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        scrollbar-size-vertical: 1;
        &:focus { border: round $border; border-title-color: $foreground; }
        &.-ascii { border: ascii $border-blurred; }
        &.-ascii:focus { border: ascii $border; }
        & > Static { height: auto; }
        &.-empty > Static { color: $text-muted; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-empty -ascii" if ascii_only else "-empty")
        self._ascii_only = ascii_only
        self._text = Static(EMPTY, markup=False)
        self.border_title = "Cell"
        self.plain = ""
        """The code."""

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, cell: CellBegan) -> None:
        """Show another cell."""
        self.remove_class("-empty")
        self.plain = cell.code
        self.border_title = f"In [{cell.number}]"
        self._text.update(coloured(visible_lines(cell.code, self._ascii_only)))
        self.scroll_home(animate=False)
