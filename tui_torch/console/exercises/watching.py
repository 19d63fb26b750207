"""Follows exercises in a plain terminal: prints what came of each saved file, and leads to the first one to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from tui_torch.console.code_text import coloured
from tui_torch.console.exercises.printed import PrintedGrades
from tui_torch.console.exercises.typed import QUIT, TypedCommands
from tui_torch.console.run_view import RunView
from tui_torch.console.saved_figures import SavedFigures
from tui_torch.protocol.events import Event
from tui_torch.tutor.exercise_files.exercise import ChosenExercise
from tui_torch.tutor.exercise_files.following import FollowedExercises
from tui_torch.tutor.exercise_files.grading import ExerciseState, FileGrader, GradedFile
from tui_torch.ui.file_watch import INTERVAL, FileWatches

SIGNS: dict[ExerciseState, tuple[str, str]] = {"passes": ("✓", "+"), "fails": ("✗", "x"), "to do": (" ", " ")}
"""The sign of each state in the list, and the same in ASCII."""


class ExerciseWatch:
    """Watches the files of exercises.

    Args:
        folder: What the files are in, as it was named.
        commands: What is typed; None where nobody types.
        interval: Seconds between two looks at the files.
    """

    def __init__(
        self,
        exercises: Sequence[ChosenExercise],
        folder: Path,
        grader: FileGrader,
        console: Console,
        commands: TypedCommands | None = None,
        *,
        ascii_only: bool,
        interval: float = INTERVAL,
    ) -> None:
        self._interval = interval
        self._folder = folder
        self._console = console
        self._commands = commands
        self._ascii_only = ascii_only
        self._printed = PrintedGrades(console, ascii_only=ascii_only)
        self._figures = SavedFigures()
        self._view: RunView | None = None
        """What shows the run that goes on."""
        watches = FileWatches()
        self._followed = FollowedExercises(
            exercises, grader, lambda one: watches.saved(one.file), self, interval=interval
        )

    async def follow(self, saved: Callable[[], None] | None = None) -> None:
        """Grade what is saved, until it is told to end.

        Args:
            saved: Called whenever everything that was saved is graded, or nothing was.
        """
        self._followed.begin()
        self._lead()
        typed = "; letters are typed with enter:" if self._commands is not None else "."
        self._print(Text(f"Saving a file grades it{typed}", "dim"))
        if self._commands is not None:
            self._show_keys()
        while True:
            await self._followed.look()
            for command in self._commands.take() if self._commands is not None else ():
                if command == QUIT:
                    return
                await self._obey(command)
            if saved is not None:
                saved()
            await asyncio.sleep(self._interval)

    def show_begin(self, at: int, text: str) -> None:
        exercise = self._followed.exercises[at]
        self._head(exercise)
        kernel, plot = self._followed.grader.tutor.kernel, exercise.step.plot
        self._view = RunView(kernel, self._console, text, self._figures, ascii_only=self._ascii_only, plot=plot)

    def show_event(self, event: Event) -> None:
        if self._view is not None:
            self._view.show_event(event)

    def show_long_run(self) -> None:
        self._print(Text("It still runs; saving the file stops it, and begins again.", "dim"))

    def show_stopped(self) -> None:
        self._end_view()

    def show_unreadable(self, at: int, reason: str) -> None:
        self._head(self._followed.exercises[at])
        self._print(Text(f"{self._path(self._followed.exercises[at])}: {reason}.", "red"))

    def show_result(self, at: int, found: GradedFile, was_passed: bool) -> None:
        self._end_view()
        self._printed.show(found)
        followed = self._followed
        if not found.passed:
            more = "  h gives a hint" if self._commands is not None and followed.exercises[at].step.hints else ""
            self._print(Text.assemble(("Not yet.", "bold red"), (more, "dim")))
            return
        done = f"{followed.passed} of {len(followed.states)}"
        self._print(Text(f"Right{'' if was_passed else f': {done} pass'}.", "bold green"))
        followed.open(followed.first)
        self._print(Text())
        self._lead()

    def _end_view(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            view.end()

    def _lead(self) -> None:
        """Say which exercise is the first that is still to do."""
        followed = self._followed
        if followed.all_pass:
            count = len(followed.states)
            every = "The exercise passes" if count == 1 else f"All {count} exercises pass"
            self._print(Text(f"{every}.", "bold green"))
            return
        followed.open(followed.at)
        self._say_where("Next: ")

    async def _obey(self, command: str) -> None:
        followed = self._followed
        followed.open(followed.at)
        exercise, tutor = followed.exercise, followed.grader.tutor
        match command:
            case "h":
                hint = tutor.next_hint()
                shown = tutor.hints if hint is None else tutor.hints[-1:]
                if hint is None:
                    self._print(Text("There are no more hints." if shown else "It has no hints.", "dim"))
                for number, one in enumerate(shown, start=len(tutor.hints) - len(shown) + 1):
                    self._print(Text(f"Hint {number} of {len(exercise.step.hints)}", "bold"))
                    self._printed.say(one)
            case "s":
                solution = tutor.solution()
                self._print(Text(f"A solution of {self._path(exercise)}", "bold"))
                self._print(coloured(f"{solution}".rstrip()))
            case "n" | "p":
                self._move(1 if command == "n" else -1)
            case "?":
                self._show_keys()
            case "r":
                await followed.grade(followed.at)
            case "l":
                for number, one in enumerate(followed.exercises):
                    state = followed.states[number]
                    sign, in_ascii = SIGNS[state]
                    mark = in_ascii if self._ascii_only else sign
                    style = "green" if state == "passes" else "bold" if number == followed.at else ""
                    self._print(Text(f"  {mark} {one.name}", style))
            case "":
                self._lead()
            case _:
                self._print(Text(f"There is no command {command!r}; letters are typed with enter:", "dim"))
                self._show_keys()

    def _move(self, by: int) -> None:
        """Go to the exercise so many after this one, or before."""
        followed = self._followed
        at = followed.at + by
        if 0 <= at < len(followed.exercises):
            followed.open(at)
            self._say_where("Next: " if by > 0 else "Back: ")
        else:
            self._print(Text(f"This is the {'last' if by > 0 else 'first'} exercise.", "dim"))

    def _say_where(self, how: str) -> None:
        exercise = self._followed.exercise
        self._print(Text.assemble((how, "bold"), exercise.title))
        self._print(Text(f"  {self._path(exercise)}", "bold"))

    def _show_keys(self) -> None:
        keys = ("h hint", "s solution", "r grade again", "n next", "p back", "l list", "? keys", "q quit")
        separator = "  " if self._ascii_only else " · "
        self._console.print(Text(separator.join(keys), "dim"))  # breaks between words

    def _head(self, exercise: ChosenExercise) -> None:
        self._print(Text())
        characters = "-" if self._ascii_only else "─"
        self._print(Rule(Text(exercise.name), align="left", characters=characters, style="dim"))

    def _path(self, exercise: ChosenExercise) -> str:
        return str(self._folder / exercise.name)

    def _print(self, what: Text | Rule) -> None:
        self._console.print(what, soft_wrap=isinstance(what, Text))
