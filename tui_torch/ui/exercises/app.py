"""The app of `tui-torch exercises`: one screen for the exercises of a folder, and the help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import Event, Key, MouseDown, Paste
from textual.screen import Screen

from tui_torch.kernel.session import KernelState
from tui_torch.tutor.config import Config
from tui_torch.tutor.exercise_files.exercise import ChosenExercise
from tui_torch.tutor.exercise_files.grading import FileGrader
from tui_torch.ui.exercises.screen import ExercisesScreen
from tui_torch.ui.file_watch import INTERVAL
from tui_torch.ui.keys.declared import APP
from tui_torch.ui.terminal_app import TerminalApp


class ExercisesApp(TerminalApp):
    """Follows the files of exercises, which it reads and never writes."""

    CSS_PATH = Path(__file__).parents[1] / "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = APP.bindings()
    OPEN_SCREENS = ("help", "solution")
    OPEN_BY_MESSAGE = ("help",)
    CRASHED = "the screen itself failed, and your files are as you saved them"

    def __init__(
        self,
        exercises: Sequence[ChosenExercise],
        folder: Path,
        grader: FileGrader,
        *,
        ascii_only: bool = False,
        config: Config | None = None,
        interval: float = INTERVAL,
    ) -> None:
        """Follow exercises.

        Args:
            exercises: At least one.
            folder: What their files are in, as it was named.
            grader: Runs and grades them; its tutor's kernel may still be starting.
            ascii_only: Use ASCII characters alone.
            config: The learner's settings.
            interval: Seconds between two looks at the files.
        """
        super().__init__(ascii_only=ascii_only, config=config)
        self.kernel = grader.tutor.kernel
        self.exercises_screen = ExercisesScreen(exercises, folder, grader, ascii_only=ascii_only, interval=interval)

    def get_default_screen(self) -> ExercisesScreen:
        """The first screen, which stays below all others."""
        return self.exercises_screen

    def on_mount(self) -> None:
        self.title = "tui-torch exercises"
        self.kernel.on_state = self._kernel_changed
        if self.kernel.notice:
            self.notify(self.kernel.notice, severity="warning", markup=False)
        self.call_after_refresh(self._connect)

    def on_unmount(self) -> None:
        self.kernel.on_state = None

    @work
    async def _connect(self) -> None:
        await self.kernel.connect()

    def _kernel_changed(self, state: KernelState) -> None:
        self.exercises_screen.kernel_news.changed(state)

    async def on_event(self, event: Event) -> None:
        """Take what answers the last key or click from the status line before the next one is done."""
        if isinstance(event, Key | MouseDown | Paste) and not event.is_forwarded:
            self.exercises_screen.status.remark = ""
        await super().on_event(event)

    def say_briefly(self, sentence: str) -> None:
        if self.screen is self.exercises_screen:
            self.exercises_screen.status.remark = sentence
        else:
            super().say_briefly(sentence)

    def action_help_quit(self) -> None:
        """Say why ctrl+c did nothing. Textual asks whether to quit."""
        self.say_briefly(f"Nothing runs, and nothing is selected. {self.bound_keys.plain('exercises.quit')} quits.")

    @on(ExercisesScreen.ExercisesHelpRequested)
    def _open_help(self) -> None:
        from tui_torch.ui.exercises.help import exercises_help

        self.push_screen(exercises_help(self.bound_keys, ascii_only=self.ascii_only))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the command palette offers."""
        from tui_torch.ui import palette

        if screen is self.exercises_screen:
            yield from palette.of_exercises(self.exercises_screen, self.bound_keys)
        yield from super().get_system_commands(screen)
