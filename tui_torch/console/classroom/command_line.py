"""The commands `progress` and `class`. Imports that take time are inside them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_torch.console.courses.named import course_option
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.course.loader import Course
    from tui_torch.tutor.progress.progress import Progress


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, step by step.")
@click.option("--reset", "forgotten", metavar="LESSON", help="Forget everything done in a lesson, your code included.")
@click.option(
    "--export", "file", metavar="FILE", type=click.Path(path_type=Path), help="Write it for `class`: no code of yours."
)
@click.option("--name", help="Your name in that file; without it, your user name.")
@course_option
def progress(
    as_json: bool, forgotten: str | None, file: Path | None, name: str | None, course_name: str | None
) -> None:
    """Show what has been done, forget it, or write it to a file to hand in: of every course, or of one."""
    from tui_torch.console.chosen_lesson import refusing
    from tui_torch.console.courses.named import open_progress
    from tui_torch.console.overviews.listing import progress_json, show_progress
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console

    with refusing(), open_progress() as kept:
        if forgotten is not None:
            _reset(forgotten, course_name, kept, err=as_json)
            if file is None and not as_json:
                return
        courses = _courses(course_name, kept)
        if file is not None:
            _export(file, name, courses, kept)
        elif as_json:
            say(json_text(progress_json(courses, kept), indent=2))
        else:
            show_progress(plain_console(), courses, kept, course_name)


def _reset(lesson: str, course_name: str | None, kept: Progress, *, err: bool) -> None:
    from tui_torch.console.chosen_lesson import choose, the_course_unread
    from tui_torch.console.courses.named import course_to_read, named_in
    from tui_torch.console.plain import say
    from tui_torch.tutor.study_session import ARENA, PRACTICE

    ours = the_course_unread()
    named = named_in(lesson, course_name, {*ours.ids, *ours.arena.ids}, kept)
    chosen = choose(course_to_read(named.course), named.what)
    for key in (chosen.key, PRACTICE + chosen.key):
        kept.reset(key)
    own = chosen.key.removeprefix(ARENA) if chosen.loaded is None else chosen.path
    say(f"Forgotten: all that was done in {own}.", err=err)


def _courses(course_name: str | None, kept: Progress) -> list[Course]:
    """The course that is named; or the tutor's own, and each other one that can be read. Raises LessonErrors."""
    from tui_torch.console.chosen_lesson import the_course
    from tui_torch.console.courses.named import course_to_read, named_course
    from tui_torch.course.lesson_error import LessonErrors
    from tui_torch.tutor.courses.known import known_courses

    if course_name is not None:
        return [course_to_read(named_course(course_name, kept))]
    courses = [the_course()]
    for found in known_courses(kept):
        if found.problem is None:
            with suppress(LessonErrors):
                courses.append(course_to_read(found))
    return courses


def _export(file: Path, name: str | None, courses: Sequence[Course], kept: Progress) -> None:
    import getpass

    from tui_torch.console.classroom.handed_in import LONGEST_NAME, work_of, written
    from tui_torch.console.plain import say
    from tui_torch.tutor.study_session import ARENA

    if name is None:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):  # the user has no entry in the system's list
            raise RefusedError("your user name is not known here; say who you are with `--name NAME`", USAGE) from None
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise RefusedError("the name is empty; say who you are with `--name NAME`", USAGE)
    lessons = [(course.key_of(lesson.id), lesson) for course in courses for lesson in course.lessons]
    arenas = {arena.folder: arena for course in courses if (arena := course.arena)}
    problems = [(ARENA + one.key_of(problem.id), problem) for one in arenas.values() for problem in one.problems()]
    work = work_of(name, [*lessons, *problems], kept)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(written(work))
    except FileExistsError:
        raise RefusedError(f"{file} is there already; give another file", USAGE) from None
    except OSError as error:
        raise RefusedError(f"{file} cannot be written: {error.strerror}", FAILED) from None
    say(f"Wrote {file}: what {name} has done in {len(work.steps)} steps, without any code.")


@click.command("class")
@click.argument("files", nargs=-1, required=True, metavar="FILES…", type=click.Path(path_type=Path))
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, a row for each step of each learner.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--course", "course_name", metavar="NAME", help="Only what was done in the course of that name.")
def class_command(files: tuple[Path, ...], as_csv: bool, as_json: bool, course_name: str | None) -> None:
    """Show what a class has done: FILES are what learners wrote by `progress --export`, or folders of them.

    Who has done what, where many fail, which wrong answers recur, and which steps take long. Nothing leaves a
    machine by itself: learners hand their files in as they like.
    """
    from dataclasses import replace

    from tui_torch.console.classroom import shown
    from tui_torch.console.classroom.handed_in import NotHandedInError, of_course, read
    from tui_torch.console.classroom.overview import overview_of
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.course.naming import in_backticks
    from tui_torch.course.packages.found import OURS

    found = [one for file in files for one in (sorted(file.glob("*.json")) if file.is_dir() else [file])]
    if not found:
        raise RefusedError(f"there is no file that ends in .json in {', '.join(map(str, files))}", USAGE)
    try:
        works = [(file, read(file)) for file in found]
    except NotHandedInError as error:
        raise RefusedError(str(error), FAILED) from None
    if course_name is not None:
        works = [(file, of_course(work, "" if course_name == OURS else course_name)) for file, work in works]
        if not any(work.steps for _, work in works):
            raise RefusedError(f"nothing of a course {in_backticks(course_name)} was handed in", FAILED)
    names = [work.learner for _, work in works]
    # Two learners of one name are told apart by their files.
    handed_in = [
        replace(work, learner=f"{work.learner} ({file.name})") if names.count(work.learner) > 1 else work
        for file, work in works
    ]
    if as_csv:
        say(shown.as_csv(handed_in).rstrip("\n"))
    elif as_json:
        say(json_text(shown.overview_json(overview_of(handed_in)), indent=2))
    else:
        shown.show_overview(plain_console(), overview_of(handed_in))
