"""Plays a lesson in a plain terminal, step by step, or writes one JSON object per step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tui_torch.console.as_json import step_json
from tui_torch.console.code_text import coloured
from tui_torch.console.explained import show_explanation, show_graded, show_note
from tui_torch.console.page import Page
from tui_torch.console.plain import json_text
from tui_torch.console.run_view import RunView, line_of_input
from tui_torch.console.saved_figures import SavedFigures
from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.proof.play import Played, error_line, play
from tui_torch.course.step_run import code_of
from tui_torch.drawing.text.summaries import one_line
from tui_torch.formulas.found import with_formulas
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import (
    Event,
    InputRequested,
    Inspection,
    Summary,
)


async def play_as_json(
    kernel: KernelSession, lesson: Lesson, steps: Sequence[AnyStep], write: Callable[[str], None]
) -> bool:
    """Play the steps and `write` a line of JSON for each. Returns whether every one did what its lesson says.

    `input()` reads standard input; figures are written into a folder for temporary files, and stay there.
    """

    def answer(event: Event) -> None:
        if isinstance(event, InputRequested):
            kernel.answer(line_of_input(event.prompt))

    well, figures = True, SavedFigures()
    for step in steps:
        figures.begin()
        played = await play(kernel, lesson, step, watch=answer)
        well = well and (played is None or played.ok)
        write(json_text(step_json(lesson, step, played, figures.save)))
    return well


async def play_in_terminal(
    kernel: KernelSession, lesson: Lesson, steps: Sequence[AnyStep], console: Console, *, ascii_only: bool
) -> bool:
    """Play the steps and print what each shows and does. Returns whether every one did what its lesson says."""
    console.print(Text(lesson.title, "bold"))
    console.print(Text(with_formulas(lesson.summary, ascii_only=ascii_only), "dim"))
    failed: list[str] = []
    figures = SavedFigures()
    for number, step in enumerate(steps, start=1):
        console.print()
        title = Text(f"{number}/{len(steps)} {step.title or step.id}")
        console.print(Rule(title, align="left", characters="-" if ascii_only else "─", style="dim"))
        _show_page(console, step, ascii_only)
        plot = None if isinstance(step, Quiz) else step.plot
        view = RunView(kernel, console, code_of(step) or "", figures, ascii_only=ascii_only, plot=plot)
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


def _show_page(console: Console, step: AnyStep, ascii_only: bool) -> None:
    def page(markdown: str) -> Page:
        return Page(markdown, ascii_only=ascii_only)

    match step:
        case Example() | Exercise():
            console.print(page(step.text))
        case Quiz():
            console.print(page(step.text + "\n\n" + step.question if step.text else step.question))
            for number, choice in enumerate(step.choices, start=1):
                mark = "right" if choice.correct else "wrong"
                console.print(Padding(page(f"{number}. {choice.text}  ({mark}: {choice.because})"), (0, 2)))
    code = code_of(step)
    if code is not None:
        if isinstance(step, Exercise):
            console.print(Text("The solution:", "dim"))
        console.print(Padding(coloured(code.rstrip()), (1, 2)))


def _show_outcome(console: Console, played: Played, ascii_only: bool) -> None:
    if played.failed is not None:
        console.print(Text(error_line(played.failed), "red"))
        if played.failed.explanation is not None:
            show_explanation(console, played.failed.explanation, ascii_only)
    for note in played.notes:
        show_note(console, note, ascii_only)
    if played.graded is not None:
        show_graded(console, played.graded, ascii_only)
    table = Table(box=None, show_header=False, pad_edge=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for summary in _of_interest(played.inspection) if played.inspection else ():
        table.add_row(summary.name, one_line(summary, ascii_only))
    if table.row_count:
        console.print(table)
    for problem in played.problems:
        console.print(Text(f"Not as the lesson says: {problem.sentence}", "bold red"))


def _of_interest(inspection: Inspection) -> list[Summary]:
    """The pinned values, and then the other variables that the run made or changed."""
    pinned = {summary.name for summary in inspection.pinned}
    made = [summary for summary in inspection.variables if summary.change not in ("same", "gone")]
    return [*inspection.pinned, *(summary for summary in made if summary.name not in pinned)]
