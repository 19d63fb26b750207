"""The pane of what a watched program writes to its terminal, as it would stand there, and harmless."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tui_torch.drawing.text.terminal_stream import TerminalStream
from tui_torch.drawing.text.transcript import Transcript
from tui_torch.ui.common.border_labels import label_border
from tui_torch.ui.common.more_lines import titled
from tui_torch.ui.lesson.output.transcript_view import TranscriptView
from tui_torch.watching.time_left import ProgressBar, progress_bar

LOOKED_AT = 4
"""Number of lines at the end among which a progress bar is looked for."""


class ProgramOutput(Vertical):
    """The output of a program in a pseudo-terminal: `write()` adds to it, `begin()` forgets it."""

    class Resized(Message):
        """The terminal of the program is to have another size."""

        def __init__(self, columns: int, lines: int) -> None:
            super().__init__()
            self.columns = columns
            self.lines = lines

    DEFAULT_CSS = """
    ProgramOutput {
        height: 1fr;
        min-height: 3;
        padding: 0 0 0 1;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        &:focus-within { border: round $border; border-title-color: $foreground; }
        &.-ascii { border: ascii $border-blurred; }
        &.-ascii:focus-within { border: ascii $border; }
        &.-typing { border: heavy $accent; border-title-color: $accent; }
        &.-ascii.-typing { border: ascii $accent; }
        &.-absent { display: none; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-absent -ascii" if ascii_only else "-absent")
        self._ascii_only = ascii_only
        self._transcript = Transcript(ascii_only)
        self._stream = TerminalStream()
        self.view = TranscriptView(self._transcript)
        """The part that scrolls and takes the focus."""

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.watch(self.view, "out_of_sight", self._say_what_is_out_of_sight)

    def begin(self) -> None:
        """Forget what was written."""
        rows = self._stream.rows
        self._stream = TerminalStream(rows)
        self._transcript.clear()
        self.view.begin()

    def write(self, data: bytes) -> None:
        """Add what the program wrote; pieces may be split anywhere."""
        if text := self._stream.feed(data):
            self.remove_class("-absent")
            self._transcript.write(text)
            self.view.show_written(newest=True)

    @property
    def has_any(self) -> bool:
        """Whether anything was written."""
        return len(self._transcript) > 0

    @property
    def plain(self) -> str:
        """All that is kept of what was written."""
        return self._transcript.plain

    @property
    def bar(self) -> ProgressBar | None:
        """The progress bar that is being drawn, if it says what is left; the outermost one, if there are several."""
        found = None
        count = len(self._transcript)
        for at in range(count - 1, max(count - LOOKED_AT, 0) - 1, -1):
            text = self._transcript.line(at).plain
            bar = progress_bar(text)
            if bar is None and text.strip():
                break
            if bar is not None and bar.done == bar.total:
                break
            found = bar or found
        return found

    @property
    def terminal_size(self) -> tuple[int, int]:
        """Columns and lines that the program's terminal has here."""
        size = self.view.scrollable_content_region
        return size.width, size.height

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        columns, lines = self.terminal_size
        if columns > 0 and lines > 0:
            self._stream.resize(lines)
            self.post_message(self.Resized(columns, lines))

    def _say_what_is_out_of_sight(self, out_of_sight: tuple[int, int]) -> None:
        above, below = out_of_sight
        label_border(self, titled("Output", above if below else 0, below, ascii_only=self._ascii_only), "")
