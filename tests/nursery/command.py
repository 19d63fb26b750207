"""Runs a command of tui-torch whose kernels are forks from the nursery: `command.py doctor` for `tui-torch doctor`.

A command that needs one kernel spawns it, which imports PyTorch for two seconds of a core. Here a zygote from the
nursery forks it, as it does those of the app. The first doctor of `tests/faults/test_terminal_kinds.py` spawns its own.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any

from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote


def forked_by(own: Zygote) -> Callable[..., None]:
    """An `__init__` of sessions, whose kernels this zygote forks unless they have another."""
    usual = KernelSession.__init__

    def begin(session: KernelSession, *arguments: Any, zygote: Zygote | None = None, **options: Any) -> None:
        usual(session, *arguments, zygote=zygote or own, **options)

    return begin


if __name__ == "__main__":
    KernelSession.__init__ = forked_by(Zygote())  # type: ignore[method-assign]
    runpy.run_module("tui_torch", run_name="__main__", alter_sys=True)
