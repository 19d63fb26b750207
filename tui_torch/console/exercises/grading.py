"""Grades the file of an exercise as the app grades its editor, and says in a plain terminal what came of it."""

from __future__ import annotations

from contextlib import nullcontext

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tui_torch.console.code_text import with_code
from tui_torch.console.exercises.chosen import ChosenExercise
from tui_torch.console.exercises.text import code_in
from tui_torch.console.explained import show_explanation, show_graded, show_note
from tui_torch.console.run_view import RunView
from tui_torch.console.saved_figures import SavedFigures
from tui_torch.course.proof.play import END_OF_INPUT, error_line, stopped_after
from tui_torch.formulas.found import with_formulas
from tui_torch.protocol.events import Event, Failed, Finished, Graded, InputRequested, Note, Noted
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.trust import content_hash
from tui_torch.tutor.tutor import Tutor


@dataclass(frozen=True, slots=True)
class GradedFile:
    """What came of a file."""

    graded: Graded | None
    failed: Failed | None
    notes: tuple[Note, ...]
    finished: Finished
    advice: dict[str, str]
    """What to say about each failed check, by its name."""
    advice_on_error: str | None
    was_too_long: bool = False
    """Whether it was stopped because it took too long."""

    @property
    def passed(self) -> bool:
        return self.finished.outcome == "ok" and self.graded is not None and self.graded.passed


class FileGrader:
    """Grades the files of exercises, one at a time.

    Args:
        tutor: Runs, grades and records: what it keeps is the learner's progress.
        ascii_only: Whether only ASCII characters are printed.
    """

    def __init__(self, tutor: Tutor, console: Console, *, ascii_only: bool) -> None:
        self.tutor = tutor
        self._console = console
        self._ascii_only = ascii_only
        self._figures = SavedFigures()

    def open(self, exercise: ChosenExercise) -> None:
        """Go to an exercise, whose hints are then those of the tutor; stay where it is on show already."""
        if self.tutor.step is exercise.step:
            return
        if exercise.lesson_file is None or exercise.loaded is None:
            self.tutor.open(exercise.lesson, exercise.step.id)
            return
        loaded = exercise.loaded
        self.tutor.open_file(
            exercise.lesson_file, loaded, agreed=content_hash(loaded.content), step_id=exercise.step.id
        )

    async def grade(self, exercise: ChosenExercise, text: str, limit: float | None = None) -> GradedFile:
        """Run the text of an exercise's file, and grade it.

        Args:
            text: All of the file, so that a line has the number that it has there.
            limit: Seconds after which it is stopped, where nobody watches: then nothing that it prints is shown, and
                `input()` finds no line. None: somebody does.
        """
        self.open(exercise)
        self.tutor.save(code_in(text))
        kernel = self.tutor.kernel
        view = None
        if limit is None:
            plot = exercise.step.plot
            view = RunView(kernel, self._console, text, self._figures, ascii_only=self._ascii_only, plot=plot)
        graded: Graded | None = None
        failed: Failed | None = None
        notes: list[Note] = []
        finished = Finished("died", 0.0, "The run ended without a word.")
        async with stopped_after(limit, kernel) if limit is not None else nullcontext() as stopped:
            async for event in self.tutor.run(text):
                match event:
                    case Graded():
                        graded = event
                    case Failed():
                        failed = event
                    case Noted(note):
                        notes.append(note)
                    case Finished():
                        finished = event
                    case _:
                        self._show(event, view)
        if view is not None:
            view.end()
        return GradedFile(
            graded,
            failed,
            tuple(notes),
            finished,
            self.tutor.advice(text, graded) if graded is not None else {},
            self.tutor.advice_on_error(text, failed) if failed is not None else None,
            was_too_long=stopped is not None and stopped.is_set() and finished.outcome == "interrupted",
        )

    def _show(self, event: Event, view: RunView | None) -> None:
        if view is not None:
            view.show_event(event)
        elif isinstance(event, InputRequested):
            self.tutor.kernel.answer(END_OF_INPUT)

    def show(self, found: GradedFile) -> None:
        """Print what came of a file: the explained error, the coach's notes, the checks and what to do about them."""
        if (failed := found.failed) is not None:
            self._show_error(failed, found.advice_on_error)
        elif found.finished.outcome != "ok" and found.finished.reason:
            self._console.print(Text(found.finished.reason, "red"))
        for note in found.notes:
            show_note(self._console, note, self._ascii_only)
        if found.graded is not None:
            show_graded(self._console, found.graded, self._ascii_only, found.advice)

    def say(self, sentence: str) -> None:
        """Print a sentence of the lesson's, below what it is about."""
        said = with_formulas(" ".join(sentence.split()), ascii_only=self._ascii_only)
        self._console.print(Padding(with_code(said), (0, 0, 0, 4)))

    def _show_error(self, failed: Failed, advice: str | None) -> None:
        if failed.in_step is not None:
            said = f"Step {failed.in_step} of the lesson, which runs before your code, raised {error_line(failed)}"
            self._console.print(Text(said, "red"))
            return
        line = next((frame.line for frame in reversed(failed.frames) if frame.file is None), None)
        where = f"line {line}  " if line is not None else ""
        self._console.print(Text.assemble((where, "dim"), (error_line(failed), "red")))
        if failed.explanation is not None:
            show_explanation(self._console, failed.explanation, self._ascii_only)
        if advice is not None:
            self.say(advice)
