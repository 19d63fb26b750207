"""Opens the screen of a watched training from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import say
from tui_torch.console.training.event_lines import ending
from tui_torch.console.training.joined import UNKNOWN
from tui_torch.console.training.watch import has_terminal
from tui_torch.line_mode import read_in_lines
from tui_torch.refused import FAILED, USAGE, RefusedError
from tui_torch.tutor.config import load_config
from tui_torch.watching.keeping.client import runs_now
from tui_torch.watching.keeping.start import NoKeeperError, start_run
from tui_torch.watching.run_folders import RunFolder


def watch_on_screen(command: Sequence[str]) -> int | None:
    """Run a command in a terminal of its own, and show it until the person leaves.

    Raises CannotRunError for a command that cannot be run, and what `open_watch_screen` does.

    Returns:
        Its exit code, 0 where it runs still; None where it cannot be run in a terminal of its own.
    """
    try:
        run = start_run(command)
    except (OSError, NoKeeperError):
        return None
    open_watch_screen(run)
    called = run.command()
    if runs_now(run) or called is None:
        return 0
    if not run.records():  # nothing was trained: there is nothing to keep
        with suppress(OSError):
            run.delete()
    return UNKNOWN if called.exit_code is None else called.exit_code


def open_watch_screen(run: RunFolder | None, overlaid: Sequence[str] = ()) -> int:
    """Show a run, or the list of all, until the person leaves.

    Raises RefusedError without a terminal, and where the screen fails.

    Returns:
        The exit code of the command that was shown last, where it has ended meanwhile; else 0.
    """
    if not has_terminal():
        raise RefusedError("the screen needs a terminal; `tui-torch runs` lists what was watched without one", USAGE)
    from tui_torch.ui.widget_classes import make_them_faster

    make_them_faster()
    from tui_torch.ui.watching.app import WatchApp

    read_in_lines()  # and leave it so
    app = WatchApp(run, overlaid=overlaid, ascii_only=not speaks_unicode(), config=load_config())
    asyncio.run(app.run_async())
    if app.crashed is not None:
        raise RefusedError(app.crashed, FAILED)
    followed = app.watch_screen.followed
    if followed is None:
        return 0
    followed.look()
    shown = followed.run
    if shown.state == "running":
        run = followed.folder
        back = f"`tui-torch watch --attach {run.short_name}` comes back"
        say(f"tui-torch: {run.in_words} goes on; {back}.", err=True)
        return 0
    if not followed.was_running:
        return 0
    if shown.records and shown.command is not None:
        told = f"`tui-torch runs` knows the training as {followed.folder.name}"
        say(f"tui-torch: {ending(shown.command.exit_code)}; {told}", err=True)
    return UNKNOWN if shown.command is None or shown.command.exit_code is None else shown.command.exit_code
