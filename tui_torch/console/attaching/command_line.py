"""The command `attach`. Imports that take time are inside it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.kernel.joining.connection_files import ConnectionFile


@click.command()
@click.argument("connection_file", required=False)
@click.option("--latest", is_flag=True, help="The kernel that was started last.")
@click.option("--list", "listed", is_flag=True, help="List the kernels that run here.")
@click.option("--yes", is_flag=True, help="Load the probe without asking.")
@click.option("--plain", is_flag=True, help="As text, without a screen.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line an event.")
def attach(connection_file: str | None, latest: bool, listed: bool, yes: bool, plain: bool, as_json: bool) -> None:
    """Join a Jupyter kernel that runs already, and see what each cell does that is run there.

    CONNECTION_FILE is its connection file, or a part of the file's name; `%connect_info` names it in a notebook.
    Without one, the only kernel that runs is joined.

    The kernel may be JupyterLab's, VS Code's or that of `jupyter console`, on this machine and yours. After you agree,
    a probe is loaded into it: it reads the variables after each cell, and listens to PyTorch's training. It runs none
    of your code, and takes all of it out again when you leave. In a terminal what it tells is on a screen; elsewhere,
    or with --plain, it is text, and ctrl+c leaves.
    """
    if plain and as_json:
        raise RefusedError("--plain and --json exclude each other", USAGE)
    if sum((connection_file is not None, latest, listed)) > 1:
        raise RefusedError("give one of CONNECTION-FILE, --latest and --list", USAGE)
    if sys.platform == "win32":
        raise RefusedError("`attach` speaks to the kernel by a socket that Python does not have on Windows", USAGE)
    if listed:
        from tui_torch.console.attaching.kernel_list import list_kernels

        list_kernels(as_json=as_json)
        return
    import asyncio

    from tui_torch.console.attaching.attach_screen import open_attach_screen
    from tui_torch.console.attaching.following import follow
    from tui_torch.kernel.joining.connection_files import CannotJoinError
    from tui_torch.kernel.joining.joined_kernel import met

    try:
        file = _chosen(connection_file, latest=latest)
    except CannotJoinError as error:
        raise RefusedError(str(error), USAGE) from None
    try:
        # Before the question, and not in the event loop, which would hold back a ctrl+c.
        facts = asyncio.run(met(file))
        if not yes:
            _ask(file)
        if not plain and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
            open_attach_screen(file)
        else:
            asyncio.run(follow(file, facts, as_json=as_json))
    except CannotJoinError as error:
        raise RefusedError(str(error), FAILED) from None


def _chosen(name: str | None, *, latest: bool) -> ConnectionFile:
    from tui_torch.kernel.joining.connection_files import living_files, named_file, read_connection_file

    if name is not None:
        return read_connection_file(named_file(name))
    files = living_files()
    if not files:
        raise RefusedError("no kernel runs here; start one by JupyterLab, VS Code or `jupyter console`", USAGE)
    if len(files) > 1 and not latest:
        raise RefusedError(
            f"{len(files)} kernels run here; `--latest` joins the last, and `--list` lists them by their files", USAGE
        )
    return files[0]


def _ask(file: ConnectionFile) -> None:
    """Refuse the command unless the user agrees."""
    from rich.text import Text

    from tui_torch.console.plain import confirm
    from tui_torch.console.plain_console import plain_console
    from tui_torch.kernel.joining.joined_kernel import WILL_DO

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusedError("the probe is loaded into a kernel only if you agree; add --yes if you do", USAGE)
    plain_console(err=True).print(Text(WILL_DO))
    if not confirm(f"Load it into {file.path.name}?"):
        raise RefusedError("nothing was loaded; `--yes` loads it without asking", USAGE)
