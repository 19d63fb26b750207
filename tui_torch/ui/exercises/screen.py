"""The screen of exercises in one's own editor: which there are, the task, and what came of the file saved last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList

from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.events import Event
from tui_torch.tutor.exercise_files.exercise import ChosenExercise, UnreadableFileError, is_begun
from tui_torch.tutor.exercise_files.following import FollowedExercises
from tui_torch.tutor.exercise_files.grading import FileGrader, GradedFile
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.common.zoom import FocusedPanes
from tui_torch.ui.exercises.columns import ExerciseColumns
from tui_torch.ui.exercises.listing import ExerciseList
from tui_torch.ui.exercises.result import show_event, show_result
from tui_torch.ui.file_watch import INTERVAL, FileWatches
from tui_torch.ui.keys.declared import EXERCISES
from tui_torch.ui.lesson.layout import HEIGHTS
from tui_torch.ui.lesson.output.kernel_news import KernelNews
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.status_line import StatusLine, pressed
from tui_torch.ui.lesson.step_view import page_of
from tui_torch.ui.lesson.text import LessonText
from tui_torch.ui.lesson.title_bar import TitleBar
from tui_torch.ui.screens.present_size import PresentSize

CLOCK = 0.1
"""Seconds between two looks at how long a file has been running."""


class ExercisesScreen(PresentSize, FocusedPanes, Screen[None]):
    """Grades files as they are saved, and shows what came of it.

    Args:
        exercises: At least one.
        folder: What their files are in, as it was named.
        grader: Runs and grades them.
        interval: Seconds between two looks at the files.
    """

    BINDINGS: ClassVar[list[BindingType]] = EXERCISES.bindings()
    VERTICAL_BREAKPOINTS = HEIGHTS

    class ExercisesHelpRequested(Message):
        """The help is asked for."""

    def __init__(
        self,
        exercises: Sequence[ChosenExercise],
        folder: Path,
        grader: FileGrader,
        *,
        ascii_only: bool = False,
        interval: float = INTERVAL,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._ascii_only = ascii_only
        self._interval = interval
        self._began = 0.0
        """When the file that runs began."""
        self._shows_solution = False
        self._is_asked_again = False
        """Whether the file on show is to be graded, saved or not."""
        self._woken = asyncio.Event()
        watches = FileWatches()
        self.followed = FollowedExercises(
            exercises, grader, lambda one: watches.saved(one.file), self, interval=interval
        )
        self.tutor = grader.tutor
        self.title_bar = TitleBar(ascii_only=ascii_only)
        self.listing = ExerciseList([one.name for one in exercises], ascii_only=ascii_only)
        self.text = LessonText(ascii_only=ascii_only)
        self.output = OutputPane(ascii_only)
        self.status = StatusLine(ascii_only=ascii_only)
        self.kernel_news = KernelNews(self.tutor.kernel, self.status, self.output, self.refresh_bindings)

    def compose(self) -> ComposeResult:
        yield self.title_bar
        yield ExerciseColumns(self.listing, self.text, self.output)
        yield self.status
        yield KeyBar()

    async def on_mount(self) -> None:
        files = {str(one.file) for one in self.followed.exercises}
        self.output.is_of_the_editor = lambda file: file in files
        self.set_interval(CLOCK, self._update_clock)
        self.status.state = self.tutor.kernel.state
        self.followed.begin()
        await self._show_exercise()
        self.text.focus()
        self._follow()

    @work(exclusive=True, group="files")
    async def _follow(self) -> None:
        """Grade what is saved, for as long as the screen is there."""
        while True:
            await self.followed.look()
            if self._is_asked_again:
                self._is_asked_again = False
                await self.followed.grade(self.followed.at)
            try:
                await asyncio.wait_for(self._woken.wait(), self._interval)
            except TimeoutError:
                continue
            self._woken.clear()

    # The exercise on show

    async def _show_exercise(self) -> None:
        """Show the exercise that was opened as if nothing had been done about it yet."""
        exercise = self.followed.exercise
        self._shows_solution = False
        self.status.note = ""
        self._tell()
        self.output.begin()
        self._say_what_will_be_checked(exercise)
        self.kernel_news.say_why_nothing_runs()
        await self._show_page()

    def _say_what_will_be_checked(self, exercise: ChosenExercise) -> None:
        self.output.show_checks(exercise.step.named_checks, f"Saving {self._path(exercise)} runs it, and checks:")
        self.output.view.keep_in_sight(0)
        try:
            begun = is_begun(exercise.read(), exercise.step)
        except UnreadableFileError as error:
            self.output.note(f"{self._path(exercise)}: {error}.")
            return
        if self.followed.all_pass:
            self.status.note = _all_pass(len(self.followed.states))
        elif self.followed.states[self.followed.at] != "passes" and begun:
            self.status.note = f"{pressed('{exercises.grade}')} grades it as it is."

    async def _show_page(self, *, newest: int = 0) -> None:
        exercise, solution = self.followed.exercise, None
        if self._shows_solution:
            solution = self.tutor.solution()
        await self.text.show(page_of(exercise.step, self.tutor.hints, solution), newest=newest)

    def _tell(self) -> None:
        """Show how all exercises stand, and which one is on show."""
        followed = self.followed
        title = self.title_bar
        title.track = visible(str(self._folder), self._ascii_only)
        title.lesson = visible(followed.exercise.title, self._ascii_only)
        title.steps = tuple("done" if state == "passes" else "open" for state in followed.states)
        title.current = followed.at
        self.listing.show(followed.states, followed.at)
        self.refresh_bindings()

    def _path(self, exercise: ChosenExercise) -> str:
        return visible(str(self._folder / exercise.name), self._ascii_only)

    async def _open(self, at: int) -> None:
        if at != self.followed.at:
            self.followed.open(at)
            await self._show_exercise()

    # What comes of a file that was saved

    def show_begin(self, at: int, text: str) -> None:
        self.status.note = ""
        self.status.seconds, self._began = 0.0, time.monotonic()
        self._shows_solution = False
        self.output.begin(run=True)
        self._tell()
        self.run_worker(self._show_page(), group="page", exclusive=True)

    def show_event(self, event: Event) -> None:
        if self.is_attached:
            show_event(self.output, event)

    def show_long_run(self) -> None:
        self.status.note = f"Saving it stops it and begins again; {pressed('{exercises.stop}')} stops it."

    def show_stopped(self) -> None:
        self.output.stop_asking()

    def show_unreadable(self, at: int, reason: str) -> None:
        exercise = self.followed.exercises[at]
        self.output.begin()
        self.output.note(f"{self._path(exercise)}: {reason}.")
        self._tell()

    def show_result(self, at: int, found: GradedFile, was_passed: bool) -> None:
        if not self.is_attached:
            return
        show_result(self.output, found)
        self.status.note = self._verdict(at, found, was_passed)
        self._tell()
        self.call_after_refresh(self.refresh_bindings)

    def _verdict(self, at: int, found: GradedFile, was_passed: bool) -> str:
        followed = self.followed
        if followed.all_pass:
            return _all_pass(len(followed.states))
        if found.passed:
            done = "" if was_passed else f": {followed.passed} of {len(followed.states)} pass"
            return f"Right{done}. {pressed('{exercises.next-to-do}')} goes to the next to do."
        if found.finished.outcome == "interrupted":
            return "Stopped."
        has_more = len(self.tutor.hints) < len(followed.exercises[at].step.hints)
        return f"Not yet. {pressed('{exercises.hint}')} gives a hint." if has_more else "Not yet."

    def _update_clock(self) -> None:
        if self.followed.runs:
            self.status.seconds = time.monotonic() - self._began

    @on(OutputPane.Answered)
    def _give_line(self, message: OutputPane.Answered) -> None:
        self.tutor.kernel.answer(message.text)
        self.output.stop_asking()

    # Keys

    @property
    def runs(self) -> bool:
        """Whether a file runs."""
        return self.followed.runs

    @property
    def types_text(self) -> bool:
        """Whether letters are text where the focus is."""
        return self.output.asking and self.output.has_focus_within

    @property
    def has_selection(self) -> bool:
        """Whether text is selected, to be copied."""
        return bool(self.selections)

    @property
    def has_suggested_fix(self) -> bool:
        """Whether the coach has a suggested fix to show."""
        return self.output.has_suggested_fix

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return EXERCISES.works(action, self)

    @property
    def panes(self) -> dict[Widget, Callable[[], str]]:
        """Panes that take the focus, with what is copied of each."""
        return {
            self.listing: lambda: self.listing.plain,
            self.text: lambda: self.text.markdown,
            self.output: self.output.plain,
        }

    async def action_hint(self) -> None:
        if self.tutor.next_hint() is None:
            has_some = bool(self.tutor.hints)
            said = "There are no more hints" if has_some else "It has no hints"
            self.status.remark = f"{said}; {pressed('{exercises.solution}')} shows the solution."
            return
        await self._show_page(newest=1)

    @work
    async def action_solution(self) -> None:
        """Show the solution below the task, after a question."""
        if not self._shows_solution:
            from tui_torch.ui.screens.confirm import ConfirmScreen

            at = self.followed.at
            question = "Show the solution? It will stand below the text; your file stays as it is."
            if not await self.app.push_screen_wait(ConfirmScreen(question, yes="Show it")) or at != self.followed.at:
                return
            self._shows_solution = True
        await self._show_page(newest=2)

    async def action_move(self, by: int) -> None:
        """Go to the exercise so many after this one, or before."""
        at = self.followed.at + by
        if 0 <= at < len(self.followed.exercises):
            await self._open(at)
        else:
            self.status.remark = "This is the last exercise." if by > 0 else "This is the first exercise."

    async def action_to_do(self, direction: int) -> None:
        """Go to the nearest exercise that does not pass: after this one (1) or before it (-1), and around the end."""
        count, at = len(self.followed.states), self.followed.at
        others = [(at + direction * step) % count for step in range(1, count)]
        to_do = next((other for other in others if self.followed.states[other] != "passes"), None)
        if to_do is not None:
            await self._open(to_do)
        elif self.followed.all_pass:
            self.status.remark = _all_pass(count)
        else:
            self.status.remark = "All others pass."

    @on(OptionList.OptionSelected)
    async def _choose(self, event: OptionList.OptionSelected) -> None:
        if self.runs:
            self.status.remark = f"It is running: {pressed('{exercises.stop}')} stops it."
        else:
            await self._open(event.option_index)
            focus_at_once(self.text)

    def action_list(self) -> None:
        focus_at_once(self.listing)

    def action_grade(self) -> None:
        """Grade the file on show as it is."""
        self._is_asked_again = True
        self._woken.set()

    def action_stop(self) -> None:
        """Interrupt the file that runs."""
        self.run_worker(self.tutor.kernel.interrupt())

    def action_toggle_suggested_fix(self) -> None:
        self.output.toggle_suggested_fixes()

    def action_help(self) -> None:
        self.post_message(self.ExercisesHelpRequested())

    def action_quit(self) -> None:
        self.app.exit()

    def action_own_editor(self) -> None:
        """Open the file in the learner's own editor, which has the terminal until it is closed."""
        from tui_torch.ui.lesson.editing.own_editor import OwnEditorError, opened_in, own_editor

        try:
            command = own_editor()
            with self.app.suspend():
                said = opened_in(command, self.followed.exercise.file)
        except (OwnEditorError, SuspendNotSupported) as error:
            self.status.remark = str(error)
            return
        self.status.remark = said
        self._woken.set()

    def on_title_bar_step_chosen(self, message: TitleBar.StepChosen) -> None:
        if not self.runs:
            self.run_worker(partial(self._open, message.index), group="page", exclusive=True)


def _all_pass(count: int) -> str:
    return "The exercise passes." if count == 1 else f"All {count} exercises pass."
