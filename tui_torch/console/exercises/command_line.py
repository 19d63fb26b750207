"""The command `exercises`. Imports that take time are inside it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_torch.console.checking.options import limit_option, trust_option
from tui_torch.console.courses.named import course_option
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.course.loader import Course
    from tui_torch.tutor.exercise_files.exercise import ChosenExercise
    from tui_torch.tutor.progress.progress import Progress


@click.command("exercises")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--of",
    "what",
    metavar="LESSON|TRACK|arena",
    help="Whose exercises; without it, those of the lesson where you left off, or the next that has some.",
)
@click.option("--once", is_flag=True, help="Grade the files as they are, and end; nothing is written or recorded.")
@click.option("--plain", is_flag=True, help="As lines of text, without a screen, also in a terminal.")
@trust_option
@limit_option
@course_option
def exercises(
    folder: Path, what: str | None, once: bool, plain: bool, trust: bool, limit: float, course_name: str | None
) -> None:
    """Solve exercises in your own editor: as files in DIR, each graded when you save it.

    Writes a file for each exercise, with its task as a comment and your code from the app, or the starter where you
    have none; one that is there already stays as it is. What you solve counts as in the app. In a terminal, a screen
    shows the exercises, the task, and what came of the file that was saved last: keep it beside your editor.
    Elsewhere, or with --plain, it is text.

    With --once, exits with 0 only if every file passes; without --of, every file that is in DIR is graded.
    --limit counts with --once alone: otherwise saving a file again stops what runs.
    """
    from tui_torch.console.chosen_lesson import refusing
    from tui_torch.console.courses.named import open_progress
    from tui_torch.tutor.progress.progress import Progress

    with ExitStack() as stack:
        kept = stack.enter_context(open_progress())
        with refusing():
            course, what = _course(what, course_name, kept, once=once, trust=trust)
            found = _found(course, what, folder, kept, once=once)
        outside = {one.lesson_file: one.loaded.content for one in found if one.lesson_file and one.loaded}
        if outside and not trust:
            from tui_torch.console.agreement import check_trust

            check_trust(list(outside.items()))
        if once:
            # What somebody else solved is graded without being recorded as the learner's own.
            aside = stack.enter_context(tempfile.TemporaryDirectory())
            kept = stack.enter_context(Progress.open(Path(aside) / "progress.db"))
        else:
            _write(found, folder, course, kept)
        if once or plain or not _has_screen():
            import asyncio

            if not asyncio.run(_grade(course, kept, found, folder, limit if once else None)):
                sys.exit(FAILED)
            return
        from tui_torch.quick_start import run_app

        crashed = run_app(lambda: _show(course, kept, found, folder))
        if crashed is not None:
            raise RefusedError(crashed, FAILED)


def _has_screen() -> bool:
    """Whether there is a terminal that an app can draw on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _course(
    what: str | None, course_name: str | None, kept: Progress, *, once: bool, trust: bool
) -> tuple[Course, str | None]:
    """The course whose exercises are meant, and which of it. Raises RefusedError, LessonErrors.

    Without either, it is that where the learner left off; what is graded once does not depend on that.
    """
    from tui_torch.console.chosen_lesson import the_course_unread
    from tui_torch.console.courses.named import course_to_run, named_course, named_in, names_in

    ours = the_course_unread()
    if what is None:
        name = course_name or ("" if once else kept.open_course)
        return course_to_run(named_course(name, kept, trust=trust) if name else None, kept, trust=trust), None
    named = named_in(what, course_name, {*names_in(ours), *ours.arena.ids, "arena"}, kept, trust=trust)
    return course_to_run(named.course, kept, trust=trust), named.what


def _found(course: Course, what: str | None, folder: Path, kept: Progress, *, once: bool) -> tuple[ChosenExercise, ...]:
    from tui_torch.console.exercises.chosen import exercises_in, exercises_of

    if what is None and once:
        found = exercises_in(course, folder)
        if not found:
            said = f"there are no exercises in {folder}; `tui-torch exercises {folder}` writes some"
            raise RefusedError(said, USAGE)
        return found
    if what is None:
        return _where_one_left_off(course, folder, kept)
    found = exercises_of(course, what, folder)
    if not found:
        raise RefusedError(f"{what} has no exercises; `--of LESSON` names another lesson, or a track", USAGE)
    return found


