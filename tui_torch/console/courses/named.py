"""Which course is meant on the command line, and which lesson of it: `--course NAME`, `NAME:LESSON`, `LESSON`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui_torch.course.lesson import Contents
from tui_torch.course.loader import Course, open_course
from tui_torch.course.naming import in_backticks
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.found import OURS, FoundCourse
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.refused import USAGE, RefusedError
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import progress_file

if TYPE_CHECKING:
    from tui_torch.console.chosen_lesson import ChosenLesson

COURSE_HELP = "A course from elsewhere: its name, its folder, or the address of its git repository."


def course_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--course` of a command, whose parameter is `course_name`."""
    return click.option("--course", "course_name", metavar="NAME|FOLDER|URL", help=COURSE_HELP)(command)


@dataclass(frozen=True, slots=True)
class Named:
    """What was named: something of a course."""

    course: FoundCourse | None
    """None for the tutor's own."""
    what: str
    """The id of a lesson, a track or a problem, or the path of a file."""


def open_progress() -> Progress:
    """The learner's progress file."""
    return Progress.open(progress_file())


def is_terminal() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def named_course(name: str, progress: Progress, *, trust: bool = False, ask: bool = True) -> FoundCourse | None:
    """The course of that name, in that folder, or in the repository at that address; None for the tutor's own.

    Args:
        trust: Clone a repository without asking.
        ask: Ask in the terminal, where there is one, before a repository is cloned.

    Raises RefusedError.
    """
    from tui_torch.course.packages.repository import is_address

    try:
        if name == OURS:
            return None
        if is_address(name):
            from tui_torch.console.courses.cloned import cloned

            return cloned(name, progress, trust=trust, ask=ask and is_terminal())
        from tui_torch.tutor.courses.known import find_course

        return find_course(name, progress)
    except CourseError as error:
        raise RefusedError(str(error), USAGE) from None


def named_in(
    what: str, course_name: str | None, ours: Collection[str], progress: Progress, *, trust: bool = False
) -> Named:
    """What is named, and of which course.

    Of a name without a course, the tutor's own course is asked first, then each other one that is known.

    Args:
        what: `NAME:LESSON`, or the lesson alone.
        course_name: What `--course` says.
        ours: The names that mean something in the tutor's own course.
        trust: As `named_course` has it.

    Raises RefusedError.
    """
    if course_name is not None:
        found = named_course(course_name, progress, trust=trust)
        prefix = f"{OURS if found is None else found.name}:"
        return Named(found, what.removeprefix(prefix))
    if what in ours or Path(what).exists():
        return Named(None, what)
    course, mark, name = what.partition(":")
    if mark and course and "/" not in course and "\\" not in name:
        return Named(named_course(course, progress), name)
    from tui_torch.console.chosen_lesson import is_file

    return Named(None if is_file(what) else _having(what, progress), what)


def _having(name: str, progress: Progress) -> FoundCourse | None:
    """The only known course that has a lesson or a track of that id; None without any. Raises RefusedError."""
    from tui_torch.tutor.courses.known import known_courses

    having = [one for one in known_courses(progress) if one.contents is not None and name in names_in(one.contents)]
    if len(having) > 1:
        courses = " and ".join(one.name for one in having)
        said = " or ".join(f"`{one.name}:{name}`" for one in having)
        raise RefusedError(f"the courses {courses} have {in_backticks(name)} both; say {said}", USAGE)
    return having[0] if having else None


def names_in(course: Contents | Course) -> frozenset[str]:
    """The ids of a course's tracks and lessons."""
    return frozenset(name for track in course.tracks for name in (track.id, *track.lessons))


def course_to_read(found: FoundCourse | None) -> Course:
    """A course of which nothing will run. Raises LessonErrors."""
    from tui_torch.console.chosen_lesson import the_course_unread

    if found is None or found.folder is None:
        return the_course_unread()
    return open_course(found.folder, name=found.name)


def course_to_run(found: FoundCourse | None, progress: Progress, *, trust: bool, ask: bool = True) -> Course:
    """A course whose code may run: it is the tutor's own, or the learner agrees to it.

    Args:
        trust: Whether it was agreed to beforehand, for this once.
        ask: Ask in the terminal, where there is one.

    Raises RefusedError, LessonErrors.
    """
    if found is None or trust:
        return course_to_read(found)
    from tui_torch.console.agreement import agreed_course

    return agreed_course(found, progress, ask=ask)


def chosen_to_run(
    lesson: str, course_name: str | None, progress: Progress, *, trust: bool, ask: bool = True
) -> ChosenLesson:
    """The lesson that is named, whose code may run.

    Args:
        course_name: What `--course` says.
        trust: Whether it was agreed to beforehand, for this once.
        ask: Ask in the terminal, where there is one.

    Raises RefusedError, NoSuchLessonError, LessonErrors.
    """
    from tui_torch.console.agreement import check_trust
    from tui_torch.console.chosen_lesson import choose, the_course_unread

    ours = the_course_unread()
    named = named_in(lesson, course_name, {*ours.ids, *ours.arena.ids}, progress, trust=trust)
    course = ours if named.course is None else course_to_run(named.course, progress, trust=trust, ask=ask)
    chosen = choose(course, named.what)
    if chosen.loaded is not None and not trust:
        check_trust([(chosen.path, chosen.loaded.content)], ask=ask)
    return chosen
