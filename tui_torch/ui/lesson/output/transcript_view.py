"""The lines of a transcript, wrapped softly and drawn a line at a time, however many they are."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import accumulate, chain
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_torch.drawing.code_colours import OF_THEME, pieces
from tui_torch.drawing.text.transcript import CUT, HEAD, TAIL, Transcript
from tui_torch.ui.common.code_content import styles_of_code
from tui_torch.ui.common.selectable import extracted
from tui_torch.ui.lesson.output.figures import LEAST_ROWS, FigureLine
from tui_torch.ui.shown_figure import ShownFigure, within

if TYPE_CHECKING:
    from textual import events
    from textual.selection import Selection

FRAME = 1 / 60
"""Shortest time between two frames that Textual draws, in seconds."""

STDERR, RESULT, WHERE, ERROR, NOTE = "stderr", "result", "where", "error", "note"
PASSED, FAILED, CODE, STRONG = "passed", "failed", "code", "strong"
"""The roles of a piece of a line; each has the style of the component class `output--ROLE`."""


def code_in_roles(line: str) -> list[tuple[str, str]]:
    """A line of code in pieces, each with its role."""
    return [(piece, f"code-{kind}" if kind else "") for piece, kind in pieces(line)]


class TranscriptView(ScrollView, can_focus=True):
    """A transcript wrapped softly to the width, which follows the newest line unless the person scrolled up."""

    ALLOW_SELECT = True

    class FigureDrawn(Message):
        """A figure was drawn: a new one, or one in the place of another."""

    class FigureClicked(Message):
        """A figure was clicked, to be seen large."""

        def __init__(self, figure: ShownFigure) -> None:
            super().__init__()
            self.figure = figure

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"output--{role}"
        for role in (
            STDERR,
            RESULT,
            WHERE,
            ERROR,
            NOTE,
            PASSED,
            FAILED,
            CODE,
            STRONG,
            CUT,
            *(f"code-{kind}" for kind in OF_THEME),
        )
    }

    DEFAULT_CSS = """
    TranscriptView {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;

        & > .output--stderr {
            color: $text-warning;
            text-style: italic;
        }
        & > .output--result {
            color: $text-success;
        }
        & > .output--where {
            color: $text-muted;
        }
        & > .output--error {
            color: $text-error;
            text-style: bold;
        }
        & > .output--note {
            color: $text-muted;
            text-style: italic;
        }
        & > .output--code {
            color: $code;
        }
        & > .output--strong {
            color: $foreground;
            text-style: bold;
        }
        & > .output--passed {
            color: $text-success;
            text-style: bold;
        }
        & > .output--failed {
            color: $text-error;
            text-style: bold;
        }
        & > .output--cut {
            color: $text-muted;
            text-style: reverse;
        }
    }
    """ + styles_of_code("TranscriptView > .output--code-")

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the newest line is kept in sight."""
    out_of_sight: reactive[tuple[int, int]] = reactive((0, 0), repaint=False)
    """Rows above what is in sight, and below it."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__()
        self.transcript = transcript
        self._head_rows: list[int] = []
        self._tail_rows: deque[int] = deque(maxlen=TAIL)
        """The number of rows of each finished line: `_head_rows` of the transcript's first lines, this of its last."""
        self._measured = 0
        """The number of finished lines that the two hold, including those that were cut since."""
        self._ends: list[int] = []
        """The row after each line."""
        self._wrapped_at = 0
        self._room = 0
        """Rows for which figures were measured."""
        self._asked_for = 0
        """Rows that figures would take beyond those that they have, if the pane were higher."""
        self._drawn: dict[int, list[Strip]] = {}
        self._known_style: Style | None = None
        """The style of text without one of its own; None until it is asked for after the styles have changed."""
        self._waiting = False
        self._is_held = False
        self._to_newest = False
        self.kept: tuple[int, int | None] | None = None
        """The numbers of the finished lines, the first and the last, that stay in sight until somebody scrolls."""
        self._next_frame = 0.0

    def begin(self) -> None:
        """Show an emptied transcript from its beginning."""
        self._forget_rows()
        self.following, self.kept = True, None
        self._next_frame = 0.0
        self.show_written()

    def show_written(self, *, newest: bool = False) -> None:
        """Show what was written since the last call; many calls within one frame cost one refresh.

        Args:
            newest: Scroll to the end of it even if the beginning was in sight, unless the person scrolled up.
        """
        self._to_newest |= newest
        if self._waiting or not self.is_attached:
            return
        self._waiting = True
        if self._is_held:
            return
        delay = self._next_frame - monotonic()
        if delay > 0:
            self.set_timer(delay, self._catch_up)
        else:
            self.call_later(self._catch_up)

    def show_drawn(self) -> None:
        """Show a figure that was drawn since the last call, and what was written."""
        self.show_written(newest=True)
        self.post_message(self.FigureDrawn())

    def hold(self) -> None:
        """Show nothing of what is written until `release()`.

        An emptied transcript would be laid out with the whole screen, and once more with its first line.
        """
        self._is_held = True

    def release(self) -> None:
        """Show what was written since `hold()`. A second call changes nothing."""
        if self._is_held:
            self._is_held = False
            if self._waiting and self.is_attached:
                self._catch_up()

    def keep_in_sight(self, first: int, last: int | None = None) -> None:
        """Have finished lines in sight, whatever follows them and whatever size the pane gets, until somebody scrolls.

        Args:
            first, last: Their numbers, 0 for the first line; where there is not room for all, the first are seen.
                Without a last one, what follows is seen, too, as far as there is room.
        """
        self.kept = first, last
        self.show_written()

    def _end_row(self, number: int) -> int:
        """The row after a finished line; 0 for a number below 0."""
        cut = self.transcript.lines_cut
        index = number if number < HEAD else number - cut + bool(cut)
        return self._ends[min(index, len(self._ends) - 1)] if index >= 0 and self._ends else 0

    def _stay(self, *, following: bool) -> None:
        """Scroll to what is to be in sight after the rows, or the room for them, have changed."""
        if self.kept is None:
            if following:
                self._to_end()
            return
        first, last = self.kept
        above = self._end_row(first - 1)
        below = self._end_row(last) if last is not None else self._ends[-1] if self._ends else 0
        wanted = max(0, min(above, below - self.scrollable_content_region.height))
        self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def follow(self) -> None:
        """Scroll to the newest line, and follow it from now on."""
        self.kept = None
        self._to_end()

    def _to_end(self) -> None:
        self.following = True
        # Without `force`, Textual scrolls only once there is a scrollbar, and that comes after the first few lines that
        # do not fit: their beginning stays in sight. What is best read at the end is forced into sight.
        self.scroll_end(animate=False, force=self._to_newest, immediate=True, x_axis=False)
        self._to_newest = False

    def action_scroll_end(self) -> None:
        self.follow()

    def action_scroll_home(self) -> None:
        self.kept = None
        self.scroll_home(animate=False, immediate=True)

    def action_scroll_up(self) -> None:
        self.kept = None
        self.scroll_up(animate=False, immediate=True)

    def action_scroll_down(self) -> None:
        self.kept = None
        self.scroll_down(animate=False, immediate=True)

    def action_page_up(self) -> None:
        self.kept = None
        self.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        self.kept = None
        self.scroll_page_down(animate=False)

    def on_mouse_scroll_up(self) -> None:
        self.kept = None

    def on_mouse_scroll_down(self) -> None:
        self.kept = None

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.following = self.is_vertical_scroll_end
        self._count()

    def _count(self) -> None:
        above = self.scroll_offset.y
        below = self.virtual_size.height - self.scrollable_content_region.height - above
        self.out_of_sight = above, max(0, below)

    def on_resize(self, event: events.Resize) -> None:
        following = self.following
        region = self.scrollable_content_region
        if region.width != self._wrapped_at or (region.height != self._room and self.transcript.pictures):
            self._forget_rows()
        self._catch_up()
        if following:
            self._to_newest |= bool(self.transcript.pictures)
        self._stay(following=following)
        self._count()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn.clear()
        self._known_style = None

    @property
    def _style(self) -> Style:
        # Textual goes through all the widgets around for it, and each row of each frame asks.
        if self._known_style is None:
            self._known_style = self.rich_style
        return self._known_style

    @property
    def rows_wanted(self) -> int:
        """Rows that show everything, with each figure as large as the screen has room for."""
        return self.virtual_size.height + self._asked_for

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return extracted(selection, self.transcript.plain), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self._drawn.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        row = self.scroll_offset.y + y
        line = bisect_right(self._ends, row)
        # The transcript may have shrunk since the last frame.
        if line >= min(len(self._ends), len(self.transcript)):
            return Strip.blank(self.size.width, self._style)
        if line not in self._drawn:
            self._drawn[line] = self._draw(line)
        rows = self._drawn[line]
        first_row = self._ends[line - 1] if line else 0
        return rows[min(row - first_row, len(rows) - 1)]

    def _draw(self, index: int) -> list[Strip]:
        line = self.transcript.line(index)
        if isinstance(line, FigureLine):
            strips = line.strips(self._wrapped_at, self._most_rows(index))
            return [within(strip, self._style, self.size.width).apply_offsets(0, index) for strip in strips]
        text = Text(line.plain, end="")
        for span in line.spans:
            text.stylize(self._style_of(span.style), span.start, span.end)
        selected = self.text_selection.get_span(index) if self.text_selection else None
        if selected is not None:
            start, end = selected
            text.stylize(self.selection_style, start, len(text) if end == -1 else end)
        starts = row_starts(line.plain, self._wrapped_at)
        return [
            # Rich leaves out the style of a text without spans.
            Strip(Segment.apply_style(row.render(self.app.console), self._style))
            .adjust_cell_length(self.size.width, self._style)
            .apply_offsets(start, index)
            for start, row in zip(starts, text.divide(starts[1:]), strict=True)
        ]

    def _style_of(self, style: str | Style) -> Style:
        if isinstance(style, Style):
            return style
        return self.get_component_rich_style(f"output--{style}")

    def _catch_up(self) -> None:
        self._waiting = False
        self._wrapped_at, self._room = self.scrollable_content_region.width, self.scrollable_content_region.height
        if self._wrapped_at < 1:
            return
        began = monotonic()
        left = self._measure()
        following = self.following
        head = sum(self._head_rows)
        rows = [*self._head_rows, *([1] if self.transcript.lines_cut else ()), *self._tail_rows]
        count = len(self.transcript)
        rows.extend(self._height(index) for index in range(count - self.transcript.lines_open, count))
        self._ends = list(accumulate(rows))
        self._drawn.clear()
        filled = self._ends[-1] if self._ends else 0
        if (asked_for := self._more_for_figures()) != self._asked_for:
            self._asked_for = asked_for
            self.refresh(layout=True)
        self.virtual_size = Size(self._wrapped_at, filled)
        if following or self.kept is not None:
            self._stay(following=following)
        elif left and self.scroll_offset.y > head:
            # Lines were cut above those that the person reads, which stay in place.
            self.scroll_to(y=max(head, self.scroll_offset.y - left), animate=False)
        self._count()
        # The rows below are as blank as they were; where there are more or fewer, another size has all drawn again.
        self.refresh_lines(0, filled)
        # Under a flood, measure for a quarter of the time at most, and leave the rest to keys and other panes.
        now = monotonic()
        # The first line of a run is shown at once: a frame of an empty transcript does not delay it.
        self._next_frame = began + max(FRAME, 4 * (now - began)) if len(self.transcript) else 0.0

    def _measure(self) -> int:
        """Count the rows of the lines finished since the last time; return how many rows left the tail."""
        transcript = self.transcript
        finished = transcript.lines_finished
        self._forget_rows_from(transcript.take_unchanged())
        before = sum(self._tail_rows)
        added = 0
        for number in chain(
            range(self._measured, min(finished, HEAD)),
            range(max(self._measured, HEAD, finished - TAIL), finished),
        ):
            # The line that says what was cut stands between the two parts.
            index = number if number < HEAD else number - transcript.lines_cut + bool(transcript.lines_cut)
            height = self._height(index)
            if number < HEAD:
                self._head_rows.append(height)
            else:
                self._tail_rows.append(height)
                added += height
        self._measured = finished
        return before + added - sum(self._tail_rows)

    def _height(self, index: int) -> int:
        if self.transcript.is_short(index, self._wrapped_at):
            return 1
        line = self.transcript.line(index)
        if isinstance(line, FigureLine):
            return line.cells(self._wrapped_at, self._most_rows(index))[1]
        return len(row_starts(line.plain, self._wrapped_at))

    def _most_rows(self, index: int) -> int:
        """Rows that a figure has: as far as the pane allows, it is seen whole, and with the line above it."""
        return max(self._room - min(index, 1), LEAST_ROWS)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = bisect_right(self._ends, offset.y + self.scroll_offset.y) if offset is not None else len(self._ends)
        if self.text_selection is None and line < min(len(self._ends), len(self.transcript)):
            clicked = self.transcript.line(line)
            if isinstance(clicked, FigureLine):
                self.post_message(self.FigureClicked(clicked.figure))

    @property
    def drawn(self) -> list[ShownFigure]:
        """The figures, in their order."""
        return [line.figure for line in self.transcript.pictures if isinstance(line, FigureLine)]

    def figures(self) -> tuple[list[ShownFigure], int]:
        """The figures, in their order, and the index of the last one of which the beginning or more is in sight."""
        found: list[ShownFigure] = []
        last, bottom = 0, self.scroll_offset.y + self.scrollable_content_region.height
        for index in range(min(len(self.transcript), len(self._ends))):
            line = self.transcript.line(index)
            if isinstance(line, FigureLine):
                if (self._ends[index - 1] if index else 0) < bottom:
                    last = len(found)
                found.append(line.figure)
        return found, last

    def _more_for_figures(self) -> int:
        """Rows that figures would take beyond those that they have, were the pane as high as the screen."""
        width, screen, more = self._wrapped_at, self.screen.size.height, 0
        for line in self.transcript.pictures:
            if isinstance(line, FigureLine):
                room = self._most_rows(0 if line is self.transcript.line(0) else 1)
                more += max(0, line.cells(width, screen)[1] - line.cells(width, room)[1])
        return more

    def _forget_rows_from(self, number: int) -> None:
        """Forget how high the finished lines from this number on were: they have been written again."""
        for _ in range(min(self._measured - number, len(self._tail_rows))):
            self._tail_rows.pop()
        del self._head_rows[number:]
        self._measured = min(self._measured, number)

    def _forget_rows(self) -> None:
        self._head_rows.clear()
        self._tail_rows.clear()
        self._measured = 0
        self._ends = []
        self._drawn.clear()


def row_starts(text: str, width: int) -> list[int]:
    """Return the index at which each row of a line begins, when it is wrapped softly to `width` cells.

    A row ends after a space in its second half, or where it is full if there is none. The space may be one cell beyond.
    """
    starts = [0]
    while (full := _fitting(text, starts[-1], width)) < len(text):
        start = starts[-1]
        space = text.rfind(" ", start + (full - start) // 2, full + 1)
        starts.append(full if space < 0 or text[start:space].isspace() else space + 1)
    # A space beyond the end of the last row does not begin a row.
    return starts if starts[-1] < len(text) else starts[:-1] or [0]


def _fitting(text: str, start: int, width: int) -> int:
    """Return the end of the longest piece from `start` that fits `width` cells, and has at least one character."""
    ahead = text[start : start + width + 1]
    if ahead.isascii():
        return min(len(text), start + max(width, 1))
    cells = 0
    for position in range(start, len(text)):
        cells += get_character_cell_size(text[position])
        if cells > width and position > start:
            return position
    return len(text)
