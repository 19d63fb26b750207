"""Whether the code of a course from elsewhere may run: asked once for each content of the whole course."""

from __future__ import annotations

from tui_torch.course.loader import Course, open_course
from tui_torch.course.packages.content import CourseContent, changes, content_of
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.found import FoundCourse
from tui_torch.tutor.progress.known_courses import OpenedCourse
from tui_torch.tutor.progress.progress import Progress


class UntrustedCourseError(Exception):
    """A course from elsewhere would run code that the learner has not agreed to."""

    def __init__(self, found: FoundCourse, content: CourseContent, changed: str, lesson: str | None = None) -> None:
        super().__init__(question(found, content, changed))
        self.found = found
        self.digest = content.digest
        """What to pass as `agreed` once the learner agrees."""
        self.lesson = lesson
        """The id of the lesson that it was to be opened at; None for where the learner left off."""


def question(found: FoundCourse, content: CourseContent, changed: str) -> str:
    """What there is to agree to, in sentences: which course, from where, and what changed since it was agreed to."""
    count = len(content.files)
    which = f"The course {found.name} ({count} {'file' if count == 1 else 'files'}, {source_of(found)})"
    if changed:
        return f"{which} has changed since you agreed to it ({changed}), and its code would run as you."
    return f"{which} is not part of tui-torch, and its code would run as you."


def source_of(found: FoundCourse) -> str:
    """Where a course is from, in words; of a repository, with the commit that the clone is at."""
    match found.origin:
        case "package":
            return f"from the package {found.where}"
        case "folder":
            return f"from {found.folder}"
        case "repository":
            from tui_torch.course.packages.repository import commit_of

            commit = commit_of(found.folder) if found.folder is not None else None
            return f"from {found.where}" + (f", commit {commit}" if commit else "")


def changes_since(found: FoundCourse, content: CourseContent, progress: Progress) -> str:
    """What changed of a course since it was last agreed to, in words; empty where it never was."""
    before = progress.agreed_files(found.name)
    return changes(before, content.files) if before else ""


def open_trusted(found: FoundCourse, progress: Progress, *, agreed: str | None = None) -> Course:
    """The course, whose code the learner has agreed to, and of which nothing else than that content is read.

    Work on its lessons that was kept under the paths of their files goes on in it.

    Args:
        agreed: The digest that the learner has just agreed to, or None.

    Raises:
        CourseError: It cannot be opened.
        UntrustedCourseError: The learner has not agreed to this content.
        LessonErrors: Its `course.yaml` has changed meanwhile, and is wrong.
    """
    if found.folder is None or found.problem is not None:
        raise CourseError(f"the course {found.name} cannot be opened: {found.problem}")
    content = content_of(found.folder)
    digest = content.digest
    if agreed != digest and not progress.trusted(digest):
        raise UntrustedCourseError(found, content, changes_since(found, content, progress))
    if agreed == digest or progress.agreed_files(found.name) != content.files:
        progress.agree_to_course(found.name, digest, content.files)
    course = open_course(found.folder, name=found.name, content=content)
    progress.keep_course(OpenedCourse(found.name, found.origin, found.where, str(found.folder)))
    progress.move_work([(str(course.path_of(one)), course.key_of(one)) for one in course.ids])
    return course
