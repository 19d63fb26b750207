"""The pane with what a run printed, its last value or its error, and a field for what the code asks with `input()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label

from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.transcript import Transcript
from tui_torch.drawing.text.visible import visible, visible_lines
from tui_torch.ui.common.help_of_keys import HelpOfKeys
from tui_torch.ui.common.keys_in_order import LineInput
from tui_torch.ui.common.more_lines import titled
from tui_torch.ui.common.output_help import OUTPUT_HELP
from tui_torch.ui.keys.bound import keys_of
from tui_torch.ui.lesson.output.explained import lines_of_error
from tui_torch.ui.lesson.output.figures import (
    MOST,
    MOST_BYTES,
    DrawnFigure,
    FigureLine,
    FigureLog,
    KeptFigures,
    interleaved,
)
from tui_torch.ui.lesson.output.graded import lines_after, lines_of, said
from tui_torch.ui.lesson.output.headed import HeadedPane
from tui_torch.ui.lesson.output.left import LeftOutput
from tui_torch.ui.lesson.output.transcript_view import (
    CODE,
    NOTE,
    RESULT,
    STDERR,
    WHERE,
    TranscriptView,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rich.text import Text
    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.widget import Widget

    from tui_torch.drawing.text.transcript import Pieces
    from tui_torch.protocol.events import Displayed, Failed, Figure, Graded, Output, PutBack
from tui_torch.protocol.notes import Note

ANSWER = "The code waits for a line: type it, then Enter"
DEBUG = "n next line, p x, c go on, q quit; {replay} replays lines"
"""What stands in an empty field for an answer, and for a command to Python's debugger."""
DEBUGGERS = ("ipdb> ", "(Pdb) ")
"""The prompts of IPython's debugger, which `breakpoint()` starts, and of Python's own."""


