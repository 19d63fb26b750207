"""The base of the panes that list something line by line, and say in their border how many lines are out of sight."""

from __future__ import annotations

from textual import events
from textual.widget import Widget

from tui_torch.ui.common.border_labels import label_border
from tui_torch.ui.common.more_lines import more_below


class ListingPane(Widget):
    """A bordered pane as high as what it lists, where there is room. A subclass gives its `title` and `line_count`."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    ListingPane {
        height: auto;
        padding: 0 1;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        border-title-style: none;
        &.-ascii { border: ascii $border-blurred; }
        &.-absent { display: none; }
    }
    """

    def __init__(self, *, ascii_only: bool, is_absent: bool = False) -> None:
        super().__init__()
        self.set_class(ascii_only, "-ascii")
        self.set_class(is_absent, "-absent")
        self._ascii_only = ascii_only

    @property
    def title(self) -> str:
        """What stands in the border."""
        raise NotImplementedError

    @property
    def line_count(self) -> int:
        """The number of lines at the present width."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        self.say_what_is_out_of_sight()

    def say_what_is_out_of_sight(self) -> None:
        """Write the border: the title, and how many lines there is no room for."""
        height = self.content_size.height
        label_border(
            self, self.title, more_below(self.line_count - height if height else 0, ascii_only=self._ascii_only)
        )
