"""The commands for those who write lessons, `new` and `schema`. Imports that take time are inside them."""

from __future__ import annotations

import click

from tui_torch.refused import USAGE, RefusedError


@click.command()
@click.argument("lesson", required=False)
@click.option("--problem", is_flag=True, help="Write a problem of the arena: one exercise whose checks draw inputs.")
@click.option("--course", metavar="NAME", help="Write a course instead: a package of one lesson, with its test.")
def new(lesson: str | None, problem: bool, course: str | None) -> None:
    """Write a lesson to start from: whole as it stands, and commented where to fill in.

    LESSON is its id, or the path of a file that is not there yet. Nothing is ever overwritten.
    """
    import os
    import shlex

    if course is not None:
        if lesson is not None or problem:
            raise RefusedError("a course begins with a lesson of its own; say `tui-torch new --course NAME`", USAGE)
        _begin_course(course)
        return
    if lesson is None:
        which = "`tui-torch new PROBLEM --problem`" if problem else "`tui-torch new LESSON`"
        raise RefusedError(f"say which: {which}, or `tui-torch new --course NAME`", USAGE)

    from tui_torch.console.plain import say
    from tui_torch.course.arena.problems import ARENA
    from tui_torch.course.course_folder import COURSE_FILE
    from tui_torch.course.template import CannotWriteError, lesson_file, write_lesson

    try:
        path = lesson_file(lesson)
        write_lesson(path, is_problem=problem)
    except CannotWriteError as error:
        raise RefusedError(str(error), USAGE) from None
    typed = shlex.quote(str(path))
    say(
        f"Wrote {path}: `tui-torch launch {typed}` shows it, again whenever you save it; "
        f"`tui-torch check {typed}` proves it. Both ask whether its code may run; with --trust they do not."
    )
    track = path.absolute().parent
    if track.name != ARENA and (track.parent / COURSE_FILE).is_file():
        file = os.path.relpath(track.parent / COURSE_FILE)
        say(f"List `{path.stem}` in {file}, in its track `{track.name}`: until then the course does not have it.")


def _begin_course(name: str) -> None:
    import shlex
    from pathlib import Path

    from tui_torch.console.plain import say
    from tui_torch.course.packages.course_error import CourseError
    from tui_torch.course.packages.template import write_course

    path = Path(name)
    try:
        files = write_course(path)
    except CourseError as error:
        raise RefusedError(str(error), USAGE) from None
    typed = shlex.quote(name if "/" in name else f"./{name}")
    say("\n".join(f"Wrote {file}" for file in files))
    say(
        f"`tui-torch launch --course {typed}` opens it, and shows a lesson again whenever you save it; "
        f"`tui-torch check {typed}` proves it; `pip install {typed}` lists it beside ours."
    )


@click.command()
def schema() -> None:
    """Print the JSON Schema of a lesson file, for your editor's completion."""
    from tui_torch.console.plain import json_text, say
    from tui_torch.course.format.json_schema import lesson_json_schema

    say(json_text(lesson_json_schema(), indent=2))
