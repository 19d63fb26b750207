"""Opens the screen of a watched training from the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import say
from tui_torch.refused import FAILED, USAGE, RefusedError
from tui_torch.tutor.config import load_config
from tui_torch.watching.run_folders import RunFolder


def has_terminal() -> bool:
    """Whether there is a terminal to draw in, and to read keys from."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_watch_screen(run: RunFolder | None, overlaid: Sequence[str] = ()) -> None:
    """Show a run, or the list of all, until the person leaves.

    Raises RefusedError without a terminal, and where the screen fails.
    """
    if not has_terminal():
        raise RefusedError("the screen needs a terminal; `tui-torch runs` lists what was watched without one", USAGE)
    from tui_torch.ui.widget_classes import make_them_faster

    make_them_faster()
    from tui_torch.ui.watching.app import WatchApp

    app = WatchApp(run, overlaid=overlaid, ascii_only=not speaks_unicode(), config=load_config())
    asyncio.run(app.run_async())
    if app.crashed is not None:
        raise RefusedError(app.crashed, FAILED)
    followed = app.watch_screen.followed
    if followed is not None:
        followed.look()
        if followed.run.state == "running":
            name = followed.folder.name
            say(f"tui-torch: the training goes on; `tui-torch watch --attach {name}` comes back to it.", err=True)
