"""The script that shows what holds on a GPU: on a machine without one, it shows what a CPU can show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import torch

from tests.gpu import losses
from tests.gpu.__main__ import main
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

pytestmark = pytest.mark.xdist_group("kernel")


def test_the_script_for_gpus_shows_all_that_this_machine_can_show_and_says_what_it_cannot(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @asynccontextmanager
    async def ready_kernel() -> AsyncIterator[KernelSession]:
        kernel = KernelSession(zygote=zygote)  # is spawned where there is a GPU
        await kernel.start()
        try:
            await kernel.ready()
            yield kernel
        finally:
            await kernel.close()

    monkeypatch.setattr(losses, "ready_kernel", ready_kernel)
    ended = main()
    said = capsys.readouterr().out
    assert ended == 0, said
    assert "**no**" not in said and said.count("| yes |") >= 18
    assert said.count("needs CUDA") == (0 if torch.cuda.is_available() else 3)
