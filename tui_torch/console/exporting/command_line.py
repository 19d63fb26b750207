"""The command `export`. Imports that take time are inside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from tui_torch.console.courses.named import course_option
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_torch.console.exporting.handout import Filling, Handout
    from tui_torch.course.lesson import Lesson
    from tui_torch.course.loader import Course

Form = Literal["ipynb", "py", "md", "html"]

ALL_PROBLEMS = "arena"
"""What names all problems."""


@click.command("export")
@click.argument("what", metavar="LESSON|TRACK|PROBLEM|arena")
@click.option(
    "--to",
    "form",
    type=click.Choice(["ipynb", "py", "md", "html"]),
    default="ipynb",
    show_default=True,
    help="A notebook, a script in cells, Markdown, or a web page.",
)
@click.option(
    "--with",
    "filling",
    type=click.Choice(["mine", "solutions", "nothing"]),
    default="mine",
    show_default=True,
    help="What stands where you write: your own code, the solutions, or what it begins with.",
)
@click.option(
    "--out",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The file; of several, their folder. Not overwritten.",
)
@course_option
def export(what: str, form: str, filling: str, out: Path | None, course_name: str | None) -> None:
    """Write a lesson, each lesson of a track, a problem or all of the arena as files to keep or to hand out.

    LESSON is an id, or a lesson file; of another course, COURSE:LESSON. A notebook runs wherever PyTorch does,
    without tui-torch: each exercise is followed by a cell that checks it. So is the answer to a problem, in a
    script too.
    """
    from tui_torch.console.chosen_lesson import refusing, the_course_unread
    from tui_torch.console.courses.named import course_to_read, named_in, names_in, open_progress
    from tui_torch.console.plain import say

    with refusing(), open_progress() as progress:
        ours = the_course_unread()
        named = named_in(what, course_name, {*names_in(ours), *ours.arena.ids, ALL_PROBLEMS}, progress)
        what = named.what
        found, are_several = _found(ours if named.course is None else course_to_read(named.course), what)
    at = out or Path(what if are_several else f"{found[0][0].id}.{form}")
    files = [at / f"{lesson.id}.{form}" if are_several else at for lesson, _ in found]
    for file in files:
        if file.exists():
            raise RefusedError(f"{file} is there already; give another place with `--out PATH`", USAGE)
    from tui_torch.console.exporting.handout import handout_of

    write = _writer(cast("Form", form))
    with open_progress() as progress:
        texts = [write(handout_of(lesson, cast("Filling", filling), progress, key)) for lesson, key in found]
    try:
        for file, text in zip(files, texts, strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as written:
                written.write(text)
    except OSError as error:
        raise RefusedError(f"{error.filename or at} cannot be written: {error.strerror}", FAILED) from None
    say(f"Wrote {at}." if not are_several else f"Wrote {len(files)} files to {at}.")


def _found(course: Course, what: str) -> tuple[list[tuple[Lesson, str]], bool]:
    """The lessons and problems that are named, each with its key in the progress file; whether they are several."""
    from tui_torch.console.chosen_lesson import choose, is_file
    from tui_torch.course.naming import did_you_mean, in_backticks
    from tui_torch.tutor.study_session import ARENA

    track = next((track for track in course.tracks if track.id == what), None)
    if track is not None:
        return [(course.lesson(lesson_id), course.key_of(lesson_id)) for lesson_id in track.lessons], True
    if what == ALL_PROBLEMS:
        arena = course.arena
        return [(problem, ARENA + arena.key_of(problem.id)) for problem in arena.problems()], True
    if what not in (*course.ids, *course.arena.ids) and not is_file(what):
        names = [*course.ids, *(track.id for track in course.tracks), ALL_PROBLEMS, *course.arena.ids]
        hint = did_you_mean(what, names)
        raise RefusedError(f"there is no lesson, no track and no problem {in_backticks(what)}{hint}", USAGE)
    chosen = choose(course, what)
    return [(chosen.lesson, chosen.key)], False


def _writer(form: Form) -> Callable[[Handout], str]:
    match form:
        case "ipynb":
            from tui_torch.console.exporting.notebook import as_notebook

            return as_notebook
        case "py":
            from tui_torch.console.exporting.script import as_script

            return as_script
        case "md":
            from tui_torch.console.exporting.markdown import as_markdown

            return as_markdown
        case "html":
            from tui_torch.console.exporting.web_page import as_web_page

            return as_web_page
