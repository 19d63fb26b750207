"""Agreeing on the command line to run the code of lesson files from outside the course, and of other courses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.naming import on_one_line
from tui_torch.refused import USAGE, RefusedError
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import content_hash

if TYPE_CHECKING:
    from tui_torch.course.loader import Course
    from tui_torch.course.packages.found import FoundCourse


class NotAgreedError(Exception):
    """Code from outside the course would run, and nobody has agreed to it; the message says what to do."""


def check_trust(files: Sequence[tuple[Path, bytes]], *, ask: bool = True, is_program: bool = False) -> bool:
    """Refuse a command unless the code of these files may run; whether the learner has agreed to it just now.

    Args:
        files: Paths, and what was read from each.
        ask: Ask in the terminal, where there is one.
        is_program: They are one program, and no lessons.

    Raises RefusedError where it may not.
    """
    from tui_torch.console.plain import confirm
    from tui_torch.tutor.user_files import progress_file

    asks = confirm if ask and sys.stdin.isatty() and sys.stderr.isatty() else None
    with Progress.open(progress_file()) as progress:
        try:
            return agree(files, progress, asks, is_program=is_program)
        except NotAgreedError as error:
            raise RefusedError(str(error), USAGE) from None


def agreed_course(found: FoundCourse, progress: Progress, *, ask: bool = True) -> Course:
    """A course from elsewhere whose code the learner agrees to, now or before. Raises RefusedError, LessonErrors.

    `ask`: whether to ask in the terminal, where there is one.
    """
    from tui_torch.console.plain import confirm
    from tui_torch.course.packages.course_error import CourseError
    from tui_torch.tutor.courses.trusted_course import UntrustedCourseError, open_trusted

    agreed: str | None = None
    while True:
        try:
            return open_trusted(found, progress, agreed=agreed)
        except CourseError as error:
            raise RefusedError(str(error), USAGE) from None
        except UntrustedCourseError as untrusted:
            if not _agrees(str(untrusted), confirm if ask and sys.stdin.isatty() and sys.stderr.isatty() else None):
                raise RefusedError("nothing was run; `--trust` runs it without asking", USAGE) from None
            agreed = untrusted.digest


def check_course_trust(folder: Path) -> None:
    """Refuse a command unless the code of the course in a folder may run: as a whole, as when it is opened.

    Of one that cannot be read nothing runs. Raises RefusedError where it may not.
    """
    from tui_torch.console.plain import confirm
    from tui_torch.course.packages.content import content_of
    from tui_torch.course.packages.course_error import CourseError
    from tui_torch.course.packages.folder import course_in
    from tui_torch.tutor.courses.trusted_course import changes_since, question
    from tui_torch.tutor.user_files import progress_file

    try:
        found, content = course_in(folder), content_of(folder)
    except CourseError as error:
        raise RefusedError(str(error), USAGE) from None
    with Progress.open(progress_file()) as progress:
        if found.problem is not None or progress.trusted(content.digest):
            return
        said = question(found, content, changes_since(found, content, progress))
        if not _agrees(said, confirm if sys.stdin.isatty() and sys.stderr.isatty() else None):
            raise RefusedError("nothing was run; `--trust` runs it without asking", USAGE)
        progress.agree_to_course(found.name, content.digest, content.files)


def _agrees(said: str, ask: Callable[[str], bool] | None) -> bool:
    if ask is None:
        said = said.rstrip(".")
        raise RefusedError(f"{said[:1].lower()}{said[1:]}; add --trust if you trust whoever wrote it", USAGE)
    return ask(f"{said} Do you trust whoever wrote it?")


def agree(
    files: Sequence[tuple[Path, bytes]],
    progress: Progress,
    ask: Callable[[str], bool] | None,
    *,
    is_program: bool = False,
) -> bool:
    """Return once all files may run, and whether that was asked about.

    What was agreed to, here or in the app, is not asked about again.

    Args:
        files: Paths, and what was read from each: that is agreed to, and has to be what runs.
        progress: Where it is kept what was agreed to.
        ask: Puts a question that is answered with yes or no; None where nobody is there to answer.
        is_program: They are one program, and no lessons.

    Raises:
        NotAgreedError: The code of one of them may not run.
    """
    hashes = {content_hash(content): path for path, content in files}
    new = {digest: path for digest, path in hashes.items() if not progress.trusted(digest)}
    if not new:
        return False
    first = on_one_line(str(next(iter(new.values()))))
    if len(new) == 1:
        they, its, them = f"{first} is", "its", "it"
    else:
        they, its, them = f"{len(new)} lessons, such as {first}, are", "their", "them"
    said = f"{they} not part of the course, and {its} code would run as you"
    if is_program:
        said = f"{first}, with the modules that it imports, would run as you"
    if ask is None:
        raise NotAgreedError(f"{said}; add --trust if you trust whoever wrote {them}")
    if not ask(f"{said}. Do you trust whoever wrote {them}?"):
        raise NotAgreedError("nothing was run; `--trust` runs it without asking")
    for digest in new:
        progress.trust(digest)
    return True
