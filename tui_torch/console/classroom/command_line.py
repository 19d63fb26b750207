"""The commands `progress` and `class`. Imports that take time are inside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

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
def progress(as_json: bool, forgotten: str | None, file: Path | None, name: str | None) -> None:
    """Show what has been done, forget it, or write it to a file to hand in."""
    from tui_torch.console.chosen_lesson import NoSuchLessonError, choose, the_course
    from tui_torch.console.overviews.listing import progress_json, show_progress
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.course.lesson_error import LessonErrors
    from tui_torch.tutor.progress.progress import Progress
    from tui_torch.tutor.study_session import ARENA, PRACTICE
    from tui_torch.tutor.user_files import progress_file

    try:
        course = the_course()
        forgotten_id = None if forgotten is None else choose(course, forgotten).lesson.id
    except NoSuchLessonError as error:
        raise RefusedError(str(error), USAGE) from None
    except LessonErrors as wrong:
        raise RefusedError(str(wrong), FAILED) from None
    with Progress.open(progress_file()) as kept:
        if forgotten_id is not None:
            for before in ("", PRACTICE, ARENA, PRACTICE + ARENA):
                kept.reset(before + forgotten_id)
            say(f"Forgotten: all that was done in {forgotten_id}.", err=as_json)
        if file is not None:
            _export(file, name, course, kept)
        elif as_json:
            say(json_text(progress_json(course.lessons, kept), indent=2))
        elif forgotten is None:
            show_progress(plain_console(), course, kept)


def _export(file: Path, name: str | None, course: Course, kept: Progress) -> None:
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
    lessons = [(lesson.id, lesson) for lesson in course.lessons]
    problems = [(ARENA + problem.id, problem) for problem in course.arena.problems()]
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
def class_command(files: tuple[Path, ...], as_csv: bool, as_json: bool) -> None:
    """Show what a class has done: FILES are what learners wrote by `progress --export`, or folders of them.

    Who has done what, where many fail, which wrong answers recur, and which steps take long. Nothing leaves a
    machine by itself: learners hand their files in as they like.
    """
    from dataclasses import replace

    from tui_torch.console.classroom import shown
    from tui_torch.console.classroom.handed_in import NotHandedInError, read
    from tui_torch.console.classroom.overview import overview_of
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console

    found = [one for file in files for one in (sorted(file.glob("*.json")) if file.is_dir() else [file])]
    if not found:
        raise RefusedError(f"there is no file that ends in .json in {', '.join(map(str, files))}", USAGE)
    try:
        works = [(file, read(file)) for file in found]
    except NotHandedInError as error:
        raise RefusedError(str(error), FAILED) from None
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
