"""Going to another course: from the list of them, or from the command line, once the learner agrees to its code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course, open_course
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.found import OURS, FoundCourse
from tui_torch.tutor.courses.known import known_courses
from tui_torch.tutor.courses.trusted_course import UntrustedCourseError, open_trusted
from tui_torch.ui.courses.screen import CoursesScreen
from tui_torch.ui.screens.confirm import ConfirmScreen

if TYPE_CHECKING:
    from textual.app import App

    from tui_torch.ui.lesson.screen import LessonScreen


async def choose_course(app: App[None], screen: LessonScreen) -> None:
    """List the courses, and go to the one that is chosen."""
    tutor = screen.tutor
    ours = tutor.course if not tutor.course.name else await asyncio.to_thread(_own_course)
    found = await asyncio.to_thread(known_courses, tutor.progress)
    listed = CoursesScreen(ours.title, found, tutor.course.name, ascii_only=screen.ascii_only)
    chosen = await app.push_screen_wait(listed)
    if chosen == OURS:
        if tutor.course.name:
            await _go_to(screen, ours)
    elif chosen is not None and (one := listed.found_by(chosen)) is not None:
        await go_to_course(app, screen, one)


async def go_to_course(app: App[None], screen: LessonScreen, found: FoundCourse, lesson_id: str | None = None) -> None:
    """Go to a course from elsewhere, after a yes where its content is new; say why where that cannot be.

    `lesson_id` is a lesson of it; None for where the learner left off.
    """
    agreed: str | None = None
    while True:
        try:
            course = await asyncio.to_thread(open_trusted, found, screen.tutor.progress, agreed=agreed)
            await _go_to(screen, course, agreed=agreed is not None, lesson_id=lesson_id)
        except UntrustedCourseError as untrusted:
            question = (
                f"{untrusted}\nSo will what is saved to it while it is open here. Open it if you trust its author."
            )
            if not await app.push_screen_wait(ConfirmScreen(question, yes="Trust and open")):
                return
            agreed = untrusted.digest
        except (CourseError, LessonErrors) as error:
            app.notify(str(error).splitlines()[0], severity="error", timeout=30, markup=False)
            return
        else:
            return


async def _go_to(screen: LessonScreen, course: Course, *, agreed: bool = False, lesson_id: str | None = None) -> None:
    await screen.show_course(course, agreed=agreed, lesson_id=lesson_id)
    screen.panes.remark(f"This is the course “{course.title}”.")


def _own_course() -> Course:
    from tui_torch.course.lesson_cache import LessonCache
    from tui_torch.tutor.user_files import lesson_cache

    return open_course(lessons_folder(), LessonCache(lesson_cache()))
