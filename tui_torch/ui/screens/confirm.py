"""A question with two answers, by keys: enter or y, escape or n."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.keys.declared import CONFIRM_SCREEN
from tui_torch.ui.screens.closes_once import ClosesOnce


class ConfirmScreen(ClosesOnce, ModalScreen[bool]):
    """Asks a question; its result is True or False."""

    BINDINGS: ClassVar[list[BindingType]] = CONFIRM_SCREEN.bindings()

    def __init__(self, question: str, *, yes: str, no: str = "No") -> None:
        super().__init__()
        self.question = question
        self.yes = yes
        self.no = no

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self.question, markup=False)
            with Horizontal():
                yield Button(f"{self.yes} (y)", id="yes", variant="primary", compact=True)
                yield Button(f"{self.no} (n)", id="no", compact=True)
        # Over that of the screen below, whose keys do nothing meanwhile.
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#yes", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
