"""The pane of what there is to say of a training: its notes, and the error that it ended by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui_torch.drawing.text.visible import visible, visible_lines
from tui_torch.protocol.events import Failed
from tui_torch.protocol.notes import Note
from tui_torch.ui.common.border_labels import label_border
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.more_lines import more_below

FRAMES = 6
"""Maximum number of lines of the traceback that are shown: the innermost ones."""


class NotesPane(VerticalScroll, can_focus=True):
    """Sentences, and an error with its lines; hidden while there is nothing to say."""

    DEFAULT_CSS = """
    NotesPane {
        height: 1fr;
        min-height: 3;
        padding: 0 1;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        border-title-style: none;
        scrollbar-size-vertical: 1;
        &:focus { border: round $border; border-title-color: $foreground; }
        &.-ascii { border: ascii $border-blurred; }
        &.-ascii:focus { border: ascii $border; }
        &.-absent { display: none; }
        & > Static { height: auto; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-absent -ascii" if ascii_only else "-absent")
        self._ascii_only = ascii_only
        self._text = Static(markup=False)
        self._shown: tuple[object, ...] = ()
        self._title = "Notes"

    def compose(self) -> ComposeResult:
        yield self._text

    def on_mount(self) -> None:
        self.watch(self, "virtual_size", self._say_what_is_out_of_sight)
        self.watch(self, "scroll_y", self._say_what_is_out_of_sight)

    def on_resize(self, event: events.Resize) -> None:
        self._say_what_is_out_of_sight()

    def _say_what_is_out_of_sight(self) -> None:
        below = self.virtual_size.height - self.scrollable_content_region.height - self.scroll_offset.y
        # Below the lines: beside its title, a narrow pane has no room for it.
        label_border(self, self._title, more_below(below, ascii_only=self._ascii_only))

    def show(self, notes: Sequence[str], failed: Failed | None, who: str = "") -> None:
        """Show notes, in which code stands in backticks, and an error.

        Args:
            notes: Sentences, those that matter most first.
            failed: The error, if the program ended by one.
            who: Which process that was, such as `rank 1`; empty where there is one.
        """
        shown = (tuple(notes), failed, who)
        if shown == self._shown:
            return
        self._shown = shown
        self.set_class(not notes and failed is None, "-absent")
        self._title = ("Error" if not notes else "Error, notes") if failed is not None else "Notes"
        self._say_what_is_out_of_sight()
        parts = [*([] if failed is None else [self._error(failed, who)]), *map(self._sentence, notes)]
        self._text.update(Content("\n\n").join(parts))

    @property
    def plain(self) -> str:
        """All that is said."""
        visual = self._text.visual
        return visual.plain if isinstance(visual, Content) else ""

    def _sentence(self, note: str) -> Content:
        return inline(note, ascii_only=self._ascii_only)

    def _error(self, failed: Failed, who: str) -> Content:
        message = visible_lines(failed.message, self._ascii_only)
        before = f"{who}: " if who else ""
        lines = [Content.assemble(before, (failed.error, "$text-error bold"), f": {message}" if message else "")]
        if failed.explanation is not None:
            lines.append(self._sentence(failed.explanation.meaning))
        lines.append(Content(""))
        if len(failed.frames) > FRAMES:
            lines.append(Content.styled(f"{len(failed.frames) - FRAMES} lines before", "$text-muted"))
        for frame in failed.frames[-FRAMES:]:
            file = visible(PurePath(frame.file or "").name, self._ascii_only)
            lines.append(Content.styled(f"{file} line {frame.line}, in {frame.function}", "$text-muted"))
            lines.append(Content.assemble("  ", (visible(frame.code.strip(), self._ascii_only), "$code")))
        return Content("\n").join(lines).rstrip()


def said(notes: Sequence[Note]) -> list[str]:
    """What notes say."""
    return [note.says for note in notes]
