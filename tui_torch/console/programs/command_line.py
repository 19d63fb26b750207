"""The command `open`. Imports that take time are inside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.programs.program import OwnProgram
    from tui_torch.protocol.orders import ProgramCall


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
@click.option("--plain", is_flag=True, help="Run it here and now, as text in the terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line an event.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the app with ASCII characters only.")
@click.option("--trust", is_flag=True, help="Run it without asking.")
def open_command(
    file: str,
    arguments: tuple[str, ...],
    cwd: Path | None,
    plain: bool,
    as_json: bool,
    ascii_only: bool,
    trust: bool,
) -> None:
    """Open FILE, a script or a notebook of your own, in the app: edit it, run it, and see what it trains.

    A script runs as `python FILE ARGS…` would run it, or cell by cell where lines `# %%` divide it; options of the
    program stand behind `--`. The cells of a notebook, FILE.ipynb, run in its folder.

    With --plain or --json, and without a terminal, it runs at once and as a whole: a notebook cell by cell, also after
    one that raises. Its output, its input and its exit code stay its own; what there is to say of it (the chart of its
    losses, an explained error, the coach's notes) comes below; where the output is piped, on standard error.

    You are asked once for each content whether it may run.
    """
    from tui_torch.programs.program import ProgramError
    from tui_torch.programs.reading import is_notebook, read_program, read_script

    if plain and as_json:
        raise RefusedError("--plain and --json exclude each other", USAGE)
    path = Path(file)
    if is_notebook(path) and arguments:
        raise RefusedError("a notebook takes no arguments", USAGE)
    in_app = not (plain or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    try:
        program = read_program(path) if in_app or is_notebook(path) else read_script(path)
    except ProgramError as error:
        raise RefusedError(str(error), USAGE) from None
    if cwd is not None and not cwd.is_dir():
        raise RefusedError(f"there is no folder {cwd} to run it in", USAGE)
    agreed = trust
    if not trust:
        from tui_torch.console.agreement import check_trust

        agreed = check_trust([(program.path, program.content)], is_program=True)
    from tui_torch.programs.calls import call_of
    from tui_torch.programs.program import OwnProgram

    if in_app and isinstance(program, OwnProgram):
        _open_in_app(program, call_of(path, arguments, cwd), agreed=agreed, ascii_only=ascii_only)
        return
    import asyncio

    from tui_torch.console.programs.opening import open_in_terminal, open_notebook_in_terminal
    from tui_torch.kernel.session import KernelError

    if isinstance(program, OwnProgram):
        opened = open_notebook_in_terminal(program, (cwd or path.parent).absolute(), as_json=as_json)
    else:
        opened = open_in_terminal(program, call_of(path, arguments, cwd), as_json=as_json)
    try:
        sys.exit(asyncio.run(opened))
    except KernelError as error:
        raise RefusedError(str(error).rstrip("."), FAILED) from None


def _open_in_app(program: OwnProgram, call: ProgramCall, *, agreed: bool, ascii_only: bool) -> None:
    from tui_torch.console.encoding import speaks_unicode
    from tui_torch.ui.program.launch import open_in_app

    left = open_in_app(program, call, agreed=agreed, ascii_only=ascii_only or not speaks_unicode())
    if left.draft_notice is not None:
        from tui_torch.console.plain import say

        say(f"tui-torch: {left.draft_notice}", err=True)
    if left.crashed is not None:
        raise RefusedError(left.crashed, FAILED)
