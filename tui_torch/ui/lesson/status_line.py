"""The line of words above the footer: what the kernel is doing, and one sentence about that or the last key."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.drawing.text.code_spans import code_spans
from tui_torch.kernel.session import KernelState
from tui_torch.ui.keys.bound import keys_of

_SIGNS = {
    KernelState.STARTING: ("◌", "o", "$warning"),
    KernelState.READY: ("●", "*", "$success"),
    KernelState.RUNNING: ("▶", ">", "$primary"),
    KernelState.INTERRUPTING: ("■", "#", "$warning"),
    KernelState.RESTARTING: ("◌", "o", "$warning"),
    KernelState.DEAD: ("✗", "x", "$error"),
    KernelState.CLOSED: ("✗", "x", "$error"),
}


_KEY = re.compile("\ue000(.*?)\ue001(.*?)\ue002")


def pressed(key: str, *, typing: str | None = None) -> str:
    """A key in a sentence for `StatusLine.note`, which writes it as it is bound, and as it works where the focus is.

    Args:
        key: The key outside the editor and fields, by its name: `{hint}`.
        typing: The key within them; None: the one that leaves the editor, and then that key.
    """
    return f"\ue000{key}\ue001{f'{{editor.leave}}, then {key}' if typing is None else typing}\ue002"


class StatusLine(Widget):
    """One line: a sign and the kernel's state, the loss where the chart is out of sight, how threads run, the note."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        padding: 0 1;
        background: $panel;
    }
    """

    state: reactive[KernelState] = reactive(KernelState.STARTING)
    seconds: reactive[float] = reactive(0.0)
    """How long the current run has taken so far, in seconds."""
    note: reactive[str] = reactive("")
    """One sentence about how things are; keys in it are made by `pressed`, and code stands in backticks."""
    remark: reactive[str] = reactive("")
    """One sentence in its place, an answer to the last key or click, until the next; otherwise empty."""
    types_text: reactive[bool] = reactive(False)
    """Whether letters are text where the focus is."""
    loss: reactive[str] = reactive("")
    """The name and the newest value of the current run's loss; empty without one."""
    shows_loss: reactive[bool] = reactive(True)
    """Whether the chart is out of sight, which shows it otherwise."""
    threads: reactive[str] = reactive("")
    """How PyTorch's threads run, if not as usual; otherwise empty."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ascii_only = ascii_only

    def watch_note(self) -> None:
        # What is new comes before an answer to an earlier key.
        self.remark = ""

    def render(self) -> Content:
        sign, plain, style = _SIGNS[self.state]
        match self.state:
            case KernelState.STARTING:
                words = "starting PyTorch"
            case KernelState.RUNNING:
                words = f"running {self.seconds:.1f} s"
            case state:
                words = state.value
        mark = plain if self.ascii_only else sign
        keys = keys_of(self.app)
        note = _KEY.sub(lambda found: keys.in_words(found[2 if self.types_text else 1]), self.remark or self.note)
        loss = self.loss if self.shows_loss else ""
        width = self.content_size.width
        # A sentence that has no room takes that of what matters less. That the kernel is ready, its sign says, too.
        state = f"{mark} {words}"
        shortest = mark if self.state is KernelState.READY else state
        told = [(state, loss, self.threads), (state, loss), (state,), (shortest,)]
        told = told if note else told[:3]
        lines = [self._line((first, style), filter(None, others), note) for first, *others in told]
        line = next((line for line in lines if line.cell_length <= width), lines[-1])
        if line.cell_length <= width:
            return line
        return line.truncate(max(width - 3, 0)) + "..." if self.ascii_only else line.truncate(width, ellipsis=True)

    def _line(self, state: tuple[str, str], told: Iterable[str], note: str) -> Content:
        separator = (" | " if self.ascii_only else " · ", "$text-muted")
        pieces: list[tuple[str, str] | str] = [state]
        for one in told:
            pieces += [separator, one]
        if note:
            pieces.append(separator)
            pieces += [(piece, "bold" if is_code else "") for piece, is_code in code_spans(note)]
        return Content.assemble(*pieces)
