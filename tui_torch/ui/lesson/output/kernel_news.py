"""What is said on the lesson screen of the kernel: that it starts, was restarted, or cannot run code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_torch.kernel.session import KernelSession, KernelState

if TYPE_CHECKING:
    from tui_torch.ui.lesson.output.pane import OutputPane
    from tui_torch.ui.lesson.status_line import StatusLine


class KernelNews:
    """Says what the kernel does, on the status line, and where that is too long for it in the output."""

    def __init__(
        self, kernel: KernelSession, status: StatusLine, output: OutputPane, refresh_keys: Callable[[], object]
    ) -> None:
        self._kernel = kernel
        self._status = status
        self._output = output
        self._refresh_keys = refresh_keys

    def changed(self, state: KernelState) -> None:
        """Say what the kernel is doing now."""
        status = self._status
        if not status.is_attached:  # the app is closing, and the run in progress ends
            return
        before, status.state = status.state, state
        if state is KernelState.READY and before is KernelState.RESTARTING:
            self._say_that_it_was_restarted()
        self.say_why_nothing_runs()
        self._refresh_keys()

    def _say_that_it_was_restarted(self) -> None:
        reason = self._kernel.end_reason
        self._status.note = reason or "The kernel was restarted."
        if reason:  # longer than a line
            self._output.note(reason)

    def say_why_nothing_runs(self) -> None:
        """If no code can run, say why; the lesson can be read all the same."""
        problem = self._kernel.problem
        if self._kernel.state is KernelState.DEAD and problem is not None:
            self._status.note = "No code can run: see the output."
            self._output.begin()
            self._output.note(problem)
