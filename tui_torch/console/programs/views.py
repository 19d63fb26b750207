"""What shows the run of a program: in a terminal, where its output is piped, and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from rich.console import Console
from rich.text import Text

from tui_torch.console.as_json import locals_json
from tui_torch.console.explained import show_explanation, show_note
from tui_torch.console.plain import json_text, say
from tui_torch.console.programs.event_json import event_json, variables_json
from tui_torch.console.programs.streams import write_through
from tui_torch.console.run_view import RunView, draw_chart, line_of_input
from tui_torch.console.saved_figures import SavedFigures
from tui_torch.course.proof.play import END_OF_INPUT
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.kernel.session import FRESH, KernelSession
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Displayed,
    Event,
    Failed,
    Figure,
    Finished,
    Frame,
    FrameLocals,
    InputRequested,
    Inspection,
    Note,
    Output,
    TrainingProgress,
)
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import CELL_NAME


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """How a program ended, and what there is to say of it."""

    exit_code: int
    finished: Finished
    failed: Failed | None
    notes: tuple[Note, ...]
    inspection: Inspection | None
    frames: tuple[FrameLocals, ...]
    """The functions that it trained in, with their locals."""


class ProgramView(Protocol):
    """What shows a program's run."""

    inspects: bool
    """Whether it shows the names that the program leaves."""

    def show_event(self, event: Event) -> None:
        """Show an event as it comes, and answer what the program asks."""
        ...

    def end(self, outcome: ProgramOutcome) -> None:
        """Show how it ended."""
        ...


class JsonView:
    """Writes a line of JSON for each event.

    Args:
        answer: Gives a line to the program that asks for one.
    """

    inspects = True

    def __init__(self, answer: Callable[[str], None]) -> None:
        self._answer = answer
        self._figures = SavedFigures()
        self._figures.begin()

    def show_event(self, event: Event) -> None:
        """Write the event's line, if it has one."""
        if (found := event_json(event, self._figures.save)) is not None:
            say(json_text(found))
        if isinstance(event, InputRequested):
            self._answer(line_of_input(event.prompt))

    def end(self, outcome: ProgramOutcome) -> None:
        """Write the names that it left, and how it ended."""
        if outcome.inspection is not None:
            say(json_text(variables_json(outcome.inspection.variables)))
        for frame in outcome.frames:
            say(json_text({"event": "locals", **locals_json(frame)}))
        finished = outcome.finished
        ended = {
            "event": "finished",
            "outcome": finished.outcome,
            "exit_code": outcome.exit_code,
            "seconds": round(finished.seconds, 6),
            "reason": _reason(finished) or None,
        }
        say(json_text(ended))


class PipedView:
    """Writes what the program writes, where it writes it; what there is to say of it, at the end on standard error.

    Args:
        answer: Gives a line to the program that asks for one.
    """

    inspects = False

    def __init__(self, answer: Callable[[str], None], console: Console, *, ascii_only: bool) -> None:
        self._answer = answer
        self._console = console
        self._ascii_only = ascii_only
        self._figures = SavedFigures()
        self._figures.begin()
        self._runs = RunHistory()

    def show_event(self, event: Event) -> None:
        """Write what the event's text is."""
        match event:
            case Output(text, stream):
                write_through(text, err=stream == "stderr")
            case Displayed(text) | Documentation(_, text):
                write_through(f"{text}\n")
            case Figure():
                if (path := self._figures.save(event)) is not None:
                    say(f"tui-torch: a figure is saved at {path}", err=True)
            case InputRequested(prompt):
                write_through(prompt)
                line = sys.stdin.readline()
                self._answer(line.rstrip("\n") if line else END_OF_INPUT)
            case TrainingProgress():
                self._runs.current.extend(event)
            case _:
                return

    def end(self, outcome: ProgramOutcome) -> None:
        """Write the chart, the error and the notes."""
        if self._runs.current.has_loop:
            self._console.print(draw_chart(self._runs, self._console.width, ascii_only=self._ascii_only))
        elif self._runs.current.why_no_loss:
            self._console.print(Text(self._runs.current.why_no_loss, "dim"))
        show_outcome(self._console, outcome, ascii_only=self._ascii_only)


class TerminalView:
    """Shows a program's run in a terminal, with the chart of its loss below while it trains."""

    inspects = False

    def __init__(self, kernel: KernelSession, console: Console, text: str, *, ascii_only: bool) -> None:
        self._console = console
        self._ascii_only = ascii_only
        self._view = RunView(kernel, console, text, SavedFigures(), ascii_only=ascii_only)

    def show_event(self, event: Event) -> None:
        """Print or draw it."""
        self._view.show_event(event)

    def end(self, outcome: ProgramOutcome) -> None:
        """Print the final chart, the error and the notes."""
        self._view.end()
        show_outcome(self._console, outcome, ascii_only=self._ascii_only)


def show_outcome(console: Console, outcome: ProgramOutcome, *, ascii_only: bool) -> None:
    """Print how a program failed, with its own lines, what that means, and the coach's notes."""
    if (failed := outcome.failed) is not None:
        for frame in failed.frames:
            file = frame.file if _is_of_cell(frame) else f'File "{frame.file}"'
            where = f"  {file}, line {frame.line}, in {frame.function}"
            console.print(Text(_drawable(where, ascii_only), "dim"), soft_wrap=True)
            console.print(Text(_drawable(f"    {frame.code}", ascii_only)), soft_wrap=True)
        message = f"{failed.error}: {failed.message}" if failed.message else failed.error
        console.print(Text(_drawable(message, ascii_only), "red"), soft_wrap=True)
        if failed.explanation is not None:
            show_explanation(console, failed.explanation, ascii_only)
    for note in outcome.notes:
        show_note(console, note, ascii_only)
    if reason := _reason(outcome.finished):
        console.print(Text(reason, "red"), soft_wrap=True)
    elif failed is None and outcome.exit_code != 0:
        console.print(Text(f"The program ended with exit code {outcome.exit_code}.", "dim"))


def _is_of_cell(frame: Frame) -> bool:
    """Whether a line is in a notebook's cell, by whose `In [3]` it is known."""
    return frame.file is not None and frame.file.startswith(CELL_NAME.strip("<"))


def _reason(finished: Finished) -> str:
    """Why it was interrupted or died. No fresh kernel is of use to anybody here."""
    if finished.outcome == "interrupted":
        return "Interrupted."
    return finished.reason.removesuffix(FRESH).rstrip()


def _drawable(text: str, ascii_only: bool) -> str:
    return in_ascii(text) if ascii_only else text
