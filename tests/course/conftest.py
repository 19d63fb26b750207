"""One real kernel for a module's tests: each run begins with a fresh namespace, so they need no kernel of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tui_torch.kernel.session import KernelSession


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel() -> AsyncIterator[KernelSession]:
    session = KernelSession()
    await session.start()
    await session.ready()
    yield session
    await session.close()
