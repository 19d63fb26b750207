"""The top line: what was called, whether it runs and for how long, the name of the run, and whose the keys are."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.ui.common.cut_text import cut

KEYS_TO_PROGRAM = " keys go to the program, {stop} gives them back "


class WatchHeading(Widget):
    """One line: the command at the left, then its state; at the right the run, or that keys are passed on."""

    DEFAULT_CSS = """
    WatchHeading {
        height: 1;
        background: $panel;
        color: $foreground;
        padding: 0 1;
    }
    """

    command: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    """`running 0:12:41`, `failed after 0:00:03`."""
    is_bad: reactive[bool] = reactive(False)
    """Whether that is nothing good."""
    run: reactive[str] = reactive("")
    """The name of the run."""
    keys_go_to: reactive[str] = reactive("")
    """Says that keys are passed on to the program, and which key ends that; empty while they are not."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def render(self) -> Content:
        """The line, in which the command is cut first, and the name of the run is left out next."""
        width = self.content_size.width
        right = Content.styled(self.keys_go_to, "reverse bold") if self.keys_go_to else Content.styled(self.run, "dim")
        separator = " - " if self._ascii_only else " · "
        state = Content.styled(separator + self.state, "$text-error" if self.is_bad else "$text-muted")
        room = width - state.cell_length - right.cell_length - 2
        if room < 12 and not self.keys_go_to:
            right, room = Content(""), width - state.cell_length
        left = cut(Content.styled(self.command, "bold"), max(room, 0), self._ascii_only) + state
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)