def _where_one_left_off(course: Course, folder: Path, kept: Progress) -> tuple[ChosenExercise, ...]:
    """The exercises of that lesson, or of the next one that has any."""
    from tui_torch.console.exercises.chosen import exercises_of
    from tui_torch.tutor.study_session import ARENA

    place = kept.place() if kept.open_course == course.name else kept.place_in(course.name)
    key, _ = place or (course.ids[0], "")
    name = key.removeprefix(ARENA).removeprefix(f"{course.name}:")
    if (name in course.arena.ids or Path(name).is_file()) and (found := exercises_of(course, name, folder)):
        return found
    first = course.ids.index(name) if name in course.ids else 0
    following = (exercises_of(course, lesson_id, folder) for lesson_id in course.ids[first:])
    return next((found for found in following if found), ())


def _write(found: Sequence[ChosenExercise], folder: Path, course: Course, kept: Progress) -> None:
    from tui_torch.console.exercises.text import write_missing
    from tui_torch.console.plain import say
    from tui_torch.tutor.progress.own_code import own_code

    try:
        count = write_missing(found, lambda one: own_code(kept, _key(course, one), one.step.id))
    except OSError as error:
        raise RefusedError(f"{error.filename or folder} cannot be written: {error.strerror}", FAILED) from None
    if count:
        say(f"Wrote {count} {'file' if count == 1 else 'files'} to {folder}.")


def _key(course: Course, one: ChosenExercise) -> str:
    """The key under which the work on an exercise's lesson is kept."""
    from tui_torch.tutor.study_session import problem_key

    if one.lesson_file is not None:
        return str(one.lesson_file.resolve())
    if one.is_of_arena:
        return problem_key(one.lesson.id, course.arena.course)
    return course.key_of(one.lesson.id)


async def _show(course: Course, kept: Progress, found: Sequence[ChosenExercise], folder: Path) -> str | None:
    """Follow all files on a screen until the learner quits. Why the screen failed; None where it did not."""
    from tui_torch.kernel.session import KernelSession
    from tui_torch.kernel.zygote import Zygote

    zygote = Zygote()
    kernel = KernelSession(ahead=True, zygote=zygote)
    try:
        # The kernel imports torch while the UI is imported.
        kernel.spawn()
        from tui_torch.console.encoding import speaks_unicode
        from tui_torch.tutor.exercise_files.grading import FileGrader
        from tui_torch.tutor.served import present_config
        from tui_torch.tutor.tutor import Tutor
        from tui_torch.ui.widget_classes import make_them_faster

        make_them_faster()
        from tui_torch.ui.exercises.app import ExercisesApp

        config = present_config()
        kernel.memory_limit = config.memory
        grader = FileGrader(Tutor(course, kept, kernel))
        app = ExercisesApp(found, folder, grader, ascii_only=not speaks_unicode(), config=config)
        await app.run_async()
        return app.crashed
    finally:
        await kernel.close()
        zygote.close()


async def _grade(
    course: Course, kept: Progress, found: Sequence[ChosenExercise], folder: Path, limit: float | None
) -> bool:
    """Grade all files once, each within a limit in seconds, or follow them without one. Whether all is well."""
    from tui_torch.kernel.session import KernelError, KernelSession
    from tui_torch.kernel.zygote import Zygote

    zygote = Zygote.started()
    kernel = KernelSession(zygote=zygote)
    try:
        await kernel.start()
        from tui_torch.console.encoding import speaks_unicode
        from tui_torch.console.plain_console import plain_console
        from tui_torch.tutor.config import load_config
        from tui_torch.tutor.exercise_files.grading import FileGrader
        from tui_torch.tutor.tutor import Tutor

        console, ascii_only = plain_console(), not speaks_unicode()
        kernel.memory_limit = load_config().memory
        grader = FileGrader(Tutor(course, kept, kernel))
        if limit is not None:
            from tui_torch.console.exercises.once import grade_once

            await kernel.ready()
            return await grade_once(found, grader, console, limit, ascii_only=ascii_only)
        from tui_torch.console.exercises.typed import TypedCommands
        from tui_torch.console.exercises.watching import ExerciseWatch

        commands = TypedCommands()
        asked = commands if commands.are_read else None
        await ExerciseWatch(found, folder, grader, console, asked, ascii_only=ascii_only).follow()
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None
    else:
        return True
    finally:
        await kernel.close()
        zygote.close()
