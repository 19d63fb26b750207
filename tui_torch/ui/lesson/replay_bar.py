"""The bar below a replay: its position in the run, the pass of the loop, and what has just happened there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.events import Summary
from tui_torch.protocol.shapes import shape_text
from tui_torch.ui.inspector.page import MUTED

if TYPE_CHECKING:
    from tui_torch.tutor.replay.loop_passes import LoopPass
    from tui_torch.tutor.replay.replay import Moment

VALUE = 16
"""Maximum width of a value, in cells."""


class ReplayBar(Widget):
    """Two lines about the replay's moment: a bar to scrub, and a sentence.

    It shows `moment`, and posts `PositionClicked` when its bar is clicked, and `Scrolled` when the wheel turns.
    """

    DEFAULT_CSS = """
    ReplayBar {
        height: 2;
        padding: 0 1;
        background: $panel;
        color: $foreground;
    }
    """

    class PositionClicked(Message):
        """A position on the bar was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index
            """The position in the run, 0 for the first."""

    class Scrolled(Message):
        """The wheel was turned."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by
            """The number of positions to go on, or back."""

    moment: reactive[Moment | None] = reactive(None)
    """What the replay shows; None outside a replay."""
    typed: reactive[str] = reactive("")
    """The digits typed so far of the number of a pass; empty if none were."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self._bar = range(0)
        """The columns of the scrub bar."""

    def render(self) -> Content:
        moment = self.moment
        width = self.content_size.width
        if moment is None or width < 1:
            return Content("")
        return Content("\n").join([self._where(moment, width), self._what(moment, width)])

    def _where(self, moment: Moment, width: int) -> Content:
        count = Content.styled(f"{moment.index + 1:>{len(str(moment.count))}}/{moment.count}", "bold")
        passes = self._passes(moment)
        room = width - count.cell_length - passes.cell_length - 4
        if room < 8:  # too short a bar to be read: show the passes instead
            passes = passes if count.cell_length + 2 + passes.cell_length <= width else Content("")
            room = 0 if passes else width - count.cell_length - 2
        if room < 1:
            self._bar = range(0)
            return _cut(Content("  ").join([part for part in (count, passes) if part]), width, self.ascii_only)
        before = count.cell_length + 2
        self._bar = range(before, before + room)
        parts = [count, self._scrubber(moment, room), passes]
        return _cut(Content("  ").join([part for part in parts if part]), width, self.ascii_only)

    def _scrubber(self, moment: Moment, width: int) -> Content:
        full, head, rest = ("=", "#", "-") if self.ascii_only else ("━", "●", "─")
        place = round(moment.index * (width - 1) / max(moment.count - 1, 1))
        return Content.assemble(
            (full * place, "$primary"), (head, "bold $primary"), (rest * (width - 1 - place), MUTED)
        )

    def _passes(self, moment: Moment) -> Content:
        separator = " > " if self.ascii_only else " › "
        if self.typed:
            return Content.assemble("pass ", (f"{self.typed}_", "bold $accent"), f" of {_count(moment.loops)}")
        # Of more than three nested loops, the outermost and the two innermost.
        loops = moment.loops if len(moment.loops) <= 3 else (moment.loops[0], *moment.loops[-2:])
        texts = [f"{loop.number}/{loop.count}" for loop in loops]
        return Content.assemble(("pass ", MUTED), separator.join(texts)) if texts else Content("")

    def _what(self, moment: Moment, width: int) -> Content:
        position = moment.position
        separator = (" | " if self.ascii_only else " · ", MUTED)
        inside = "" if position.function == "<module>" else f" in {position.function}"
        parts: list[Content] = [Content.styled(f"line {position.line}{inside}", "bold")]
        note = self._plain(position.note or "")
        changed = ", ".join(_change(summary, self.ascii_only) for summary in position.summaries)
        match position.event:
            case "backward":
                parts.append(Content.assemble(("backward(): ", "bold $accent"), note))
            case "exception":
                parts.append(Content.assemble(("raises ", "bold $text-error"), note))
            case _ if moment.is_end and moment.stopped is None:
                parts.append(Content("the end: all has run"))
            case "return":
                parts.append(Content(note))
            case _:
                pass
        if moment.stopped is not None:
            parts = [Content.styled(self._plain(moment.stopped), "$text-warning")]
        elif position.changed and position.event != "backward":
            parts.append(Content.assemble(("just changed: ", MUTED), changed))
        if position.event == "line" and moment.stopped is None:
            parts.append(Content.styled(moment.code.strip(), MUTED))
        return _cut(Content.assemble(separator).join(parts), width, self.ascii_only)

    def _plain(self, text: str) -> str:
        """Return a note's text, in ASCII if the terminal needs that; the arrow of `3.0 → 6.0` becomes `->`."""
        return text.replace("→", "->").encode("ascii", "replace").decode() if self.ascii_only else text

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        # As with the arrow keys, shift makes ten of one.
        self.post_message(self.Scrolled(direction * (10 if event.shift else 1)))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if self.moment is not None and place is not None and place.y == 0 and place.x in self._bar:
            fraction = (place.x - self._bar.start) / max(len(self._bar) - 1, 1)
            self.post_message(self.PositionClicked(round(fraction * (self.moment.count - 1))))


def _count(loops: tuple[LoopPass, ...]) -> str:
    return str(loops[-1].count) if loops else "?"


def _change(summary: Summary, ascii_only: bool) -> str:
    """Return a name and what it holds now, if that is short: `loss 0.5142`, `xb [5, 3]`, `y gone`."""
    if summary.change == "gone":
        now = "gone"
    elif summary.kind == "value":
        now = clipped(" ".join(summary.text.split()), VALUE, ascii_only)
    elif summary.shape == () and summary.values:
        now = numbers.number(summary.values[0], VALUE, ascii_only)
    else:
        now = "" if summary.shape is None else shape_text(summary.shape)
    return f"{summary.name} {now}".rstrip()


def _cut(line: Content, width: int, ascii_only: bool) -> Content:
    return line if line.cell_length <= width else line.truncate(width, ellipsis=not ascii_only)
