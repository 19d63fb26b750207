"""The command `open`. Imports that take time are inside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.programs.program import OwnProgram, WholeScript


class _OpenCommand(click.Command):
    """Says where the options of the program stand, to whoever wrote them among those of `open`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            raise RefusedError(
                f"`open` has no option `{name}`; those of the program stand behind `--`, as in `-- {name}`", USAGE
            ) from None


@click.command("open", cls=_OpenCommand)
@click.argument("file")
@click.argument("arguments", nargs=-1, metavar="[-- ARGS…]")
@click.option("--cwd", metavar="FOLDER", type=click.Path(path_type=Path), help="The folder that it runs in.")
@click.option("--plain", is_flag=True, help="As text in the terminal, as it always is for now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line an event.")
@click.option("--trust", is_flag=True, help="Run it without asking.")
def open_command(
    file: str, arguments: tuple[str, ...], cwd: Path | None, plain: bool, as_json: bool, trust: bool
) -> None:
    """Run FILE, a program of your own, as `python FILE ARGS…` would, and see what it trains.

    The cells of a notebook, FILE.ipynb, run in their order, in its folder, also after one that raises.

    Options of the program stand behind `--`. Its output, its input and its exit code stay its own; what there is to say
    of it (the chart of its losses, an explained error, the coach's notes) comes below; where the output is piped, on
    standard error. You are asked once for each content whether it may run.
    """
    from tui_torch.programs.program import ProgramError
    from tui_torch.programs.reading import is_notebook, read_program, read_script

    if plain and as_json:
        raise RefusedError("--plain and --json exclude each other", USAGE)
    path = Path(file)
    if is_notebook(path) and arguments:
        raise RefusedError("a notebook takes no arguments", USAGE)
    try:
        program = read_program(path) if is_notebook(path) else read_script(path)
    except ProgramError as error:
        raise RefusedError(str(error), USAGE) from None
    if cwd is not None and not cwd.is_dir():
        raise RefusedError(f"there is no folder {cwd} to run it in", USAGE)
    if not trust:
        _check_trust(program)
    import asyncio

    from tui_torch.console.programs.opening import call_of, open_in_terminal, open_notebook_in_terminal
    from tui_torch.kernel.session import KernelError
    from tui_torch.programs.program import OwnProgram

    if isinstance(program, OwnProgram):
        opened = open_notebook_in_terminal(program, (cwd or path.parent).absolute(), as_json=as_json)
    else:
        opened = open_in_terminal(program, call_of(program, arguments, cwd), as_json=as_json)
    try:
        sys.exit(asyncio.run(opened))
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None


def _check_trust(program: WholeScript | OwnProgram) -> None:
    """Refuse the command unless the program may run; in a terminal, after asking."""
    from tui_torch.console.agreement import NotAgreedError, agree
    from tui_torch.console.plain import confirm
    from tui_torch.tutor.progress.progress import Progress
    from tui_torch.tutor.user_files import progress_file

    asks = confirm if sys.stdin.isatty() and sys.stderr.isatty() else None
    with Progress.open(progress_file()) as progress:
        try:
            agree([(program.path, program.content)], progress, asks, is_program=True)
        except NotAgreedError as error:
            raise RefusedError(str(error), USAGE) from None
