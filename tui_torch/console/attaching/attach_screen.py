"""Opens the screen of a kernel that others use from the command line."""

from __future__ import annotations

import asyncio

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import say
from tui_torch.kernel.joining.connection_files import CannotJoinError, ConnectionFile
from tui_torch.kernel.joining.joined_kernel import LATER, JoinedKernel
from tui_torch.refused import FAILED, RefusedError
from tui_torch.tutor.config import load_config


def open_attach_screen(file: ConnectionFile) -> None:
    """Load the probe, whose consent is there, and show the kernel until the person leaves.

    Raises RefusedError where the screen fails, and CannotJoinError where the probe cannot be loaded.
    """
    asyncio.run(_open(file))


async def _open(file: ConnectionFile) -> None:
    from tui_torch.ui.widget_classes import make_them_faster

    make_them_faster()
    from tui_torch.ui.attaching.app import AttachApp

    kernel = JoinedKernel(file)
    try:
        await kernel.meet()
        app = AttachApp(kernel, ascii_only=not speaks_unicode(), config=load_config())
        await app.run_async()
        if not await kernel.leave():
            say(LATER)
    finally:
        await kernel.close()
    if app.crashed is not None:
        raise RefusedError(app.crashed, FAILED)
    if app.refused is not None:
        raise CannotJoinError(app.refused)
