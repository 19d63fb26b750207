"""The line in which a learner writes what a replay is to be searched for."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from tui_torch.ui.common.keys_in_order import LineInput, focus_at_once
from tui_torch.ui.keys.declared import VALUE_SEARCH


class ValueSearch(LineInput):
    """A line below a replay, which appears when it is opened.

    It posts `Searched` with what was typed, and `Abandoned` when it is left without a search.
    """

    BINDINGS: ClassVar[list[BindingType]] = VALUE_SEARCH.bindings()

    DEFAULT_CSS = """
    ValueSearch {
        display: none;
        height: 1;
        border: none;
        padding: 0 1;
        background: $panel;
    }
    ValueSearch:focus {
        border: none;
    }
    ValueSearch.-open {
        display: block;
    }
    """

    class Searched(Message):
        """A condition was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Abandoned(Message):
        """The line was left without a search."""

    def __init__(self) -> None:
        super().__init__(placeholder="a condition, such as loss < 0.1 or w is nan; Enter searches")
        self.can_focus = False

    def open(self) -> None:
        """Appear, with what was searched for last, and take the focus."""
        self.add_class("-open")
        self.can_focus = True
        focus_at_once(self)

    def close(self) -> None:
        """Disappear. What was typed stays for the next time."""
        self.remove_class("-open")
        self.can_focus = False

    def action_leave(self) -> None:
        self.post_message(self.Abandoned())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Searched(event.value))
