"""Where the app opens: in the tutor's own course, in one that is named, or in that where the learner left off."""

from __future__ import annotations

from tui_torch.console.chosen_lesson import ChosenLesson, choose
from tui_torch.console.courses.named import Named, course_to_read, named_in, names_in
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import Course
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.found import FoundCourse
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.courses.known import course_left_off
from tui_torch.tutor.courses.trusted_course import UntrustedCourseError, open_trusted
from tui_torch.tutor.progress.progress import Progress


@dataclass(frozen=True, slots=True)
class Start:
    """What the app opens at."""

    course: Course
    chosen: ChosenLesson | None = None
    """The lesson that was named; None for where the learner left off."""
    untrusted: UntrustedCourseError | None = None
    """What to ask about a course, which is opened once the learner agrees."""
    agreed: bool = False
    """Whether the learner agreed to the course on the command line, and so to what is saved to it."""
    notice: str | None = None
    """Why the course where the learner left off is not open; None where it is."""


def start_in(
    ours: Course, progress: Progress, lesson: str | None, found: FoundCourse | None, *, is_named: bool, trust: bool
) -> Start:
    """Where the app opens.

    Args:
        ours: The tutor's own course.
        lesson: The lesson that was named, or None.
        found: The course that was named; None for ours, or if none was.
        is_named: Whether a course was named.
        trust: Whether the learner agrees beforehand.

    Raises RefusedError, NoSuchLessonError, LessonErrors and CourseError where what was named cannot be opened.
    """
    if lesson is None and not is_named:
        return _left_off(ours, progress)
    named = Named(found, lesson or "")
    if lesson is not None and not is_named:
        named = named_in(lesson, None, {*names_in(ours), *ours.arena.ids}, progress)
    if named.course is None:
        return Start(ours, choose(ours, named.what) if named.what else None)
    try:
        course = open_trusted(named.course, progress)
    except UntrustedCourseError as untrusted:
        if not trust:
            # What is wrong with the name of the lesson is said before anything is agreed to.
            untrusted.lesson = choose(course_to_read(named.course), named.what).lesson.id if named.what else None
            return Start(ours, untrusted=untrusted)
        course = open_trusted(named.course, progress, agreed=untrusted.digest)
    return Start(course, choose(course, named.what) if named.what else None, agreed=trust)


def _left_off(ours: Course, progress: Progress) -> Start:
    try:
        found = course_left_off(progress)
        return Start(ours if found is None else open_trusted(found, progress))
    except UntrustedCourseError as untrusted:
        return Start(ours, untrusted=untrusted)
    except (CourseError, LessonErrors) as error:
        first = str(error).splitlines()[0]
        return Start(ours, notice=f"The course where you left off is not open: {first}.")
