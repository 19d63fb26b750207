"""What a file prints, and what came of it, in the pane of the output."""

from __future__ import annotations

from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Event,
    Figure,
    InputRequested,
    LateOutput,
    Output,
    PutBack,
)
from tui_torch.tutor.exercise_files.grading import GradedFile
from tui_torch.ui.lesson.output.pane import OutputPane


def show_event(output: OutputPane, event: Event) -> None:
    """Show what a file prints, draws and asks while it runs."""
    match event:
        case PutBack():
            output.show_put_back(event)
        case LateOutput(sentence):
            output.note(sentence)
        case Output(text, stream):
            output.write(text, stream)
        case Documentation(_, text):
            output.write(f"{text}\n")
        case Displayed():
            output.show_displayed(event)
        case Figure():
            output.show_figure(event)
        case Cleared():
            output.clear_output()
        case InputRequested(prompt, password):
            output.ask(prompt, password)
        case _:
            pass


def show_result(output: OutputPane, found: GradedFile) -> None:
    """Show what came of it: the explained error, what the lesson says of it, the coach's notes, the checks."""
    output.stop_asking()
    if found.failed is not None:
        output.show_failed(found.failed)
        if found.advice_on_error is not None:
            output.note(" ".join(found.advice_on_error.split()))
    elif found.finished.outcome != "ok" and found.finished.reason:
        output.note(found.finished.reason)
    for note in found.notes:
        output.show_note(note)
    if found.graded is not None:
        output.show_graded(found.graded, found.advice)
    output.end()
