"""Follows a kernel of others without the app, until it ends or ctrl+c leaves it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from tui_torch.console.attaching.views import JsonFollowing, PlainFollowing
from tui_torch.kernel.joining.connection_files import ConnectionFile
from tui_torch.kernel.joining.following import follow_kernel
from tui_torch.kernel.joining.joined_kernel import JoinedKernel
from tui_torch.kernel.joining.running_kernel import KernelFacts


async def follow(file: ConnectionFile, facts: KernelFacts, *, as_json: bool) -> None:
    """Load the probe, whose consent is there, and show what is told, until the kernel ends or we are to leave.

    Raises CannotJoinError where the probe cannot be loaded.
    """
    view = JsonFollowing(facts) if as_json else PlainFollowing(facts)
    kernel = JoinedKernel(file)
    try:
        await kernel.meet()
        following = asyncio.create_task(follow_kernel(kernel, view))
        loop, leaving = asyncio.get_running_loop(), asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(sign, leaving.set)
        waiting = asyncio.create_task(leaving.wait())
        await asyncio.wait([following, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if following.done():
            following.result()
            return
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        with suppress(OSError):  # the terminal may be gone, too
            view.left(is_out=await kernel.leave())
    finally:
        await kernel.close()
