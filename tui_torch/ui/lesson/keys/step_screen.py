"""What keys and clicks do to go from step to step, and from lesson to lesson."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from tui_torch.course.lesson_error import LessonErrors
from tui_torch.drawing.text import numbers
from tui_torch.ui.lesson.keys.run_screen import RunScreen
from tui_torch.ui.lesson.status_line import pressed
from tui_torch.ui.lesson.step_view import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_torch.course.lesson import Lesson
    from tui_torch.course.loader import Course
    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.drafts import Drafts
    from tui_torch.ui.lesson.panes import LessonPanes
    from tui_torch.ui.lesson.run import LessonRun
    from tui_torch.ui.lesson.step_view import StepView
    from tui_torch.ui.lesson.title_bar import TitleBar


class StepScreen(RunScreen):
    """A screen that shows one step of a lesson at a time."""

    class ArenaRequested(Message):
        """The learner wants the list of problems."""

    class PracticeRequested(Message):
        """The learner asks what there is to practise."""

    tutor: Tutor
    panes: LessonPanes
    step_view: StepView
    drafts: Drafts
    _came_from: tuple[tuple[Lesson, str], tuple[str, int]] | None = None
    """The lesson and the step that the next lesson was gone to from, and where that led: `previous` leads back."""

    async def show_step(self) -> None:
        """Draw the tutor's current step from scratch."""
        raise NotImplementedError

    @property
    def run(self) -> LessonRun:
        """The run of the step."""
        raise NotImplementedError

    async def _leave_step(self, go: Callable[[], object]) -> None:
        """Show the step that the tutor is at after `go`, and say what became of a run of the one before."""
        said = await self.run.settle()
        self.drafts.save()
        go()
        await self.show_step()
        if said:
            self.panes.say(said)

    def _has_step(self, by: int) -> bool:
        return 0 <= self.tutor.at + by < len(self.tutor.marks)

    async def show_lesson(self, lesson: Lesson) -> None:
        """Go to a lesson of the course."""
        await self._leave_step(lambda: self.tutor.open(lesson))

    async def show_problem(self, problem: Lesson) -> None:
        """Go to a problem of the arena."""
        await self._leave_step(lambda: self.tutor.open_problem(problem))

    async def show_lesson_of(self, lesson_id: str) -> None:
        """Go to the lesson of the course with that id; say so if it cannot be read."""
        try:
            lesson = self.tutor.course.lesson(lesson_id)
        except LessonErrors:
            self.panes.remark("That lesson cannot be read any more: `tui-torch check` says why.")
        else:
            await self.show_lesson(lesson)

    async def show_course(self, course: Course, *, agreed: bool = False, lesson_id: str | None = None) -> None:
        """Go to another course: to a lesson of it, or to where the learner left off.

        `agreed` is as `Tutor.change_course` has it. Raises LessonErrors, and nothing changes then.
        """
        first = course.lesson(course.ids[0])
        lesson = first if lesson_id is None else course.lesson(lesson_id)

        def go() -> None:
            self.tutor.change_course(course, agreed=agreed)
            if lesson_id is not None:
                self.tutor.open(lesson)

        self._came_from = None
        await self._leave_step(go)

    async def practise(self, first: tuple[str, str] | None = None) -> None:
        """Begin a round of what is due, with the step of those ids of its lesson and its own, if there is one."""
        self.drafts.save()
        await self.tutor.read_course()
        await self.run.settle()
        drawn = self.tutor.begin_practice(first=first)
        if drawn:
            from tui_torch.tutor.practice.rounds import said_of

            await self.show_step()
            self.panes.say(f"{said_of(drawn)}.")

    async def play(self) -> None:
        """Go to the playground."""
        await self._leave_step(self.tutor.open_playground)
        editor = self.panes.editor
        editor.move_cursor(editor.document.end)
        self.action_edit()
        editor.focus()  # again: the list of lessons is closing, and gives the focus back

    async def action_next(self) -> None:
        self.drafts.save()
        self._came_from = None
        if self._has_step(1):
            await self._leave_step(lambda: self.tutor.move(1))
        elif not await self._show_finished():
            await self._leave_lesson()

    async def _show_finished(self) -> bool:
        """Show the card that a lesson ends in, and return whether this one is finished."""
        card = await self.step_view.finished_card()
        if card is None:
            return False

        async def go_on(goes_on: bool | None) -> None:
            if goes_on:
                await self._leave_lesson()

        # Two keys in one read ask for it twice.
        if self.is_current:
            await self.app.push_screen(card, go_on)
        return True

    async def _leave_lesson(self) -> None:
        """Go on to the next lesson, or to what is left to practise; say so where there is none."""
        try:
            following = self.tutor.following()
        except LessonErrors:
            self.panes.remark(UNREADABLE)
            return
        if following is not None:
            tutor, undone = self.tutor, self.tutor.marks.count(False)
            title, here = tutor.title, (tutor.lesson, tutor.step.id)
            await self.show_lesson(following)
            self._came_from = here, (tutor.key, tutor.at)
            if undone:
                steps = f"{numbers.counted(undone, 'step')} of “{title}” {'is' if undone == 1 else 'are'}"
                self.panes.remark(f"{steps} not done yet: {pressed('{previous}')} goes back.")
        elif self.tutor.kind == "practice":
            self.post_message(self.PracticeRequested())
        elif self.tutor.kind == "problem":
            self.post_message(self.ArenaRequested())
        else:
            self.panes.remark(f"That was the last step. {pressed('{lessons}')} lists the lessons.")

    async def action_previous(self) -> None:
        self.drafts.save()
        came_from, self._came_from = self._came_from, None
        try:
            preceding = self.tutor.preceding() if self.tutor.at == 0 else None
        except LessonErrors:
            preceding = None
        if came_from is not None and came_from[1] == (self.tutor.key, self.tutor.at):
            await self._leave_step(lambda: self.tutor.open(*came_from[0]))
        elif preceding is not None:
            await self._leave_step(lambda: self.tutor.open(preceding, preceding.steps[-1].id))
        elif self._has_step(-1):
            await self._leave_step(lambda: self.tutor.move(-1))
        else:
            self.panes.remark(f"This is the first step. {pressed('{lessons}')} lists the lessons.")

    async def action_undone(self, direction: int) -> None:
        """Go to the nearest step after this one that is not done, or before it, in this lesson or another."""
        self.drafts.save()
        try:
            place = self.tutor.nearest_undone(direction)
        except LessonErrors:
            self.panes.remark(UNREADABLE)
            return
        if place is None:
            where = "after" if direction > 0 else "before"
            self.panes.remark(f"No step {where} this one is left to do.")
        elif isinstance(place, int):
            await self._leave_step(lambda: self.tutor.move(place - self.tutor.at))
        else:
            await self._leave_step(lambda: self.tutor.open(*place))

    async def go_to(self, lesson_id: str, step_id: str) -> None:
        """Go to a step of a lesson of the course; say so if that cannot be read."""
        try:
            lesson = self.tutor.course.lesson(lesson_id)
        except LessonErrors:
            self.panes.remark("That lesson cannot be read any more: `tui-torch check` says why.")
        else:
            await self._leave_step(lambda: self.tutor.open(lesson, step_id))

    async def on_title_bar_step_chosen(self, message: TitleBar.StepChosen) -> None:
        by = message.index - self.tutor.at
        if by and self._has_step(by):
            await self._leave_step(lambda: self.tutor.move(by))
