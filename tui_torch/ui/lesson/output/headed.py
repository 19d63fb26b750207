"""A pane whose border says whose output it shows."""

from __future__ import annotations

from textual.widget import Widget

from tui_torch.ui.common.border_labels import label_border


class HeadedPane(Widget):
    """The part of a pane that knows its heading."""

    heading = "Output"
    """What stands in the border before what is out of sight."""

    def head(self, heading: str) -> None:
        """Have another heading."""
        if heading != self.heading:
            self.heading = heading
            self.label(heading)
            self.say_what_is_out_of_sight()

    def label(self, title: str) -> None:
        """Write a title into the border."""
        label_border(self, title, self.border_subtitle or "")

    def say_what_is_out_of_sight(self) -> None:
        """Write the heading with what is out of sight into the border."""
        raise NotImplementedError
