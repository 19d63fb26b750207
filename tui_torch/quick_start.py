"""Runs an app so that its first frame comes soon."""

from __future__ import annotations

import gc
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

SETTLED = 1.0
"""Seconds after which the app has drawn its first frame, except on a very slow machine."""


def run_app(app: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run an app in an event loop of its own, and return what it returns."""
    from tui_torch.kernel.openssl import asyncio_without_tls

    gc.disable()  # until the first frame next to nothing becomes garbage, and each collection takes time
    asyncio = asyncio_without_tls()

    async def settled_later() -> T:
        asyncio.get_running_loop().call_later(SETTLED, _collect_garbage)
        return await app()

    return asyncio.run(settled_later())


def _collect_garbage() -> None:
    """Enable garbage collection, and exempt what exists by now, which is nearly all needed until the end."""
    gc.freeze()
    gc.enable()
