"""Passing the breakpoints of a run that is recorded: a replay stops at every line, and back again."""

from __future__ import annotations

import pdb
import sys
from typing import Any

from tui_torch.probe.isolation.patching import Uninstall


def pass_breakpoints() -> Uninstall:
    """Let `breakpoint()` and `pdb.set_trace()` do nothing until the result is called.

    The debugger hears the code by a trace function, of which Python has room for one.
    """
    hook, set_trace = sys.breakpointhook, pdb.set_trace

    def passed(*_: Any, **__: Any) -> None:
        pass

    def restore() -> None:
        if sys.breakpointhook is passed:
            sys.breakpointhook = hook
        if pdb.set_trace is passed:
            pdb.set_trace = set_trace

    sys.breakpointhook = pdb.set_trace = passed
    return restore
