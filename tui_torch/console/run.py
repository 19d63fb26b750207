"""Plays a lesson in a plain terminal, step by step, or writes one JSON object per step."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from tui_torch.console.as_json import step_json
from tui_torch.console.plain import json_text, say
from tui_torch.console.plain_console import WrittenOut
from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.proof.play import END_OF_INPUT, Played, error_line, play
from tui_torch.course.step_run import code_of
from tui_torch.drawing.charts.captions import caption
from tui_torch.drawing.charts.loss_plot import PlotSettings, draw_runs
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.code_spans import code_spans
from tui_torch.drawing.text.summaries import one_line
from tui_torch.drawing.text.transcript import Transcript
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import (
    Displayed,
    Event,
    Explanation,
    Figure,
    Graded,
    InputRequested,
    Inspection,
    Note,
    Output,
    PutBack,
    Summary,
    TrainingProgress,
)

CHART_HEIGHT = 12
LONGEST_UNFINISHED = 100_000
"""Maximum number of characters of an unfinished line that are held back until its end comes."""


async def play_as_json(
    kernel: KernelSession, lesson: Lesson, steps: Sequence[AnyStep], write: Callable[[str], None]
) -> bool:
    """Play the steps and `write` a line of JSON for each. Returns whether every one did what its lesson says.

    `input()` reads standard input; figures are written into a folder for temporary files, and stay there.
    """

    def answer(event: Event) -> None:
        if isinstance(event, InputRequested):
            kernel.answer(_line_of_input(event.prompt))

    well, figures = True, _FigureFiles()
    for step in steps:
        played = await play(kernel, lesson, step, watch=answer)
        well = well and (played is None or played.ok)
        write(json_text(step_json(lesson, step, played, figures.save)))
    return well


def _line_of_input(prompt: str) -> str:
    """The next line of standard input, without its end; END_OF_INPUT after the last. The prompt goes to stderr."""
    say(prompt, err=True)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else END_OF_INPUT


class _FigureFiles:
    """Figures in files, in a folder that is made for the first of them."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._count = 0

    def save(self, figure: Figure) -> Path:
        """Write a figure's PNG, and return the file's absolute path."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="figures-of-tui-torch-"))
        self._count += 1
        path = self._folder / f"{self._count}.png"
        path.write_bytes(figure.png)
        return path


async def play_in_terminal(
    kernel: KernelSession, lesson: Lesson, steps: Sequence[AnyStep], console: Console, *, ascii_only: bool
) -> bool:
    """Play the steps and print what each shows and does. Returns whether every one did what its lesson says."""
    console.print(Text(lesson.title, "bold"))
    console.print(Text(lesson.summary, "dim"))
    failed: list[str] = []
    for number, step in enumerate(steps, start=1):
        console.print()
        title = Text(f"{number}/{len(steps)} {step.title or step.id}")
        console.print(Rule(title, align="left", characters="-" if ascii_only else "─", style="dim"))
        _show_page(console, step)
        view = _RunView(kernel, console, ascii_only)
        played = await play(kernel, lesson, step, watch=view.show_event)
        view.end()
        if played is not None:
            _show_outcome(console, played, ascii_only)
            if not played.ok:
                failed.append(step.id)
    console.print()
    if failed:
        count = f"{len(failed)} of {len(steps)} steps" if len(steps) > 1 else "The step"
        console.print(Text(f"{count} did not do what the lesson says: {', '.join(failed)}.", "bold red"))
    else:
        console.print(Text("Every step did what the lesson says.", "green"))
    return not failed


def _show_page(console: Console, step: AnyStep) -> None:
    match step:
        case Example() | Exercise():
            console.print(Markdown(step.text))
        case Quiz():
            console.print(Markdown(step.text + "\n\n" + step.question if step.text else step.question))
            for number, choice in enumerate(step.choices, start=1):
                mark = "right" if choice.correct else "wrong"
                console.print(Padding(Markdown(f"{number}. {choice.text}  ({mark}: {choice.because})"), (0, 2)))
    code = code_of(step)
    if code is not None:
        if isinstance(step, Exercise):
            console.print(Text("The solution:", "dim"))
        console.print(Padding(Syntax(code.rstrip(), "python", theme="ansi_dark", background_color="default"), (1, 2)))


class _RunView:
    """What a run reports, as it comes: its lines above and, while it trains, the chart of its loss below them."""

    def __init__(self, kernel: KernelSession, console: Console, ascii_only: bool) -> None:
        self._kernel = kernel
        self._console = console
        self._ascii_only = ascii_only
        self._unfinished = ""
        self._runs = RunHistory()
        self._live: Live | None = None

    def show_event(self, event: Event) -> None:
        match event:
            case PutBack():
                self._print(f"{event.sentence}\n")
            case Output(text):
                self._print(text)
            case Displayed(text):
                self._print(f"{text}\n")
            case Figure(_, text):
                self._print(f"A figure was drawn ({text}).\n")
            case InputRequested():
                self._kernel.answer(self._ask(event))
            case TrainingProgress():
                self._train(event)
            case _:
                pass

    def _ask(self, asked: InputRequested) -> str:
        if not (self._console.is_terminal and sys.stdin.isatty()):
            return _line_of_input(asked.prompt)
        try:
            return self._console.input(Text(asked.prompt), password=asked.password)
        except EOFError:
            return END_OF_INPUT

    def _train(self, progress: TrainingProgress) -> None:
        self._runs.current.extend(progress)
        # Only a loop is worth a chart, and only a terminal can redraw one.
        if not self._runs.current.has_loop or not self._console.is_terminal:
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False)
            self._live.start()
        # Rich shows it beside what is printed, and not through the console's hook.
        self._live.update(WrittenOut(self._chart(), ascii_only=self._ascii_only), refresh=True)

    def _chart(self) -> RenderableType:
        width = min(self._console.width, 100)
        settings = PlotSettings(dots="ascii" if self._ascii_only else "braille")
        return Group(
            # One text whose lines end here: drawn lines have no line breaks of their own.
            Text("\n", no_wrap=True).join(draw_runs(self._runs, width, CHART_HEIGHT, settings=settings)),
            Text(caption(self._runs, width, ascii_only=self._ascii_only), "dim"),
        )

    def _print(self, text: str) -> None:
        """Print the complete lines. Control sequences other than colours are shown as text."""
        whole, end, rest = (self._unfinished + text).rpartition("\n")
        if len(rest) > LONGEST_UNFINISHED:
            whole, end, rest = whole + end + rest, "\n", ""
        self._unfinished = rest
        if end:
            lines = Transcript(self._ascii_only)
            lines.write(whole)
            lines.end_line()
            for line in lines.lines:
                self._console.print(line, end="\n", soft_wrap=True, highlight=False)

    def end(self) -> None:
        """Print a last line without its end, and the final chart."""
        if self._unfinished:
            self._print("\n")
        if self._live is not None:
            self._live.stop()
        if self._runs.current.has_loop:
            self._console.print(self._chart())


def _show_outcome(console: Console, played: Played, ascii_only: bool) -> None:
    if played.failed is not None:
        console.print(Text(error_line(played.failed), "red"))
        if played.failed.explanation is not None:
            _show_explanation(console, played.failed.explanation, ascii_only)
    for note in played.notes:
        _show_note(console, note, ascii_only)
    if played.graded is not None:
        _show_graded(console, played.graded, ascii_only)
    table = Table(box=None, show_header=False, pad_edge=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for summary in _of_interest(played.inspection) if played.inspection else ():
        table.add_row(summary.name, one_line(summary, ascii_only))
    if table.row_count:
        console.print(table)
    for problem in played.problems:
        console.print(Text(f"Not as the lesson says: {problem.sentence}", "bold red"))


def _show_explanation(console: Console, explanation: Explanation, ascii_only: bool) -> None:
    def drawable(text: str) -> str:
        return in_ascii(text) if ascii_only else text

    console.print()
    console.print(_with_code(drawable(explanation.meaning)))
    names = Table(box=None, show_header=False, pad_edge=True)
    names.add_column(no_wrap=True, style="bold")
    names.add_column()
    for name, description in explanation.names:
        names.add_row(Text(drawable(name)), Text(drawable(description)))
    if names.row_count:
        console.print(names)
    if explanation.suggested_fix is not None:
        gives = f"   gives {explanation.suggested_fix_gives}" if explanation.suggested_fix_gives is not None else ""
        console.print(Text.assemble("Try: ", (drawable(explanation.suggested_fix), "bold cyan"), (gives, "dim")))


def _show_note(console: Console, note: Note, ascii_only: bool) -> None:
    def drawable(text: str) -> str:
        return in_ascii(text) if ascii_only else text

    where = f"line {note.line}  " if note.line is not None else ""
    console.print()
    console.print(Text.assemble((where, "dim"), _with_code(drawable(note.says))))
    for number, line in enumerate((note.suggested_fix or "").splitlines()):
        console.print(Text.assemble("Try: " if number == 0 else "     ", (drawable(line), "bold cyan")))


def _with_code(sentence: str) -> Text:
    """A sentence whose parts in backticks are styled as code."""
    return Text.assemble(*((piece, "bold cyan" if is_code else "") for piece, is_code in code_spans(sentence)))


def _of_interest(inspection: Inspection) -> list[Summary]:
    """The pinned values, and then the other variables that the run made or changed."""
    pinned = {summary.name for summary in inspection.pinned}
    made = [summary for summary in inspection.variables if summary.change not in ("same", "gone")]
    return [*inspection.pinned, *(summary for summary in made if summary.name not in pinned)]


def _show_graded(console: Console, graded: Graded, ascii_only: bool) -> None:
    passed, failed = ("+", "x") if ascii_only else ("✓", "✗")
    for check in graded.checks:
        style = "green" if check.passed else "red"
        console.print(Text(f"  {passed if check.passed else failed} {check.name}", style))
        if check.message:
            console.print(Text(f"    {check.message}"))
