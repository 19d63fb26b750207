"""The question what to do with a file that somebody else has written to, and that the learner has edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui_torch.drawing.text.visible import visible
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.keys.declared import CHANGED_FILE_SCREEN
from tui_torch.ui.screens.closes_once import ClosesOnce

Answer = Literal["keep", "take", "overwrite"]

_ANSWERS: dict[Answer, str] = {
    "keep": "Keep mine as a draft: the file stays as they wrote it (m)",
    "take": "Take theirs: mine is written to a file of its own (t)",
    "overwrite": "Overwrite theirs with mine (o)",
}


def _coloured(line: str) -> Content:
    """A line of the difference: green where it is one's own, red where it is theirs."""
    line = visible(line)
    if line.startswith(("+++", "---", "@@")):
        return Content.styled(line, "$text-muted")
    return Content.styled(line, {"+": "$text-success", "-": "$text-error"}.get(line[:1], ""))


class ChangedFileScreen(ClosesOnce, ModalScreen[Answer]):
    """Asks which of two versions of a file is to stay; its result is the answer."""

    BINDINGS: ClassVar[list[BindingType]] = CHANGED_FILE_SCREEN.bindings()

    DEFAULT_CSS = """
    ChangedFileScreen {
        align: center middle;
        background: $background 70%;
        & Button { width: 100%; margin-top: 1; }
        & #difference { height: auto; max-height: 10; margin-top: 1; background: $panel; }
        & #difference Static { width: auto; }
    }
    """

    def __init__(self, question: str, difference: Sequence[str] = (), *, is_gone: bool = False) -> None:
        """Make it.

        Args:
            question: What has happened.
            difference: How the two versions differ, as `diff -u` writes it.
            is_gone: There is no file any more, so that there is nothing to take.
        """
        super().__init__()
        self.question = question
        self.difference = tuple(difference)
        self.is_gone = is_gone

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self.question, markup=False)
            if self.difference:
                with ScrollableContainer(id="difference", can_focus=False):
                    yield Static(Content("\n").join(map(_coloured, self.difference)))
            for answer, label in _ANSWERS.items():
                if answer != "take" or not self.is_gone:
                    yield Button(label, id=answer, compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#keep", Button).focus()

    def action_page(self, direction: int) -> None:
        """Go so many pages down in the difference."""
        for shown in self.query("#difference"):
            (shown.scroll_page_down if direction > 0 else shown.scroll_page_up)(animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id)

    def action_answer(self, answer: str) -> None:
        if answer != "take" or not self.is_gone:
            self.dismiss(answer)
