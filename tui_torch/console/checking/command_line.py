"""The command `check`. Imports that take time are inside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_torch.console.checking.options import limit_option, trust_option
from tui_torch.console.courses.named import course_option
from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.console.checking.check import LessonFile, Verdict
    from tui_torch.course.lesson import Lesson
    from tui_torch.kernel.zygote import Zygote


@click.command()
@click.argument("paths", metavar="[PATH…]", nargs=-1)
@click.option("--fresh", is_flag=True, help="Run every lesson, also those that passed and have not changed since.")
@trust_option
@limit_option
@course_option
def check(paths: tuple[str, ...], fresh: bool, trust: bool, limit: float, course_name: str | None) -> None:
    """Prove lessons: that every snippet, quiz and exercise does what it claims, and fits 80 columns.

    PATH is a lesson file, a folder of them, or a lesson's id; without one, the whole course is proved. Runs their code,
    several lessons side by side, and says of each how long it took. A lesson of the course is also held to
    what such a lesson must have: three checks, three hints, a last step that sums up.

    The code of a file from outside the course runs only when you agree: in a terminal you are asked, once for
    each content; elsewhere it wants --trust.

    Of a course that is a package, also what its pyproject.toml says of it is checked.

    A lesson that passed is run again when it has changed, a file that it names, tui-torch, or what is installed.
    """
    from contextlib import ExitStack, closing

    # Several kernels share the cores: where threads of two meet, each waits for the other, and a step that trains takes
    # tens of times as long. A variable that is set already counts.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    at = _named(paths, course_name, trust=trust)
    with ExitStack() as stack:
        zygote = None
        if fresh and any(path.is_dir() for path in at):
            from tui_torch.kernel.zygote import Zygote

            # Before anything else that takes time, so that it imports PyTorch while the lessons are read.
            zygote = stack.enter_context(closing(Zygote.started()))
        import asyncio

        of_package = _wrong_in_packages([*map(Path, paths), *at])
        found, unreadable = _lessons_at(at, may_be_none=bool(of_package))
        if not trust:
            # Not within the event loop, which would hold back a ctrl+c.
            _agree(at, found)
        if not asyncio.run(_check(found, unreadable, of_package, fresh=fresh, limit=limit, zygote=zygote)):
            sys.exit(FAILED)


def _named(paths: Sequence[str], course_name: str | None, *, trust: bool) -> list[Path]:
    """The files and folders of what is named; a course's folder for that in which its package is."""
    from tui_torch.course.library import lessons_folder

    if not paths and course_name is None:
        return [lessons_folder()]
    if course_name is None and all(Path(path).is_file() or (Path(path) / COURSE_FILE).is_file() for path in paths):
        return [Path(path) for path in paths]
    from tui_torch.console.chosen_lesson import choose, refusing, the_course_unread
    from tui_torch.console.courses.named import course_to_read, named_course, named_in, open_progress

    with refusing(), open_progress() as progress:
        if not paths and course_name is not None:
            return [course_to_read(named_course(course_name, progress, trust=trust)).folder]
        at: list[Path] = []
        for path in paths:
            if Path(path).exists() and course_name is None:
                at.append(_with_course(Path(path)))
                continue
            if not Path(path).exists() and ("/" in path or path.endswith((".yaml", ".yml"))):
                raise RefusedError(f"there is no {path}, expected a lesson file or a folder of them", USAGE)
            ours = the_course_unread()
            named = named_in(path, course_name, {*ours.ids, *ours.arena.ids}, progress, trust=trust)
            course = ours if named.course is None else course_to_read(named.course)
            if named.course is None and course_name is None and named.what not in (*ours.ids, *ours.arena.ids):
                raise RefusedError(f"there is no {path}, expected a lesson file or a folder of them", USAGE)
            tracks = [course.folder / track.id for track in course.tracks if track.id == named.what]
            at += tracks or [choose(course, named.what).path]
        return at


