"""One real kernel for a module's tests: each run begins with a fresh namespace, so they need no kernel of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(zygote: Zygote) -> AsyncIterator[KernelSession]:
    # Most modules have a kernel that makes an optimizer; together they wait for that import once.
    zygote.import_more()
    session = KernelSession(zygote=zygote)
    await session.start()
    await session.ready()
    yield session
    await session.close()
