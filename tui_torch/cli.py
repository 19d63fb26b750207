"""The command line. Imports that take time are inside the commands that need them."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from tui_torch import __version__
from tui_torch.console.checking.options import limit_option, trust_option
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import Console

    from tui_torch.console.checking.check import LessonFile, Verdict
    from tui_torch.console.chosen_lesson import ChosenLesson
    from tui_torch.course.lesson import AnyStep, Lesson
    from tui_torch.course.loader import Course
    from tui_torch.kernel.zygote import Zygote
    from tui_torch.tutor.progress.progress import Progress

_ELSEWHERE = {
    "arena": ("tui_torch.console.arena.command_line", "arena"),
    "attach": ("tui_torch.console.attaching.command_line", "attach"),
    "class": ("tui_torch.console.classroom.command_line", "class_command"),
    "exercises": ("tui_torch.console.exercises.command_line", "exercises"),
    "export": ("tui_torch.console.exporting.command_line", "export"),
    "new": ("tui_torch.console.authoring", "new"),
    "open": ("tui_torch.console.programs.command_line", "open_command"),
    "progress": ("tui_torch.console.classroom.command_line", "progress"),
    "runs": ("tui_torch.console.training.command_line", "runs"),
    "schema": ("tui_torch.console.authoring", "schema"),
    "serve": ("tui_torch.serving.command_line", "serve"),
    "watch": ("tui_torch.console.training.command_line", "watch"),
}
"""Commands by the module and the name that they have there, which is imported when one is asked for."""


class _Commands(click.Group):
    """Suggests a command when a lesson or a misspelt command was typed in its place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name = _ELSEWHERE[cmd_name]
        return getattr(importlib.import_module(module), name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from tui_torch.course.naming import closest, in_backticks

            near = closest(name := args[0], self.list_commands(ctx))
            command = "open" if name.lower().endswith((".py", ".ipynb")) else "launch"
            instead = f"tui-torch {near}" if near else f"tui-torch {command} {name}"
            raise RefusedError(f"there is no command {in_backticks(name)}; did you mean `{instead}`?", USAGE) from None


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="tui-torch")
@click.pass_context
def commands(ctx: click.Context) -> None:
    """Learn PyTorch in the terminal: lessons that run live, tensors you can see, a loss chart that moves.

    Without a command, opens the app where you left off.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(launch)


@commands.command()
@click.argument("lesson", required=False)
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
@click.option(
    "--trust", is_flag=True, help="Open a lesson file from outside the course, and what is saved to it, without asking."
)
def launch(lesson: str | None = None, ascii_only: bool = False, trust: bool = False) -> None:
    """Open the app, at LESSON (an id, or a lesson file) or where you left off.

    When the lesson's file is saved, it is shown again: at the same step, with your code.
    """
    if lesson is not None and lesson.lower().endswith((".py", ".ipynb")):
        from tui_torch.console.chosen_lesson import no_lesson

        raise RefusedError(no_lesson(lesson), USAGE)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedError(f"the app needs a terminal; `tui-torch run {lesson or 'LESSON'}` works without one", USAGE)
    from tui_torch.console.encoding import speaks_unicode
    from tui_torch.quick_start import run_app

    run_app(lambda: _launch(lesson, ascii_only=ascii_only or not speaks_unicode(), trust=trust))


@commands.command()
@click.option(
    "--minutes",
    metavar="MINUTES",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="How much time you have; how long each takes is known from your own times.",
)
@click.option("--list", "only_list", is_flag=True, help="List what is due, fading and known, and when it is due.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
def practise(minutes: float, only_list: bool, as_json: bool, ascii_only: bool) -> None:
    """Open the app at a round of practice: exercises, quizzes and solved problems that you begin to forget."""
    if only_list or as_json:
        from tui_torch.console.overviews.practice import practice_json, show_practice

        course = _course()
        with _progress() as kept:
            if as_json:
                _write_json(practice_json(course, kept))
            else:
                show_practice(_console(), course, kept)
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedError("the app needs a terminal; `tui-torch practise --list` lists what is due without one", USAGE)
    from tui_torch.console.encoding import speaks_unicode
    from tui_torch.quick_start import run_app

    run_app(lambda: _launch(None, ascii_only=ascii_only or not speaks_unicode(), trust=False, minutes=minutes))


async def _launch(lesson: str | None, *, ascii_only: bool, trust: bool, minutes: float | None = None) -> None:
    from tui_torch.kernel.session import KernelSession
    from tui_torch.kernel.zygote import Zygote

    zygote = Zygote()
    kernel = KernelSession(ahead=True, zygote=zygote)
    try:
        # Before anything else that takes time, so that the kernel imports torch while the UI is imported. The app
        # connects once it has drawn its first frame.
        kernel.spawn()
        course = _course(unread=True)
        chosen = _choose(course, lesson) if lesson else None
        with _progress() as progress:
            from tui_torch.course.lesson_error import LessonErrors
            from tui_torch.tutor.served import present_config
            from tui_torch.tutor.trust import UntrustedError, content_hash
            from tui_torch.tutor.tutor import Tutor
            from tui_torch.ui.widget_classes import make_them_faster

            make_them_faster()
            from tui_torch.ui.app import TutorApp

            untrusted: UntrustedError | None = None
            try:
                tutor = Tutor(course, progress, kernel)
                tutor.resume()
            except LessonErrors as wrong:
                raise RefusedError(str(wrong), FAILED) from None
            if chosen is not None:
                if (loaded := chosen.loaded) is None:
                    tutor.open(chosen.lesson)
                else:
                    try:
                        tutor.open_file(chosen.path, loaded, agreed=content_hash(loaded.content) if trust else None)
                    except UntrustedError as error:
                        untrusted = error
            if minutes is not None and not tutor.begin_practice(minutes=minutes):
                raise RefusedError("there is nothing to practise yet: try an exercise or a quiz first", FAILED)
            app = TutorApp(tutor, ascii_only=ascii_only, config=present_config(), untrusted=untrusted)
            kernel.memory_limit = app.config.memory
            await app.run_async()
        if app.crashed is not None:
            raise RefusedError(app.crashed, FAILED)
        if progress.notice:
            _say(f"tui-torch: {progress.notice}", err=True)
    finally:
        await kernel.close()
        zygote.close()


@commands.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_lessons(as_json: bool) -> None:
    """List tracks, lessons and what is done of them."""
    from tui_torch.console.overviews.listing import course_json, show_course

    course = _course()
    with _progress() as progress:
        if as_json:
            _write_json(course_json(course, progress))
        else:
            show_course(_console(), course, progress)


@commands.command()
@click.argument("lesson")
@click.option("--step", "step_id", metavar="ID", help="Only this step.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line a step.")
@trust_option
def run(lesson: str, step_id: str | None, as_json: bool, trust: bool) -> None:
    """Play LESSON (an id, or a lesson file) here and now; exercises with their solutions.

    Exits with 0 only if every step did what its lesson says.
    """
    import asyncio

    from tui_torch.course.naming import did_you_mean, in_backticks

    chosen = _choose(_course(unread=True), lesson)
    if chosen.loaded is not None and not trust:
        from tui_torch.console.agreement import check_trust

        check_trust([(chosen.path, chosen.loaded.content)], ask=False)
    steps = chosen.lesson.steps
    if step_id is not None:
        steps = tuple(step for step in steps if step.id == step_id)
        if not steps:
            ids = [step.id for step in chosen.lesson.steps]
            raise RefusedError(f"the lesson has no step {in_backticks(step_id)}{did_you_mean(step_id, ids)}", USAGE)
    if not asyncio.run(_run(chosen, steps, as_json=as_json)):
        sys.exit(FAILED)


async def _run(chosen: ChosenLesson, steps: Sequence[AnyStep], *, as_json: bool) -> bool:
    from tui_torch.kernel.session import KernelError, KernelSession

    kernel = KernelSession()
    try:
        await kernel.start()
        if kernel.notice:
            _say(f"tui-torch: {kernel.notice}", err=True)
        from tui_torch.console.encoding import speaks_unicode
        from tui_torch.console.run import play_as_json, play_in_terminal

        await kernel.ready()
        if as_json:
            return await play_as_json(kernel, chosen.lesson, steps, _say)
        return await play_in_terminal(kernel, chosen.lesson, steps, _console(), ascii_only=not speaks_unicode())
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None
    finally:
        await kernel.close()


@commands.command()
@click.argument("paths", metavar="[PATH…]", nargs=-1)
@click.option("--fresh", is_flag=True, help="Run every lesson, also those that passed and have not changed since.")
@trust_option
@limit_option
def check(paths: tuple[str, ...], fresh: bool, trust: bool, limit: float) -> None:
    """Prove lessons: that every snippet, quiz and exercise does what it claims, and fits 80 columns.

    PATH is a lesson file or a folder of them; without one, the whole course is proved. Runs their code,
    several lessons side by side, and says of each how long it took. A lesson of the course is also held to
    what such a lesson must have: three checks, three hints, a last step that sums up.

    The code of a file from outside the course runs only when you agree: in a terminal you are asked, once for
    each content; elsewhere it wants --trust.

    A lesson that passed is run again when it has changed, a file that it names, tui-torch, or what is installed.
    """
    from contextlib import ExitStack, closing
    from pathlib import Path

    from tui_torch.course.library import lessons_folder

    # Several kernels share the cores: where threads of two meet, each waits for the other, and a step that trains takes
    # tens of times as long. A variable that is set already counts.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    at = [Path(path) for path in paths] or [lessons_folder()]
    with ExitStack() as stack:
        zygote = None
        if fresh and any(path.is_dir() for path in at):
            from tui_torch.kernel.zygote import Zygote

            # Before anything else that takes time, so that it imports PyTorch while the lessons are read.
            zygote = stack.enter_context(closing(Zygote.started()))
        import asyncio

        found, unreadable = _lessons_at(at)
        outside = [(lesson.path, lesson.content) for lesson in found if not lesson.of_course]
        if outside and not trust:
            from tui_torch.console.agreement import check_trust

            # Not within the event loop, which would hold back a ctrl+c.
            check_trust(outside)
        if not asyncio.run(_check(found, unreadable, fresh=fresh, limit=limit, zygote=zygote)):
            sys.exit(FAILED)


def _lessons_at(paths: Sequence[Path]) -> tuple[list[LessonFile], list[Verdict]]:
    from tui_torch.console.checking.check import lessons_at

    for path in paths:
        if not path.exists():
            raise RefusedError(f"there is no {path}, expected a lesson file or a folder of them", USAGE)
    read = [lessons_at(path) for path in paths]
    found = [lesson for lessons, _ in read for lesson in lessons]
    unreadable = [verdict for _, broken in read for verdict in broken]
    if not found and not unreadable:
        raise RefusedError(
            f"there is no lesson in {', '.join(map(str, paths))}, expected files that end in .yaml", USAGE
        )
    return found, unreadable


async def _check(
    found: Sequence[LessonFile],
    unreadable: Sequence[Verdict],
    *,
    fresh: bool,
    limit: float,
    zygote: Zygote | None,
) -> bool:
    import time

    from tui_torch.console.checking.check import prove
    from tui_torch.course.proof.passed import PassedLessons
    from tui_torch.kernel.session import KernelError
    from tui_torch.tutor.user_files import cache_folder

    wrong = [error for verdict in unreadable for error in verdict.errors]
    for verdict in unreadable:
        _say(str(verdict))
    began = time.monotonic()
    unchanged = 0
    try:
        async for verdict in prove(
            found, PassedLessons(cache_folder() / "passed"), fresh=fresh, limit=limit, zygote=zygote
        ):
            _say(str(verdict))
            wrong += verdict.errors
            unchanged += verdict.unchanged
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None
    if len(found) > 1:
        since = f", {unchanged} of them unchanged since they passed (`--fresh` runs them again)" if unchanged else ""
        _say(f"{len(found)} lessons in {time.monotonic() - began:.0f} s{since}")
        _say_where_right_choices_stand(lesson.lesson for lesson in found)
    for error in wrong:
        _say(str(error), err=True)
    return not wrong


def _say_where_right_choices_stand(lessons: Iterable[Lesson]) -> None:
    from tui_torch.course.counts import right_places

    places = right_places(lessons)
    if not places:
        return
    counted = ", ".join(f"as choice {number} in {count}" for number, count in enumerate(places, start=1))
    quizzes = "1 quiz" if sum(places) == 1 else f"{sum(places)} quizzes"
    _say(f"{quizzes}: the right choice is written {counted}; each learner sees them in an order of their own")


@commands.command("map")
@click.argument("words", nargs=-1, metavar="[WORDS…]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show_where_to_go(words: tuple[str, ...], as_json: bool) -> None:
    """Show where you can go from here: what people do with PyTorch, and the lessons that lead there.

    With WORDS, only the topics that have all of them.
    """
    from tui_torch.console.overviews.map import map_json, show_map
    from tui_torch.course.lesson_error import LessonErrors
    from tui_torch.course.outline import outline_of
    from tui_torch.tutor.progress.standing import standings
    from tui_torch.tutor.where_next import ways

    course = _course()
    try:
        topics = course.topics()
    except LessonErrors as wrong:
        raise RefusedError(str(wrong), FAILED) from None
    with _progress() as kept:
        found = ways(topics, standings(map(outline_of, course.lessons), kept))
    left = [way for way in found if way.has(words)]
    if as_json:
        _write_json(map_json(left))
    else:
        show_map(_console(), left)


@commands.command()
def doctor() -> None:
    """Look at Python, torch, the terminal and the files, and say what to do about each problem."""
    import asyncio

    from tui_torch.console.doctor import examine, show_findings
    from tui_torch.console.encoding import speaks_unicode

    console = _console()
    findings = asyncio.run(examine(console))
    show_findings(console, findings, ascii_only=not speaks_unicode())
    if any(finding.serious for finding in findings):
        sys.exit(FAILED)


def _course(*, unread: bool = False) -> Course:
    from tui_torch.console.chosen_lesson import the_course, the_course_unread
    from tui_torch.course.lesson_error import LessonErrors

    try:
        return the_course_unread() if unread else the_course()
    except LessonErrors as wrong:
        raise RefusedError(str(wrong), FAILED) from None


def _choose(course: Course, name: str) -> ChosenLesson:
    from tui_torch.console.chosen_lesson import NoSuchLessonError, choose
    from tui_torch.course.lesson_error import LessonErrors

    try:
        return choose(course, name)
    except NoSuchLessonError as error:
        raise RefusedError(str(error), USAGE) from None
    except LessonErrors as wrong:
        raise RefusedError(str(wrong), FAILED) from None


def _progress() -> Progress:
    from tui_torch.tutor.progress.progress import Progress
    from tui_torch.tutor.user_files import progress_file

    return Progress.open(progress_file())


def _console() -> Console:
    from tui_torch.console.plain_console import plain_console

    return plain_console()


def _say(text: str, *, err: bool = False) -> None:
    from tui_torch.console.plain import say

    say(text, err=err)


def _write_json(value: Any) -> None:
    from tui_torch.console.plain import json_text

    _say(json_text(value, indent=2))


def main() -> None:
    """The program `tui-torch`. An error of the user's is one sentence on stderr and an exit code."""
    try:
        sys.exit(_exit_code())
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _exit_code() -> int:
    try:
        code = commands.main(standalone_mode=False)
    except click.ClickException as error:
        sentence = error.format_message()
        _say(f"tui-torch: {sentence}{'' if sentence.endswith(('.', '?')) else '.'}", err=True)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            _say(f"`{error.ctx.command_path} --help` lists what it takes.", err=True)
        return error.exit_code
    return code if isinstance(code, int) else 0
