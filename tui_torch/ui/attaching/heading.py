"""The top line: which kernel it is, what it has of PyTorch, and what runs in it."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.ui.common.cut_text import cut


class AttachHeading(Widget):
    """One line: the kernel at the left, and what runs in it at the right."""

    DEFAULT_CSS = """
    AttachHeading {
        height: 1;
        background: $panel;
        color: $foreground;
        padding: 0 1;
    }
    """

    kernel: reactive[str] = reactive("")
    """The name of its file, with what it has of Python and PyTorch."""
    state: reactive[str] = reactive("")
    """`In [5] runs 3.2 s`, `idle`."""
    style_of_state: reactive[str] = reactive("$text-muted")

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def render(self) -> Content:
        """The line, in which the name of the kernel is cut first."""
        width = self.content_size.width
        state = Content.styled(self.state, self.style_of_state)
        left = cut(Content.styled(self.kernel, "bold"), max(width - state.cell_length - 2, 0), self._ascii_only)
        gap = max(1, width - left.cell_length - state.cell_length)
        return Content.assemble(left, " " * gap, state)
