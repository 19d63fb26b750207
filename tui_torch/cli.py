"""The command line. Imports that take time are inside the commands that need them."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import click

from tui_torch import __version__
from tui_torch.console.amount import Amount
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from rich.console import Console

    from tui_torch.console.courses.starting import Start
    from tui_torch.course.loader import Course
    from tui_torch.course.packages.found import FoundCourse
    from tui_torch.tutor.courses.trusted_course import UntrustedCourseError
    from tui_torch.tutor.progress.progress import Progress

_ELSEWHERE = {
    "arena": ("tui_torch.console.arena.command_line", "arena"),
    "attach": ("tui_torch.console.attaching.command_line", "attach"),
    "check": ("tui_torch.console.checking.command_line", "check"),
    "class": ("tui_torch.console.classroom.command_line", "class_command"),
    "exercises": ("tui_torch.console.exercises.command_line", "exercises"),
    "export": ("tui_torch.console.exporting.command_line", "export"),
    "list": ("tui_torch.console.overviews.command_line", "list_lessons"),
    "map": ("tui_torch.console.overviews.command_line", "show_where_to_go"),
    "new": ("tui_torch.console.authoring", "new"),
    "open": ("tui_torch.console.programs.command_line", "open_command"),
    "progress": ("tui_torch.console.classroom.command_line", "progress"),
    "run": ("tui_torch.console.running.command_line", "run"),
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
    "--trust",
    is_flag=True,
    help="Open a lesson file or a course from elsewhere, and what is saved to it, without asking.",
)
@click.option(
    "--course",
    "course_name",
    metavar="NAME|FOLDER|URL",
    help="Another course: its name, its folder, or the address of its git repository, which is cloned.",
)
def launch(
    lesson: str | None = None, ascii_only: bool = False, trust: bool = False, course_name: str | None = None
) -> None:
    """Open the app, at LESSON (an id, or a lesson file) or where you left off.

    A lesson of another course is COURSE:LESSON; `--course tui-torch` goes back to the course that comes with the app.

    When the lesson's file is saved, it is shown again: at the same step, with your code.
    """
    if lesson is not None and lesson.lower().endswith((".py", ".ipynb")):
        from tui_torch.console.chosen_lesson import no_lesson

        raise RefusedError(no_lesson(lesson), USAGE)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedError(f"the app needs a terminal; `tui-torch run {lesson or 'LESSON'}` works without one", USAGE)
    from tui_torch.console.encoding import speaks_unicode
    from tui_torch.quick_start import run_app

    course: FoundCourse | None = None
    if course_name is not None:
        from tui_torch.console.courses.named import named_course

        with _progress() as progress:
            course = named_course(course_name, progress, trust=trust)
    opens = lambda: _launch(  # noqa: E731
        lesson, course, is_named=course_name is not None, ascii_only=ascii_only or not speaks_unicode(), trust=trust
    )
    run_app(opens)


@commands.command()
@click.option(
    "--minutes",
    metavar="MINUTES",
    type=Amount("minutes"),
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


async def _launch(
    lesson: str | None,
    named: FoundCourse | None = None,
    *,
    is_named: bool = False,
    ascii_only: bool,
    trust: bool,
    minutes: float | None = None,
) -> None:
    from tui_torch.kernel.session import KernelSession
    from tui_torch.kernel.zygote import Zygote

    zygote = Zygote()
    kernel = KernelSession(ahead=True, zygote=zygote)
    try:
        # Before anything else that takes time, so that the kernel imports torch while the UI is imported. The app
        # connects once it has drawn its first frame.
        kernel.spawn()
        course = _course(unread=True)
        with _progress() as progress:
            start: Start | None = None
            if lesson is not None or is_named or (minutes is None and progress.open_course):
                from tui_torch.console.chosen_lesson import refusing
                from tui_torch.console.courses.starting import start_in

                with refusing():
                    start = start_in(course, progress, lesson, named, is_named=is_named, trust=trust)
            from tui_torch.course.lesson_error import LessonErrors
            from tui_torch.tutor.served import present_config
            from tui_torch.tutor.trust import UntrustedError, content_hash
            from tui_torch.tutor.tutor import Tutor
            from tui_torch.ui.widget_classes import make_them_faster

            make_them_faster()
            from tui_torch.ui.app import TutorApp

            untrusted: UntrustedError | UntrustedCourseError | None = start.untrusted if start else None
            try:
                tutor = Tutor(
                    start.course if start else course, progress, kernel, agreed=start is not None and start.agreed
                )
                tutor.resume()
            except LessonErrors as wrong:
                raise RefusedError(str(wrong), FAILED) from None
            if start is not None and (chosen := start.chosen) is not None:
                if chosen.is_of_arena:
                    tutor.open_problem(chosen.lesson)
                elif (loaded := chosen.loaded) is None:
                    tutor.open(chosen.lesson)
                else:
                    try:
                        tutor.open_file(chosen.path, loaded, agreed=content_hash(loaded.content) if trust else None)
                    except UntrustedError as error:
                        untrusted = error
            if minutes is not None:
                from tui_torch.console.overviews.practice import begin_round

                begin_round(tutor, minutes)
            app = TutorApp(tutor, ascii_only=ascii_only, config=present_config(), untrusted=untrusted)
            app.said_at_start = start.notice if start else None
            kernel.memory_limit = app.config.memory
            await app.run_async()
        if app.crashed is not None:
            raise RefusedError(app.crashed, FAILED)
        if progress.notice:
            _say(f"tui-torch: {progress.notice}", err=True)
    finally:
        await kernel.close()
        zygote.close()


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
