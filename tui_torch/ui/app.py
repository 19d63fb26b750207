"""The Textual app: its themes and screens, and what concerns the program as a whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import SystemCommand
from textual.screen import Screen

from tui_torch.course.lesson_error import LessonErrors
from tui_torch.kernel.session import KernelState
from tui_torch.tutor.config import Config, remember
from tui_torch.tutor.trust import UntrustedError
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.file_watch import INTERVAL, FileWatch
from tui_torch.ui.lesson.keys.pane_app import PaneApp
from tui_torch.ui.lesson.screen import LessonScreen

if TYPE_CHECKING:
    from tui_torch.course.packages.found import FoundCourse
    from tui_torch.tutor.courses.trusted_course import UntrustedCourseError

_AGREE = "Its code will run on this machine, as you. So will what is saved to it while it is open here."


class TutorApp(PaneApp):
    """The tutor's face in a terminal: draws what the tutor says, and passes on what the learner does."""

    CSS_PATH = "app.tcss"
    OPEN_SCREENS = ("lessons", "help", "jump", "graph", "solution")
    OPEN_BY_MESSAGE = ("lessons", "help")
    TAKE_RESULT = ("select",)

    def __init__(
        self,
        tutor: Tutor,
        *,
        ascii_only: bool = False,
        config: Config | None = None,
        untrusted: UntrustedError | UntrustedCourseError | None = None,
    ) -> None:
        super().__init__(tutor.kernel, ascii_only=ascii_only, config=config)
        self.tutor = tutor
        self.said_at_start: str | None = None
        """What the learner is told once the app is there; None for nothing."""
        self.untrusted = untrusted
        self._watch = FileWatch()
        self.lesson_screen = LessonScreen(tutor, ascii_only=ascii_only, own_keys=self.config.keys)
        self.open_with(self.lesson_screen)

    def on_mount(self) -> None:
        self._watch.saved(self.tutor.path)
        self.set_interval(INTERVAL, self._follow_file)
        if self.said_at_start is not None:
            self.notify(self.said_at_start, severity="warning", timeout=30, markup=False)
        match self.untrusted:
            case None:
                pass
            case UntrustedError():
                self._ask_trust(self.untrusted)
            case course:
                self._open_course(course.found, course.lesson)

    def kernel_changed(self, state: KernelState) -> None:
        if state is KernelState.RESTARTING:
            self.tutor.playground.reset()
        super().kernel_changed(state)

    def prepare(self) -> None:
        super().prepare()
        self._read_course()

    @work
    async def _read_course(self) -> None:
        await self.tutor.read_course()

    @on(LessonScreen.LessonsRequested)
    @work
    async def _open_lessons(self) -> None:
        """Show the list of lessons, and go to the one that is chosen."""
        from tui_torch.ui.screens import lessons

        tutor = self.tutor
        await tutor.read_course()
        chosen = await self.push_screen_wait(
            lessons.LessonsScreen(
                tutor.course.title,
                tutor.course.tracks,
                tuple(tutor.standings()),
                tutor.lesson.id,
                await asyncio.to_thread(tutor.due),
                tutor.course.errors,
                step=tutor.step.id if tutor.in_course else None,
                ascii_only=self.ascii_only,
            )
        )
        match chosen:
            case None:
                pass
            case lessons.PRACTICE:
                self.open_practice()
            case lessons.PLAYGROUND:
                await self.lesson_screen.play()
            case lessons.MAP:
                self.open_map()
            case lessons.ARENA:
                self.open_arena()
            case lessons.COURSES:
                self.open_courses()
            case lesson_id:
                await self.lesson_screen.show_lesson_of(lesson_id)

    @work
    async def open_courses(self) -> None:
        """Show the courses, and go to the one that is chosen."""
        from tui_torch.ui.courses.opening import choose_course

        await choose_course(self, self.lesson_screen)
        self._follow_course()

    @work
    async def _open_course(self, found: FoundCourse, lesson_id: str | None) -> None:
        from tui_torch.ui.courses.opening import go_to_course

        await go_to_course(self, self.lesson_screen, found, lesson_id)
        self._follow_course()

    def _follow_course(self) -> None:
        """Watch the file of the lesson that is shown now, and read the rest of its course."""
        self._watch.saved(self.tutor.path)
        self._read_course()

    @on(LessonScreen.PracticeRequested)
    def end_round(self) -> None:
        """Say how the round of practice went, above what is left to practise."""
        from tui_torch.tutor.practice.rounds import ended

        self.open_practice(ended(self.tutor.marks))

    @work
    async def open_practice(self, ended: str = "") -> None:
        """Show what is due, fading and known, and begin a round if the learner asks for one.

        `ended` is what to say of the round that is over.
        """
        from tui_torch.tutor.practice.items import now
        from tui_torch.ui.screens.practice import PracticeScreen

        tutor, at = self.tutor, now()
        await tutor.read_course()
        items = await asyncio.to_thread(tutor.practised, at)
        if not items:
            self.lesson_screen.panes.remark(
                "There is nothing to practise yet: an exercise or a quiz comes back after you have tried it."
            )
            return
        chosen = await self.push_screen_wait(PracticeScreen(items, at, ended=ended, ascii_only=self.ascii_only))
        if chosen is not None:
            lesson, step = chosen.split()
            await self.lesson_screen.practise((lesson, step))

    @work
    async def open_map(self) -> None:
        """Show where the learner can go, and go to the lesson that is chosen on the way there."""
        from tui_torch.tutor.where_next import ways
        from tui_torch.ui.screens.map import MapScreen

        tutor = self.tutor
        await tutor.read_course()
        try:
            topics = await asyncio.to_thread(tutor.course.topics)
        except LessonErrors as wrong:
            self.notify(_first_of(wrong), severity="error", markup=False)
            return
        course = tutor.course
        if not topics and course.name:
            self.lesson_screen.panes.remark(f"The course “{course.title}” has no map of where it leads.")
            return
        found = ways(topics, tutor.standings())
        listed = MapScreen(found, course.title if course.name else None, ascii_only=self.ascii_only)
        chosen = await self.push_screen_wait(listed)
        if chosen is not None:
            await self.lesson_screen.show_lesson_of(chosen)

    @on(LessonScreen.ArenaRequested)
    @work
    async def open_arena(self) -> None:
        """Show the problems from scratch, and go to the one that is chosen."""
        from tui_torch.tutor.arena.standing import problem_standings
        from tui_torch.tutor.practice.days import streak
        from tui_torch.ui.screens.arena.screen import ArenaScreen

        tutor = self.tutor
        arena = tutor.course.arena
        problems = await asyncio.to_thread(arena.problems)
        here = tutor.lesson.id if tutor.kind == "problem" else ""
        standings = problem_standings(problems, tutor.progress, arena.course)
        days = streak(tutor.progress.study_times(), int(time.time())) if self.config.streak else None
        listed = ArenaScreen(standings, here, streak=days, ascii_only=self.ascii_only)
        chosen = await self.push_screen_wait(listed)
        problem = next((problem for problem in problems if problem.id == chosen), None)
        if problem is not None:
            await self.lesson_screen.show_problem(problem)

    def show_streak(self, shown: bool) -> None:
        """Let the arena say on how many days in a row something was solved or practised, or no longer."""
        self.config = replace(self.config, streak=shown)
        try:
            remember("streak", shown)
        except OSError as error:
            self.notify(f"That cannot be remembered ({error.strerror}).", severity="warning", markup=False)
        self.say_briefly(f"The arena {'counts' if shown else 'no longer counts'} your days in a row.")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the command palette offers."""
        from tui_torch.ui import palette

        shown = self.lesson_screen
        yield SystemCommand("Practise", "What is due, fading and known, and a round of it", self.open_practice)
        yield SystemCommand("Playground", "An empty editor, with the tensors and the chart", shown.play)
        yield SystemCommand("Arena", "Problems from scratch, by how hard they are", self.open_arena)
        does = "hide it" if self.config.streak else "show it"
        about = "In the arena: on how many days in a row you solved or practised something"
        yield SystemCommand(f"Streak: {does}", about, partial(self.show_streak, not self.config.streak))
        yield SystemCommand("Where next", "What people do with PyTorch, and which lessons lead there", self.open_map)
        yield SystemCommand("Courses", "Other courses: installed packages, folders and repositories", self.open_courses)
        if screen is shown:
            yield from palette.actions(shown, self.bound_keys)
        yield from palette.lessons(self.tutor.course.outlines, shown, ascii_only=self.ascii_only)
        yield from super().get_system_commands(screen)

    @work
    async def _ask_trust(self, untrusted: UntrustedError) -> None:
        from tui_torch.ui.screens.confirm import ConfirmScreen

        question = f"{untrusted.path} is not part of the course.\n{_AGREE} Open it if you trust whoever writes to it."
        if not await self.push_screen_wait(ConfirmScreen(question, yes="Trust and open")):
            return
        try:
            self.tutor.open_file(untrusted.path, agreed=untrusted.content_hash)
        except UntrustedError as changed:
            self._ask_trust(changed)
        except (LessonErrors, OSError) as error:
            self.notify(f"The file changed since, and cannot be opened: {error}", severity="error", markup=False)
        else:
            self._watch.saved(self.tutor.path)
            await self.lesson_screen.show_step()

    def _follow_file(self) -> None:
        # Not during a run, which this would end, nor under a question, which may be about the same file.
        screen = self.lesson_screen
        # While the app closes, the stack is empty.
        if self.screen_stack[-1:] == [screen] and screen.run.in_progress is None and self._watch.saved(self.tutor.path):
            self._read_again()

    @work(exclusive=True, group="reload")
    async def _read_again(self, agreed: str | None = None) -> None:
        """Show what was saved to the lesson's file; if it cannot be read, say why, and keep what is shown."""
        path = self.tutor.path
        try:
            await self.lesson_screen.reload(agreed=agreed)
        except UntrustedError as changed:
            from tui_torch.ui.screens.confirm import ConfirmScreen

            question = f"{path} was saved.\n{_AGREE} Show it if you trust whoever writes to it."
            if await self.push_screen_wait(ConfirmScreen(question, yes="Trust and show")):
                self._read_again(changed.content_hash)
        except LessonErrors as wrong:
            self.clear_notifications()
            self.notify(
                _first_of(wrong),
                title="Saved, and not shown: the last good version stays",
                severity="error",
                timeout=30,
                markup=False,
            )
        except OSError:
            pass  # It is missing again, and is read once it is back.
        else:
            self.clear_notifications()


def _first_of(wrong: LessonErrors) -> str:
    first, *more = wrong.errors
    with suppress(ValueError):
        first = replace(first, path=first.path.relative_to(Path.cwd()))
    return f"{first} (and {len(more)} more)" if more else str(first)
