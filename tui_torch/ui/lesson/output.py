"""The pane that shows what a run printed, the value it ended with or the error it raised, and asks what it asks."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import accumulate, chain
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Label

from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.code_spans import code_spans
from tui_torch.drawing.text.transcript import CUT, HEAD, TAIL, Transcript, visible
from tui_torch.ui.common.keys_in_order import LineInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual import events
    from textual.app import ComposeResult
    from textual.selection import Selection
    from textual.widget import Widget

    from tui_torch.protocol.events import Explanation, Failed, Frame, Graded, Note, Output

FRAME = 1 / 60
"""Seconds between two frames, at the fastest that Textual draws."""

FRAMES_SHOWN = 4
"""Lines of a deep traceback shown at either end."""

NAME_WIDTH = 24
"""Columns kept for what a line names, beside what it is."""

STDERR, RESULT, WHERE, ERROR, NOTE = "stderr", "result", "where", "error", "note"
PASSED, FAILED, CODE = "passed", "failed", "code"


class TranscriptView(ScrollView, can_focus=True):
    """The lines of a transcript, wrapped softly to the width. Follows the newest line unless the person scrolled up."""

    ALLOW_SELECT = True

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"output--{role}" for role in (STDERR, RESULT, WHERE, ERROR, NOTE, PASSED, FAILED, CODE, CUT)
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
            color: $text-accent;
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
    """

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the newest line is kept in sight."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__()
        self.transcript = transcript
        self._head_rows: list[int] = []
        self._tail_rows: deque[int] = deque(maxlen=TAIL)
        """How many rows each finished line takes, of the transcript's first and of its last lines."""
        self._measured = 0
        """How many finished lines the two speak of, cut ones included."""
        self._ends: list[int] = []
        """The row after each line."""
        self._wrapped_at = 0
        self._drawn: dict[int, list[Strip]] = {}
        self._waiting = False
        self._to_newest = False
        self._next_frame = 0.0

    def begin(self) -> None:
        """Show an emptied transcript from its beginning."""
        self._forget_rows()
        self.following = True
        self._next_frame = 0.0
        self.show_written()

    def show_written(self, *, newest: bool = False) -> None:
        """Show what was written since; many calls within a frame cost one refresh. `newest`: the end of it, unless the
        person scrolled up."""
        self._to_newest |= newest
        if self._waiting or not self.is_attached:
            return
        self._waiting = True
        delay = self._next_frame - monotonic()
        if delay > 0:
            self.set_timer(delay, self._catch_up)
        else:
            self.call_later(self._catch_up)

    def follow(self) -> None:
        """Go to the newest line, and stay with it."""
        self.following = True
        # When a few lines are the first ones too many, their beginning stays in sight: Textual scrolls only where a
        # scrollbar is, which comes after them. What is to be read at the end is brought into sight all the same.
        self.scroll_end(animate=False, force=self._to_newest, immediate=True, x_axis=False)
        self._to_newest = False

    def action_scroll_end(self) -> None:
        self.follow()

    def action_scroll_home(self) -> None:
        self.scroll_home(animate=False, immediate=True)

    def action_scroll_up(self) -> None:
        self.scroll_up(animate=False, immediate=True)

    def action_scroll_down(self) -> None:
        self.scroll_down(animate=False, immediate=True)

    def action_page_up(self) -> None:
        self.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        self.scroll_page_down(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.following = self.is_vertical_scroll_end

    def on_resize(self, event: events.Resize) -> None:
        following = self.following
        if self.scrollable_content_region.width != self._wrapped_at:
            self._forget_rows()
        self._catch_up()
        if following:
            self.follow()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn.clear()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract(self.transcript.plain), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self._drawn.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        row = self.scroll_offset.y + y
        line = bisect_right(self._ends, row)
        # Between two frames the transcript may already have shrunk.
        if line >= min(len(self._ends), len(self.transcript)):
            return Strip.blank(self.size.width, self.rich_style)
        if line not in self._drawn:
            self._drawn[line] = self._draw(line)
        rows = self._drawn[line]
        first_row = self._ends[line - 1] if line else 0
        return rows[min(row - first_row, len(rows) - 1)]

    def _draw(self, index: int) -> list[Strip]:
        line = self.transcript.line(index)
        text = Text(line.plain, end="")
        for span in line.spans:
            text.stylize(self._look(span.style), span.start, span.end)
        selected = self.text_selection.get_span(index) if self.text_selection else None
        if selected is not None:
            start, end = selected
            text.stylize(
                self.screen.get_component_rich_style("screen--selection"), start, len(text) if end == -1 else end
            )
        starts = row_starts(line.plain, self._wrapped_at)
        return [
            # Rich leaves out the style of a text without spans.
            Strip(Segment.apply_style(row.render(self.app.console), self.rich_style))
            .adjust_cell_length(self.size.width, self.rich_style)
            .apply_offsets(start, index)
            for start, row in zip(starts, text.divide(starts[1:]), strict=True)
        ]

    def _look(self, style: str | Style) -> Style:
        if isinstance(style, Style):
            return style
        return self.get_component_rich_style(f"output--{style}")

    def _catch_up(self) -> None:
        self._waiting = False
        self._wrapped_at = self.scrollable_content_region.width
        if self._wrapped_at < 1:
            return
        began = monotonic()
        left = self._measure()
        following = self.following
        head = sum(self._head_rows)
        rows = [*self._head_rows, *([1] if self.transcript.lines_cut else ()), *self._tail_rows]
        if self.transcript.is_line_open:
            rows.append(self._height(len(self.transcript) - 1))
        self._ends = list(accumulate(rows))
        self._drawn.clear()
        self.virtual_size = Size(self._wrapped_at, self._ends[-1] if self._ends else 0)
        if following:
            self.follow()
        elif left and self.scroll_offset.y > head:
            # Lines above what the person reads were cut: the reading stays in place.
            self.scroll_to(y=max(head, self.scroll_offset.y - left), animate=False)
        self.refresh()
        # Under a flood, measuring takes at most a quarter of the time; the rest belongs to keys and to other panes.
        now = monotonic()
        # What comes first of all is not to wait for a frame that showed nothing.
        self._next_frame = began + max(FRAME, 4 * (now - began)) if len(self.transcript) else 0.0

    def _measure(self) -> int:
        """Measure the lines that were finished since the last time; says how many rows left the tail."""
        transcript = self.transcript
        finished = transcript.lines_finished
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
        return len(row_starts(self.transcript.line(index).plain, self._wrapped_at))

    def _forget_rows(self) -> None:
        self._head_rows.clear()
        self._tail_rows.clear()
        self._measured = 0
        self._ends = []
        self._drawn.clear()


class OutputPane(Vertical):
    """What a run says: its output as it comes, then a value, an error or a note.

    It is told what happens: `begin()` when a run starts, then `write`, `show_result`, `show_failed`, `note` as events
    come. When the code calls `input()`, `ask` opens a field, and the pane posts `Answered`.
    """

    HELP = """\
## Output

What the code printed; what it wrote to stderr is slanted. After `→` stands the value of the last line. Of an error you
see your own lines, the outermost first; below it, often, what it means here, what your line names, and a mend that was
tried on tensors of the same shapes. Below the output, the coach says what went wrong without an error, and at which
line; `m` shows the line mended, and hides it again. Control characters are written out (`␛[2J`), so that nothing
printed can disturb the screen. Of a long output the first 500 and the last 2,000 lines are kept.

`up`, `down`, `pageup`, `pagedown`, `home` scroll; `end` goes to the newest line and stays with it.
"""

    class Answered(Message):
        """The person answered what the code asked with `input()`."""

        def __init__(self, pane: OutputPane, text: str) -> None:
            super().__init__()
            self.pane = pane
            self.text = text

        @property
        def control(self) -> OutputPane:
            return self.pane

    DEFAULT_CSS = """
    OutputPane {
        height: 1fr;
        min-height: 3;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        border-subtitle-color: $text-muted;
        padding: 0 0 0 1;

        &:focus-within {
            border: round $border;
            border-title-color: $foreground;
        }
        &.-ascii {
            border: ascii $border-blurred;
        }
        &.-ascii:focus-within {
            border: ascii $border;
        }
        & > .output--question {
            display: none;
            height: 1;
        }
        &.-asking > .output--question {
            display: block;
        }
        & .output--question Label {
            color: $text-accent;
            text-style: bold;
        }
        & .output--question Input {
            width: 1fr;
        }
    }
    """

    def __init__(
        self,
        ascii_only: bool = False,
        *,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.ascii_only = ascii_only
        self.border_title = "Output"
        self.set_class(ascii_only, "-ascii")
        self._transcript = Transcript(ascii_only)
        self._view = TranscriptView(self._transcript)
        self._input = LineInput(compact=True, placeholder="The code waits for a line: type it, then Enter")
        self._focus_before: Widget | None = None
        self._notes: list[Note] = []
        self._shown_fixes: tuple[int, int] | None = None
        """Where the suggested fixes are shown: the number of lines above them, and their own; None while hidden."""
        self._until = 0
        """How many characters of an earlier moment are shown; 0 while all is."""

    def compose(self) -> ComposeResult:
        yield self._view
        with Horizontal(classes="output--question"):
            yield Label("> " if self.ascii_only else "❯ ", markup=False)
            yield self._input

    def on_mount(self) -> None:
        self.watch(self._view, "following", self._say_where_the_newest_is)

    @property
    def view(self) -> TranscriptView:
        """The part that scrolls and takes the focus."""
        return self._view

    @property
    def asking(self) -> bool:
        """Whether the code waits for a line."""
        return self.has_class("-asking")

    def begin(self) -> None:
        """Forget the last run."""
        self.stop_asking()
        self.show_all()
        self._notes, self._shown_fixes = [], None
        self._transcript.clear()
        self._view.begin()

    def show_until(self, output: Iterable[Output], cut: int = 0) -> None:
        """Show what had been printed at an earlier moment of the run, instead of all. `cut`: how many more characters
        that was than there are here."""
        pieces = list(output)
        length = sum(len(piece.text) for piece in pieces) + cut
        past = self._view.transcript
        if past is self._transcript or length < self._until or cut:
            past = self._view.transcript = Transcript(self.ascii_only)
            self._until = 0
            self._view.begin()
        skip = self._until
        for piece in pieces:
            past.write(piece.text[skip:], STDERR if piece.stream == "stderr" else "")
            skip = max(0, skip - len(piece.text))
        if cut:
            past.add_line((f"and {cut:,} characters more, which the recording leaves out", NOTE))
        self._until = length
        self._view.show_written()

    def show_all(self) -> None:
        """Show all that the run said, after `show_until`."""
        if self._view.transcript is not self._transcript:
            self._until = 0
            self._view.transcript = self._transcript
            self._view.begin()

    def write(self, text: str, stream: Literal["stdout", "stderr"] = "stdout") -> None:
        """Add what the code printed; chunks may be split anywhere."""
        self._transcript.write(text, STDERR if stream == "stderr" else "")
        self._view.show_written()

    def show_result(self, text: str) -> None:
        """Add the value of the last line; its further lines are indented to stand below the first."""
        arrow = "=> " if self.ascii_only else "→ "
        for number, line in enumerate(text.split("\n")):
            self._transcript.add_line((arrow if number == 0 else " " * len(arrow), RESULT), (line, ""))
        self._view.show_written()

    def show_failed(self, failed: Failed) -> None:
        """Add an error: the learner's lines that led to it, outermost first, and what it says."""
        if failed.in_step is not None:
            self.note(f"Your code has not run: “{failed.in_step}”, which it stands on, failed.")
        frames = failed.frames
        if len(frames) > 2 * FRAMES_SHOWN + 1:
            self._show_frames(frames[:FRAMES_SHOWN])
            self.note(f"and {len(frames) - 2 * FRAMES_SHOWN} lines more, then")
            frames = frames[-FRAMES_SHOWN:]
        self._show_frames(frames)
        first, *rest = failed.message.split("\n")
        self._transcript.add_line((f"{failed.error}: " if failed.message else failed.error, ERROR), (first, ""))
        for line in rest:
            self._transcript.add_line((line, ""))
        if failed.explanation is not None:
            self._show_explanation(failed.explanation)
        self._view.show_written(newest=failed.explanation is not None)

    def show_note(self, note: Note) -> None:
        """Add what the coach says of the run."""
        self._notes.append(note)
        self._transcript.end_line()
        if len(self._transcript):
            self._transcript.add_line(("", ""))
        where = f"line {note.line}  " if note.line is not None else ""
        self._transcript.add_line((where, WHERE), *_said(self._drawable(note.says)))
        self._view.show_written(newest=True)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the coach said of the run so far."""
        return tuple(self._notes)

    @property
    def has_suggested_fix(self) -> bool:
        """Whether the coach has a suggested fix to show."""
        return any(note.suggested_fix is not None for note in self._notes)

    def toggle_suggested_fixes(self) -> None:
        """Show the suggested fixes below the output, or hide them."""
        transcript = self._transcript
        transcript.end_line()
        if self._shown_fixes is not None and transcript.lines_finished == sum(self._shown_fixes):
            transcript.drop(self._shown_fixes[1])
            self._shown_fixes = None
            self._view.begin()
            return
        before = transcript.lines_finished
        for note in self._notes:
            if note.suggested_fix is None:
                continue
            label = "Try: " if len(self._notes) == 1 or note.line is None else f"Try, line {note.line}: "
            for number, line in enumerate(note.suggested_fix.split("\n")):
                start = label if number == 0 else " " * len(label)
                transcript.add_line((start, NOTE), (self._drawable(line), CODE))
        self._shown_fixes = before, transcript.lines_finished - before
        self._view.follow()
        self._view.show_written(newest=True)

    def show_checks(self, names: Iterable[str]) -> None:
        """Add the checks that an exercise will be graded by."""
        self._transcript.add_line(("F5 runs your code, and checks:", NOTE))
        for name in names:
            self._transcript.add_line(("o " if self.ascii_only else "○ ", WHERE), (name, ""))
        self._view.show_written()

    def show_graded(self, graded: Graded, advice: Mapping[str, str]) -> None:
        """Add what each check found; below a failed one, what was seen and wanted, and its advice (by check name)."""
        passed, failed = ("+", "x") if self.ascii_only else ("✓", "✗")
        for check in graded.checks:
            if check.passed:
                self._transcript.add_line((f"{passed} {check.name}", PASSED))
                continue
            self._transcript.add_line((f"{failed} {check.name}", FAILED))
            for line in check.message.splitlines():
                self._transcript.add_line((f"  {line}", ""))
            if check.name in advice:
                self._transcript.add_line(("  ", NOTE), *_said(" ".join(advice[check.name].split())))
        self._view.show_written()

    def note(self, text: str) -> None:
        """Add a sentence of the tutor's own, such as how a run ended."""
        self._transcript.add_line(*_said(self._drawable(text)))
        self._view.show_written()

    def plain(self) -> str:
        """Everything shown, as plain text."""
        return self._transcript.plain

    def ask(self, prompt: str, password: bool = False) -> None:
        """Print the prompt, as a terminal would, and open a field for the answer; a password is not shown."""
        self._transcript.write(prompt)
        self._view.show_written()
        self._view.follow()
        self._input.value = ""
        self._input.password = password
        if not self.asking:
            self._focus_before = self.screen.focused
            self.add_class("-asking")
        self._input.focus()

    def stop_asking(self) -> None:
        """Close the field unanswered; the focus goes back to where it was."""
        if not self.asking:
            return
        had_focus = self._input.has_focus
        self.remove_class("-asking")
        self._input.value = ""
        self._transcript.end_line()
        self._view.show_written()
        if had_focus:
            before = self._focus_before
            self.screen.set_focus(before if before is not None and before.is_attached else None)
        self._focus_before = None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.asking:
            answer = event.value
            if not self._input.password:
                self._transcript.write(visible(answer, self.ascii_only))
            self._transcript.write("\n")
            self.stop_asking()
            self.post_message(self.Answered(self, answer))

    def _show_frames(self, frames: tuple[Frame, ...]) -> None:
        for frame in frames:
            # The outermost code has no function, and Python's name for it would say nothing.
            inside = "" if frame.function.startswith("<module") or not frame.function else f" in {frame.function}"
            self._transcript.add_line((f"line {frame.line}{inside}  ", WHERE), (frame.code, ""))

    def _show_explanation(self, explanation: Explanation) -> None:
        """What the error means here, what the line names (their shapes in a column), and what to write instead."""
        self._transcript.add_line(("", ""))
        self._transcript.add_line(*_said(self._drawable(explanation.meaning)))
        width = min(max((cell_len(name) for name, _ in explanation.names), default=0), NAME_WIDTH)
        for name, description in explanation.names:
            padding = " " * max(0, width - cell_len(name))
            self._transcript.add_line(
                ("  ", ""), (self._drawable(name), CODE), (f"{padding}  {self._drawable(description)}", "")
            )
        if explanation.suggested_fix is not None:
            gives = f"   gives {explanation.suggested_fix_gives}" if explanation.suggested_fix_gives is not None else ""
            self._transcript.add_line(
                ("Try: ", NOTE), (self._drawable(explanation.suggested_fix), CODE), (gives, WHERE)
            )

    def _drawable(self, text: str) -> str:
        return in_ascii(text) if self.ascii_only else text

    def _say_where_the_newest_is(self, following: bool) -> None:
        self.border_subtitle = "" if following else "end: to the newest line"


def _said(sentence: str) -> list[tuple[str, str]]:
    """A sentence of the tutor's or the lesson's, in pieces: what stands in backticks is code."""
    return [(piece, CODE if is_code else NOTE) for piece, is_code in code_spans(sentence)]


def row_starts(text: str, width: int) -> list[int]:
    """Where each row of a line begins when it is wrapped softly to `width` cells.

    A row ends after a space in its second half, or else wherever it is full; the space may stand one cell beyond.
    """
    starts = [0]
    while (full := _fitting(text, starts[-1], width)) < len(text):
        start = starts[-1]
        space = text.rfind(" ", start + (full - start) // 2, full + 1)
        starts.append(full if space < 0 or text[start:space].isspace() else space + 1)
    # A space that hangs beyond the last row begins no row of its own.
    return starts if starts[-1] < len(text) else starts[:-1] or [0]


def _fitting(text: str, start: int, width: int) -> int:
    """The end of the longest piece of `text` from `start` that takes at most `width` cells; one character at least."""
    ahead = text[start : start + width + 1]
    if ahead.isascii():
        return min(len(text), start + max(width, 1))
    cells = 0
    for position in range(start, len(text)):
        cells += get_character_cell_size(text[position])
        if cells > width and position > start:
            return position
    return len(text)