class OutputPane(HeadedPane, HelpOfKeys, Vertical):
    """A run's output as it comes, then its value, its error, its grade or a note.

    `begin()` starts a run; `write`, `show_displayed`, `show_failed`, `show_graded` and `note` add to it. `ask` opens a
    field when the code calls `input()`, and the pane posts `Answered`.
    """

    HELP_OF_KEYS = OUTPUT_HELP

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
        self.border_title = self.heading
        self.set_class(ascii_only, "-ascii")
        self._transcript = Transcript(ascii_only)
        self._view = TranscriptView(self._transcript)
        self._input = LineInput(compact=True, placeholder=ANSWER)
        self._focus_before: Widget | None = None
        self.figures = KeptFigures()
        self._log: FigureLog | None = None
        """When the figures of a recorded run were drawn."""
        self._printed = 0
        """Number of characters that the run has printed."""
        self._notes: list[Note] = []
        self._put_back: list[str] = []
        self._shown_fixes: tuple[int, int] | None = None
        """Where the suggested fixes are shown: the number of lines above them, and their own; None while hidden."""
        self._rows_kept = 0
        """Rows that the pane keeps while a run goes on, as many as the run before left."""
        self.has_run = self._goes_on = False
        """Whether a run is shown, and whether it goes on: its output may be fast, and a new title draws all of it."""
        self._until = 0
        """The number of characters shown of an earlier moment; 0 while everything is shown."""
        self.is_of_the_editor: Callable[[str], bool] = lambda _: False
        """Whether the editor shows a file: the number of a line says where in it."""

    def compose(self) -> ComposeResult:
        yield self._view
        with Horizontal(classes="output--question"):
            yield Label("> " if self.ascii_only else "❯ ", markup=False)
            yield self._input

    def on_mount(self) -> None:
        self.watch(self._view, "following", self._say_where_the_newest_is)
        self.watch(self._view, "out_of_sight", self.say_what_is_out_of_sight, init=False)

    @property
    def view(self) -> TranscriptView:
        """The part that scrolls and takes the focus."""
        return self._view

    @property
    def asking(self) -> bool:
        """Whether the code waits for a line."""
        return self.has_class("-asking")

    def begin(self, *, run: bool = False, recorded: bool = False) -> None:
        """Forget the last run.

        Args:
            run: Another one begins; the pane keeps its height until it says more, or is over.
            recorded: It is going to be replayed.
        """
        self.label(self.heading)
        self._rows_kept, self._goes_on, self.has_run = self._rows if run else 0, run, run
        if not run:
            self.remove_class("-figure")
        self.stop_asking()
        self.show_all()
        self._notes, self._shown_fixes, self._put_back = [], None, []
        self.figures.begin()
        self._log, self._printed = FigureLog() if recorded else None, 0
        self._transcript.clear()
        self._view.begin()

    def leave(self) -> LeftOutput | None:
        """Hand out all that is shown, for `come_back`, and show nothing; None if no run is shown, or one goes on."""
        left = None
        if not self._goes_on and self.has_run:
            left = LeftOutput(self._transcript, self.figures, self._notes, self._shown_fixes, self._view.kept)
            self._transcript, self.figures = Transcript(self.ascii_only), KeptFigures()
        self.begin()
        return left

    def come_back(self, left: LeftOutput) -> None:
        """Show again what `leave` handed out."""
        self.begin()
        self.has_run = True
        self._transcript, self.figures, self._notes = left.transcript, left.figures, left.notes
        self._shown_fixes = left.shown_fixes
        self.show_all()
        if left.in_sight is not None:
            self._view.keep_in_sight(*left.in_sight)
        self.end()

    def end(self) -> None:
        """Be as high as what is shown: the run is over."""
        if self._rows_kept > self._rows:
            self.refresh(layout=True)
        self._rows_kept, self._goes_on = 0, False
        self.set_class(self.has_figure, "-figure")
        self.say_what_is_out_of_sight()

    @property
    def _rows(self) -> int:
        """Rows of what the run printed, as it is wrapped now, and of its figures."""
        return self._view.rows_wanted

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # What prints while it runs would move the panes above up and down if it were not for the rows it had before.
        return max(self._rows, self._rows_kept) + (1 if self.asking else 0)

    def show_until(self, output: Iterable[Output], cut: int = 0, *, printed: int = 0, figures: int = 0) -> None:
        """Show what had been printed and drawn at an earlier moment of the run, instead of everything.

        Args:
            output: What was on show of what had been printed, as far as the recording has it.
            cut: The number of characters printed by then that the recording leaves out.
            printed: The number of all characters printed by then.
            figures: The number of figures drawn by then.
        """
        pieces = list(output)
        length = sum(len(piece.text) for piece in pieces) + cut
        drawn = self._log.shown(figures) if self._log is not None else []
        past = self._view.transcript
        if past is self._transcript or length < self._until or cut or drawn or past.pictures:
            past = self._view.transcript = Transcript(self.ascii_only)
            self._until = 0
            self._view.begin()
        skip = self._until
        for part in interleaved(pieces, drawn, printed - length):
            if isinstance(part, DrawnFigure):
                self._add_figure(past, part.name, part.figure)
            else:
                past.write(part.text[skip:], STDERR if part.stream == "stderr" else "", part.stream)
                skip = max(0, skip - len(part.text))
        if cut:
            past.add_line((f"and {cut:,} characters more, which the recording leaves out", NOTE))
        self._until = length
        self._view.show_written()

    def show_all(self) -> None:
        """Show everything that the run printed again, after `show_until`."""
        if self._view.transcript is not self._transcript:
            self._until = 0
            self._view.transcript = self._transcript
            self._view.begin()

    def write(self, text: str, stream: Literal["stdout", "stderr"] = "stdout") -> None:
        """Add what the code printed; chunks may be split anywhere."""
        self._printed += len(text)
        self._transcript.write(text, STDERR if stream == "stderr" else "", stream)
        self._view.show_written()

    def clear_output(self) -> None:
        """Take away what the run has printed and displayed so far; what it had put back is still said."""
        # What comes in its place is often as high: the panes above stay where they are.
        self._rows_kept = max(self._rows_kept, self._rows)
        self.figures.clear()
        if self._log is not None:
            self._log.clear_output()
        self._transcript.clear()
        for sentence in self._put_back:
            self._transcript.add_line(*said(sentence))
        self._view.show_written()

    def show_put_back(self, put_back: PutBack) -> None:
        """Add what code before had left otherwise than it was."""
        sentence = self._drawable(put_back.sentence)
        self._put_back.append(sentence)
        self._transcript.add_line(*said(sentence))
        self._view.show_written()

    def show_displayed(self, displayed: Displayed) -> None:
        """Add the value of the last line of code, or of `display()`, its later lines aligned with its first."""
        arrow = "=> " if self.ascii_only else "→ "
        first, *rest = displayed.text.split("\n")
        lines: list[Pieces] = [
            ((arrow, RESULT), (first, "")),
            *(((" " * len(arrow), RESULT), (line, "")) for line in rest),
        ]
        name = displayed.display_id
        if name is None or not (displayed.is_update and self._transcript.replace_block(name, lines)):
            self._transcript.add_block(lines, name)
        elif name is not None:
            self.figures.forget(name)
        self._view.show_written()

    def show_figure(self, figure: Figure) -> None:
        """Draw a picture that the code displayed, or say why it cannot be drawn."""
        name = figure.display_id or self.figures.next_name()
        if self._log is not None:
            self._log.add(DrawnFigure(self._printed, name, figure))
        # What was displayed under the id before stays, and is counted under another name.
        if not figure.is_update and (other := self.figures.rename(name)) is not None:
            self._transcript.rename_block(name, other)
        self._add_figure(self._transcript, name, figure)
        read = self.figures.read(figure)
        if isinstance(read, str):
            self.figures.forget(name)
        elif not self.ascii_only:
            self.figures.keep(name, read, self._leave_out)
            self.add_class("-figure")
        self._view.show_drawn()

    def _add_figure(self, transcript: Transcript, name: str, figure: Figure) -> None:
        read = self.figures.read(figure)
        if isinstance(read, str):
            line: Pieces | Text = tuple(said(self._drawable(f"{read} {figure.text}".rstrip())))
        elif self.ascii_only:
            line = ((self.figures.saved(name, read), NOTE),)
        else:
            line = FigureLine(read, colourless=self.app.no_color)
        if not (figure.is_update and transcript.replace_block(name, [line])):
            transcript.add_block([line], name)

    @property
    def has_figure(self) -> bool:
        """Whether the run has drawn a figure that is kept."""
        return self.figures.has_any

    def _leave_out(self, name: str) -> None:
        sentence = f"A figure stood here: the last {MOST}, and {MOST_BYTES >> 20} MiB, are kept."
        self._transcript.replace_block(name, [tuple(said(sentence))])

    def show_failed(self, failed: Failed) -> None:
        """Add an error: the learner's line that raised it, its message, its explanation, and the calls before it.

        Where there is not room for all of it, it is shown from its first line.
        """
        self._transcript.end_line()
        first_line, follows = self._transcript.lines_finished, self._view.following
        for line in lines_of_error(failed, self.is_of_the_editor, self._harmless, self._drawable):
            self._transcript.add_line(*line)
        if follows:
            self._view.keep_in_sight(first_line)
        else:
            self._view.show_written()

    def show_note(self, note: Note) -> None:
        """Add a note of the coach's about the run."""
        self._notes.append(note)
        self._transcript.end_line()
        if len(self._transcript):
            self._transcript.add_line(("", ""))
        where = f"line {note.line}  " if note.line is not None else ""
        self._transcript.add_line((where, WHERE), *said(self._drawable(note.says)))
        self._view.show_written(newest=True)

    @property
    def notes(self) -> tuple[Note, ...]:
        """The coach's notes about the run so far."""
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
            is_at_the_note = note.fix_line is None or (note.fix_line == note.line and len(self._notes) == 1)
            label = "Try: " if is_at_the_note else f"Try, line {note.fix_line}: "
            for number, line in enumerate(note.suggested_fix.split("\n")):
                start = label if number == 0 else " " * len(label)
                transcript.add_line((start, NOTE), (self._drawable(line), CODE))
        self._shown_fixes = before, transcript.lines_finished - before
        self._view.follow()
        self._view.show_written(newest=True)

    def show_checks(self, names: Iterable[str], saying: str | None = None) -> None:
        """Add the checks that an exercise will be graded by, below what says how; None: by the key that runs code."""
        saying = saying or f"{keys_of(self.app).plain('run')} runs your code, and checks:"
        self._transcript.add_line((self._drawable(saying), NOTE))
        for name in names:
            self._transcript.add_line(("o " if self.ascii_only else "○ ", WHERE), (self._harmless(name), ""))
        self._view.show_written()

    def show_graded(self, graded: Graded, advice: Mapping[str, str]) -> None:
        """Add what each check found, and below a failed one the advice on it; the first of those is in sight."""
        self._transcript.end_line()
        failed: tuple[int, int] | None = None
        for check in graded.checks:
            if check.hidden and check.passed:
                continue
            first = self._transcript.lines_finished
            for line in lines_of(check, advice, self._harmless, ascii_only=self.ascii_only):
                self._transcript.add_line(*line)
            if failed is None and not check.passed:
                failed = first, self._transcript.lines_finished - 1
        for line in lines_after(graded, ascii_only=self.ascii_only):
            self._transcript.add_line(*line)
        self._view.show_written()
        if failed is not None:
            self._view.keep_in_sight(*failed)

    def note(self, text: str) -> None:
        """Add a sentence of the tutor's, such as how a run ended; what stands in backticks is code."""
        self._transcript.add_line(*said(self._drawable(text)))
        self._view.show_written()

    def shown(self) -> str:
        """Return what is shown, of which the window may hold a part: in a replay what had been printed by then."""
        return self._view.transcript.plain

    def plain(self) -> str:
        """Return everything that the run printed and that was added to it, as plain text."""
        return self._transcript.plain

    def ask(self, prompt: str, password: bool = False) -> None:
        """Print the prompt as a terminal would, and open a field for the answer; a password stays hidden."""
        self._transcript.write(prompt)
        self._view.show_written()
        self._view.follow()
        self._input.value = ""
        self._input.password = password
        self._input.placeholder = keys_of(self.app).in_words(DEBUG) if prompt in DEBUGGERS else ANSWER
        if not self.asking:
            self._focus_before = self.screen.focused
            self.add_class("-asking")
        self._input.focus()

    def stop_asking(self) -> None:
        """Close the field without an answer, and give the focus back to where it was."""
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

    def _drawable(self, text: str) -> str:
        text = self._harmless(text)
        return in_ascii(text) if self.ascii_only else text

    def _harmless(self, text: str) -> str:
        """A text of an author's or the learner's, not printed by code: its control characters are written out."""
        return visible_lines(text, self.ascii_only)

    def say_what_is_out_of_sight(self) -> None:
        if not self._goes_on:
            self.label(titled(self.heading, *self._view.out_of_sight, ascii_only=self.ascii_only))

    def _say_where_the_newest_is(self, following: bool) -> None:
        self.border_subtitle = "" if following else "end: to the newest line"
