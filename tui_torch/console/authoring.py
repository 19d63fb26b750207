"""The commands for those who write lessons, `new` and `schema`. Imports that take time are inside them."""

from __future__ import annotations

import click

from tui_torch.refused import USAGE, RefusedError


@click.command()
@click.argument("lesson")
@click.option("--problem", is_flag=True, help="Write a problem of the arena: one exercise whose checks draw inputs.")
def new(lesson: str, problem: bool) -> None:
    """Write a lesson to start from: whole as it stands, and commented where to fill in.

    LESSON is its id, or the path of a file that is not there yet. Nothing is ever overwritten.
    """
    import shlex

    from tui_torch.console.plain import say
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


@click.command()
def schema() -> None:
    """Print the JSON Schema of a lesson file, for your editor's completion."""
    from tui_torch.console.plain import json_text, say
    from tui_torch.course.format.json_schema import lesson_json_schema

    say(json_text(lesson_json_schema(), indent=2))
