"""A letter on every place that can be gone to, over the screen below; the letter goes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Label

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.keys.declared import JUMP_SCREEN
from tui_torch.ui.keys.screens import JUMP_LETTERS
from tui_torch.ui.screens.closes_once import ClosesOnce


@dataclass(frozen=True, slots=True)
class Target:
    """A place to go to."""

    x: int
    y: int
    """Column and row of the screen where its letter is put: a blank or a piece of a frame, and no text."""
    go: Callable[[], object]


class JumpScreen(ClosesOnce, ModalScreen[Target | None]):
    """Shows the letters; its result is the target whose letter was pressed, or None for any other key."""

    BINDINGS: ClassVar[list[BindingType]] = JUMP_SCREEN.bindings()

    DEFAULT_CSS = """
    JumpScreen {
        & > Label {
            position: absolute;
            width: 1;
            height: 1;
            background: $accent;
            color: $background;
            text-style: bold;
        }
        & > Label:nocolor { text-style: reverse; }
    }
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._by_letter = dict(zip(JUMP_LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        for letter, target in self._by_letter.items():
            label = Label(letter, markup=False)
            label.styles.offset = (target.x, target.y)
            yield label
        yield KeyBar()

    def on_key(self, event: events.Key) -> None:
        if event.key not in ("escape", "ctrl+o", "ctrl+q"):
            event.stop()
            self.dismiss(self._by_letter.get(event.key))

    def on_click(self) -> None:
        self.dismiss(None)
