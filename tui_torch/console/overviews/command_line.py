"""The commands `list` and `map`. Imports that take time are inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui_torch.refused import USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.tutor.progress.progress import Progress


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--forget", "forgotten", metavar="COURSE", help="Take a course that was opened off the list.")
def list_lessons(as_json: bool, forgotten: str | None) -> None:
    """List tracks, lessons and what is done of them; then the other courses that are installed or were opened."""
    from tui_torch.console.chosen_lesson import refusing, the_course
    from tui_torch.console.courses.named import open_progress
    from tui_torch.console.overviews.listing import course_json, show_course
    from tui_torch.console.overviews.other_courses import other_courses_json, show_other_courses
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.tutor.courses.known import known_courses

    with refusing(), open_progress() as progress:
        if forgotten is not None:
            say(_forget(forgotten, progress))
            return
        course, others = the_course(), known_courses(progress)
        if as_json:
            listed = course_json(course, progress) | {"courses": other_courses_json(others, progress)}
            say(json_text(listed, indent=2))
        else:
            show_course(plain_console(), course, progress)
            show_other_courses(plain_console(), others, progress)


def _forget(name: str, progress: Progress) -> str:
    """Take a course off the list, and say what stays. Raises RefusedError."""
    from pathlib import Path

    from tui_torch.course.naming import did_you_mean, in_backticks
    from tui_torch.tutor.user_files import data_folder

    opened = {one.name: one for one in progress.opened_courses() if one.origin != "package"}
    if name not in opened:
        raise RefusedError(f"no course {in_backticks(name)} was opened{did_you_mean(name, list(opened))}", USAGE)
    progress.forget_course(name)
    folder = Path(opened[name].folder)
    stays = f"; its clone stays in {folder}" if folder.is_relative_to(data_folder()) and folder.is_dir() else ""
    return f"{name} is off the list. What was done in it is kept{stays}."


@click.command("map")
@click.argument("words", nargs=-1, metavar="[WORDS…]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show_where_to_go(words: tuple[str, ...], as_json: bool) -> None:
    """Show where you can go from here: what people do with PyTorch, and the lessons that lead there.

    With WORDS, only the topics that have all of them.
    """
    from tui_torch.console.chosen_lesson import refusing, the_course
    from tui_torch.console.courses.named import open_progress
    from tui_torch.console.overviews.map import map_json, show_map
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.course.outline import outline_of
    from tui_torch.tutor.progress.standing import standings
    from tui_torch.tutor.where_next import ways

    with refusing():
        course = the_course()
        topics = course.topics()
    with open_progress() as kept:
        found = ways(topics, standings(map(outline_of, course.lessons), kept))
    left = [way for way in found if way.has(words)]
    if as_json:
        say(json_text(map_json(left), indent=2))
    else:
        show_map(plain_console(), left)
