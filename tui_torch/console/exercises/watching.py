"""Grades each exercise's file when it is saved, and leads to the first one that is still to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from tui_torch.console.exercises.chosen import ChosenExercise
from tui_torch.console.exercises.grading import FileGrader, GradedFile
from tui_torch.console.exercises.text import is_begun
from tui_torch.console.exercises.typed import QUIT, TypedCommands
from tui_torch.ui.file_watch import INTERVAL, FileWatch

_LONG = 10.0
"""Seconds of a run after which it is said how to stop it."""


class UnreadableFileError(Exception):
    """The file of an exercise cannot be read; the message says why."""


def read(exercise: ChosenExercise) -> str:
    """The text of an exercise's file. Raises UnreadableFileError."""
    try:
        return exercise.file.read_text("utf-8")
    except FileNotFoundError:
        raise UnreadableFileError("it is not there") from None
    except OSError as error:
        raise UnreadableFileError(f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UnreadableFileError("it is not UTF-8") from None


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
        self._exercises = exercises
        self._folder = folder
        self._grader = grader
        self._console = console
        self._commands = commands
        self._ascii_only = ascii_only
        self._watches = [FileWatch() for _ in exercises]
        self._passed = [self._has_passed(exercise) for exercise in exercises]
        self._at = self._first()

    def _has_passed(self, exercise: ChosenExercise) -> bool:
        """Whether a file holds an answer to an exercise that is done; which was right when it was last saved."""
        self._grader.open(exercise)
        try:
            return exercise.step.id in self._grader.tutor.done and is_begun(read(exercise), exercise.step)
        except UnreadableFileError:
            return False

    def _first(self) -> int:
        return self._passed.index(False) if False in self._passed else 0

    async def follow(self, saved: Callable[[], None] | None = None) -> None:
        """Grade what is saved, until it is told to end.

        Args:
            saved: Called whenever everything that was saved is graded, or nothing was.
        """
        for exercise, watch in zip(self._exercises, self._watches, strict=True):
            watch.saved(exercise.file)
        self._lead()
        self._print(Text("Saving a file grades it.", "dim"))
        if self._commands is not None:
            self._print(Text(f"{self._keys()}, each with enter", "dim"))
        while True:
            for at, watch in enumerate(self._watches):
                if watch.saved(self._exercises[at].file):
                    await self._grade(at)
            for command in self._commands.take() if self._commands is not None else ():
                if command == QUIT:
                    return
                await self._obey(command)
            if saved is not None:
                saved()
            await asyncio.sleep(self._interval)

    async def _grade(self, at: int) -> None:
        """Grade a file; once more when it was saved meanwhile, which stops code that does not end."""
        self._at = at
        while True:
            self._head(self._exercises[at])
            try:
                text = read(self._exercises[at])
            except UnreadableFileError as error:
                self._print(Text(f"{self._path(self._exercises[at])}: {error}.", "red"))
                return
            grading = asyncio.create_task(self._grader.grade(self._exercises[at], text))
            try:
                is_newer = await self._is_saved_meanwhile(at, grading)
            finally:
                grading.cancel()
            if not is_newer:
                self._say(at, grading.result())
                return

    async def _is_saved_meanwhile(self, at: int, grading: asyncio.Task[GradedFile]) -> bool:
        """Wait until a file is graded. Whether it was saved meanwhile, and so has to be graded again."""
        began, is_told, is_newer = time.monotonic(), False, False
        while not (await asyncio.wait({grading}, timeout=self._interval))[0]:
            is_newer = self._watches[at].saved(self._exercises[at].file) or is_newer
            if is_newer:
                await self._grader.tutor.kernel.interrupt()
            elif not is_told and time.monotonic() - began > _LONG:
                is_told = True
                self._print(Text("It still runs; saving the file stops it, and begins again.", "dim"))
        return is_newer

    def _say(self, at: int, found: GradedFile) -> None:
        self._grader.show(found)
        before, self._passed[at] = self._passed[at], found.passed
        if not found.passed:
            more = "  h gives a hint" if self._commands is not None and self._exercises[at].step.hints else ""
            self._print(Text.assemble(("Not yet.", "bold red"), (more, "dim")))
            return
        done = f"{sum(self._passed)} of {len(self._passed)}"
        self._print(Text(f"Right{'' if before else f': {done} pass'}.", "bold green"))
        self._at = self._first()
        self._print(Text())
        self._lead()

    def _lead(self) -> None:
        """Say which exercise is the first that is still to do."""
        if all(self._passed):
            count = len(self._passed)
            every = "The exercise passes" if count == 1 else f"All {count} exercises pass"
            self._print(Text(f"{every}.", "bold green"))
            return
        exercise = self._exercises[self._at]
        self._grader.open(exercise)
        name = exercise.step.title or exercise.step.id
        title = exercise.lesson.title if len(exercise.lesson.steps) == 1 else f"{exercise.lesson.title}: {name}"
        self._print(Text.assemble(("Next: ", "bold"), title))
        self._print(Text(f"  {self._path(exercise)}", "bold"))

    async def _obey(self, command: str) -> None:
        exercise, tutor = self._exercises[self._at], self._grader.tutor
        self._grader.open(exercise)
        match command:
            case "h":
                hint = tutor.next_hint()
                shown = tutor.hints if hint is None else tutor.hints[-1:]
                if hint is None:
                    self._print(Text("There are no more hints." if shown else "It has no hints.", "dim"))
                for number, one in enumerate(shown, start=len(tutor.hints) - len(shown) + 1):
                    self._print(Text(f"Hint {number} of {len(exercise.step.hints)}", "bold"))
                    self._grader.say(one)
            case "s":
                from tui_torch.console.code_text import coloured

                solution = tutor.solution()
                self._print(Text(f"A solution of {self._path(exercise)}", "bold"))
                self._print(coloured(f"{solution}".rstrip()))
            case "r":
                await self._grade(self._at)
            case "l":
                for number, one in enumerate(self._exercises):
                    mark = ("+" if self._ascii_only else "✓") if self._passed[number] else " "
                    style = "green" if self._passed[number] else "bold" if number == self._at else ""
                    self._print(Text(f"  {mark} {one.name}", style))
            case "":
                self._lead()
            case _:
                self._print(Text(f"There is no command {command!r}. {self._keys()}", "dim"))

    def _keys(self) -> str:
        separator = "  " if self._ascii_only else " · "
        return separator.join(("h hint", "s solution", "r grade again", "l list", "q quit"))

    def _head(self, exercise: ChosenExercise) -> None:
        self._print(Text())
        characters = "-" if self._ascii_only else "─"
        self._print(Rule(Text(exercise.name), align="left", characters=characters, style="dim"))

    def _path(self, exercise: ChosenExercise) -> str:
        return str(self._folder / exercise.name)

    def _print(self, what: Text | Rule) -> None:
        self._console.print(what, soft_wrap=isinstance(what, Text))
