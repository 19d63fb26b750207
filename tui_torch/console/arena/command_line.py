"""The command `tui-torch arena`: lists the problems, or opens one."""

from __future__ import annotations

import sys

import click

from tui_torch.refused import FAILED, USAGE, RefusedError


@click.command()
@click.argument("words", nargs=-1, metavar="[PROBLEM | WORDS…]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
@click.pass_context
def arena(ctx: click.Context, words: tuple[str, ...], as_json: bool, ascii_only: bool) -> None:
    """Solve problems from scratch: list them, or open PROBLEM (an id) in the app.

    Below the list stands a grid of all of them: what is solved, tried and untouched, by topic and difficulty. With
    WORDS, lists only the problems that have all of them: in the title, the topic, the tags, `easy`, `medium` or
    `hard`, `solved`, `tried` (and not solved) or `open` (not solved).
    """
    from tui_torch.console.chosen_lesson import the_course_unread
    from tui_torch.console.encoding import speaks_unicode

    problems = the_course_unread().arena
    if len(words) == 1 and words[0] in problems.ids and not as_json:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            said = f"the app needs a terminal; `tui-torch run {words[0]}` plays the solution without one"
            raise RefusedError(said, USAGE)
        root = ctx.find_root()
        assert isinstance(root.command, click.Group)
        launch = root.command.get_command(root, "launch")
        assert launch is not None
        ctx.invoke(launch, lesson=words[0], ascii_only=ascii_only)
        return
    from tui_torch.console.arena.overview import arena_json, show_arena
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.course.naming import closest, in_backticks
    from tui_torch.tutor.arena.standing import MARK_WORDS, problem_standings
    from tui_torch.tutor.config import load_config
    from tui_torch.tutor.practice.days import streak
    from tui_torch.tutor.practice.items import now
    from tui_torch.tutor.progress.progress import Progress
    from tui_torch.tutor.user_files import progress_file

    with Progress.open(progress_file()) as kept:
        found = [one for one in problem_standings(problems.problems(), kept) if one.has(words)]
        days = streak(kept.study_times(), now()) if load_config().streak else None
    if as_json:
        say(json_text(arena_json(found, days), indent=2))
    else:
        if not found and not all(word.lower() in MARK_WORDS for word in words):
            near = closest("-".join(words), problems.ids)
            end = f"; did you mean {in_backticks(near)}?" if near else "; `tui-torch arena` lists every problem"
            raise RefusedError(f"no problem has {in_backticks(' '.join(words))}{end}", FAILED)
        ascii_only = ascii_only or not speaks_unicode()
        show_arena(plain_console(), found, with_grid=not words, streak=days, ascii_only=ascii_only)
