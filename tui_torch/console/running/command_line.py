"""The command `run`. Imports that take time are inside it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui_torch.console.checking.options import trust_option
from tui_torch.console.courses.named import course_option
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.console.chosen_lesson import ChosenLesson
    from tui_torch.course.lesson import AnyStep


@click.command()
@click.argument("lesson")
@click.option("--step", "step_id", metavar="ID", help="Only this step.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line a step.")
@trust_option
@course_option
def run(lesson: str, step_id: str | None, as_json: bool, trust: bool, course_name: str | None) -> None:
    """Play LESSON (an id, or a lesson file) here and now; exercises with their solutions.

    A lesson of another course is COURSE:LESSON, where its id alone could mean several.

    Exits with 0 only if every step did what its lesson says.
    """
    import asyncio

    from tui_torch.course.naming import did_you_mean, in_backticks

    chosen = _chosen(lesson, course_name, trust=trust)
    steps = chosen.lesson.steps
    if step_id is not None:
        steps = tuple(step for step in steps if step.id == step_id)
        if not steps:
            ids = [step.id for step in chosen.lesson.steps]
            raise RefusedError(f"the lesson has no step {in_backticks(step_id)}{did_you_mean(step_id, ids)}", USAGE)
    if not asyncio.run(_run(chosen, steps, as_json=as_json)):
        sys.exit(FAILED)


async def _run(chosen: ChosenLesson, steps: Sequence[AnyStep], *, as_json: bool) -> bool:
    from tui_torch.console.plain import say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.kernel.session import KernelError, KernelSession

    kernel = KernelSession()
    try:
        await kernel.start()
        if kernel.notice:
            say(f"tui-torch: {kernel.notice}", err=True)
        from tui_torch.console.encoding import speaks_unicode
        from tui_torch.console.run import play_as_json, play_in_terminal

        await kernel.ready()
        if as_json:
            return await play_as_json(kernel, chosen.lesson, steps, say)
        return await play_in_terminal(kernel, chosen.lesson, steps, plain_console(), ascii_only=not speaks_unicode())
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None
    finally:
        await kernel.close()


def _chosen(lesson: str, course_name: str | None, *, trust: bool) -> ChosenLesson:
    from tui_torch.console.chosen_lesson import refusing
    from tui_torch.console.courses.named import chosen_to_run, open_progress

    with refusing(), open_progress() as progress:
        return chosen_to_run(lesson, course_name, progress, trust=trust, ask=False)