def _with_course(folder: Path) -> Path:
    """The folder of the course in a package's folder, where there is one; else that folder, or file."""
    from tui_torch.course.packages.course_error import CourseError
    from tui_torch.course.packages.folder import course_folder_in, courses_below

    if several := courses_below(folder):
        names = ", ".join(str(one.relative_to(folder)) for one in several[:5]) + (", …" if len(several) > 5 else "")
        raise RefusedError(f"there are several courses in {folder}: {names}; name one of these folders", USAGE)
    try:
        return course_folder_in(folder)
    except CourseError:
        return folder


def _agree(at: Sequence[Path], found: Sequence[LessonFile]) -> None:
    """Let the learner agree to the code from elsewhere: to a course as a whole, else lesson by lesson."""
    from tui_torch.console.agreement import check_course_trust, check_trust
    from tui_torch.course.library import lessons_folder

    for folder in at:
        if (folder / COURSE_FILE).is_file() and folder.resolve() != lessons_folder():
            check_course_trust(folder)
    outside = [(lesson.path, lesson.content) for lesson in found if not lesson.of_course]
    if outside:
        check_trust(outside)


def _wrong_in_packages(paths: Iterable[Path]) -> list[str]:
    """What is wrong with the packages of the courses in folders: none of it shows in a lesson."""
    from tui_torch.course.packages.declared import package_folder, wrong_in_package

    packages = dict.fromkeys(package_folder(path) for path in paths if path.is_dir())
    return [wrong for package in packages if package is not None for wrong in wrong_in_package(package)]


def _lessons_at(paths: Sequence[Path], *, may_be_none: bool) -> tuple[list[LessonFile], list[Verdict]]:
    from tui_torch.console.checking.check import lessons_at

    read = [lessons_at(path) for path in paths]
    found = [lesson for lessons, _ in read for lesson in lessons]
    unreadable = [verdict for _, broken in read for verdict in broken]
    if not found and not unreadable and not may_be_none:
        raise RefusedError(
            f"there is no lesson in {', '.join(map(str, paths))}, expected files that end in .yaml", USAGE
        )
    return found, unreadable


async def _check(
    found: Sequence[LessonFile],
    unreadable: Sequence[Verdict],
    of_package: Sequence[str],
    *,
    fresh: bool,
    limit: float,
    zygote: Zygote | None,
) -> bool:
    import time

    from tui_torch.console.checking.check import prove
    from tui_torch.console.plain import say
    from tui_torch.course.proof.passed import PassedLessons
    from tui_torch.kernel.session import KernelError
    from tui_torch.tutor.user_files import cache_folder

    wrong = [error for verdict in unreadable for error in verdict.errors]
    for verdict in unreadable:
        say(str(verdict))
    began = time.monotonic()
    unchanged = 0
    try:
        async for verdict in prove(
            found, PassedLessons(cache_folder() / "passed"), fresh=fresh, limit=limit, zygote=zygote
        ):
            say(str(verdict))
            wrong += verdict.errors
            unchanged += verdict.unchanged
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None
    if len(found) > 1:
        since = f", {unchanged} of them unchanged since they passed (`--fresh` runs them again)" if unchanged else ""
        say(f"{len(found)} lessons in {time.monotonic() - began:.0f} s{since}")
        _say_where_right_choices_stand(lesson.lesson for lesson in found)
    for error in (*of_package, *wrong):
        say(str(error), err=True)
    return not (of_package or wrong)


def _say_where_right_choices_stand(lessons: Iterable[Lesson]) -> None:
    from tui_torch.console.plain import say
    from tui_torch.course.counts import right_places

    places = right_places(lessons)
    if not places:
        return
    counted = ", ".join(f"as choice {number} in {count}" for number, count in enumerate(places, start=1))
    quizzes = "1 quiz" if sum(places) == 1 else f"{sum(places)} quizzes"
    say(f"{quizzes}: the right choice is written {counted}; each learner sees them in an order of their own")
