"""The debugger that `breakpoint()` starts: it stops in the learner's code and in what that calls, and nowhere else."""

from __future__ import annotations

import ast
import linecache
import pdb
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from IPython.core import debugger

_OURS = ("IPython", "ipykernel", "tui_torch")
"""Packages whose code the learner's may call without knowing, as when a value is shown."""


class OwnCodeDebugger(debugger.InterruptiblePdb):
    """IPython's debugger, which knows that each statement at the top is run by itself, by IPython.

    To that, the end of a statement is the end of all, and what comes next is in IPython.
    """

    filename = ""
    """The name under which the learner's code is compiled."""

    def stop_here(self, frame: FrameType) -> bool:
        return self._is_called_from_own_code(frame) and super().stop_here(frame)

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        if not self._is_statement(frame):
            super().user_call(frame, argument_list)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        if self._is_statement(frame) and not self._is_last(frame):
            self.set_step()
        else:
            super().user_return(frame, return_value)

    def _is_called_from_own_code(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if frame.f_code.co_filename == self.filename:
                return True
            if str(frame.f_globals.get("__name__")).partition(".")[0] in _OURS:
                return False
            frame = frame.f_back
        return False

    def _is_last(self, frame: FrameType) -> bool:
        """Whether no statement at the top comes after this one, where it could stop."""
        with suppress(SyntaxError):  # IPython knows more than Python
            body = ast.parse("".join(linecache.getlines(self.filename))).body
            return not any(statement.lineno > frame.f_lineno for statement in body)
        return True

    def _is_statement(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename == self.filename and frame.f_code.co_name.startswith("<module")


def debug_own_code(filename: str) -> None:
    """Let `breakpoint()` and `pdb.set_trace()` stop in code that is compiled under a name, in place of IPython's."""
    OwnCodeDebugger.filename = filename
    # As ipykernel puts its own there.
    debugger.Pdb = pdb.Pdb = OwnCodeDebugger  # type: ignore[misc]


def end_debugging() -> None:
    """Let the debugger go that still waits for a next line: the run is over."""
    if isinstance(getattr(sys.gettrace(), "__self__", None), OwnCodeDebugger):
        sys.settrace(None)
