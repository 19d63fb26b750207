"""What PyTorch does in the cells of a kernel that others use: values, losses, notes, graphs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import tui_torch
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.errors.failure import describe
from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.live import LiveView
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training.tensorboard import listen_to_writers
from tui_torch.protocol.events import Failed, Inspection, TrainingProgress
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import View

CELLS = 500
"""Maximum number of earlier cells whose code is kept: a later one may call what they define."""


class TorchWatch:
    """Listens to PyTorch, from `install()` to `uninstall()`. Only what is sent to the app is kept of any value.

    Nothing is computed again to explain an error, and no hook is put on modules: what they compile would keep it.

    Args:
        namespace: The names of the kernel's user.
        send: Sends one of the protocol's dataclasses.
        hear_in_the_loop: Is called now and then while a loop trains, in the loop's thread.
    """

    def __init__(
        self, namespace: dict[str, Any], send: Callable[[object], Any], hear_in_the_loop: Callable[[], None]
    ) -> None:
        self._namespace = namespace
        self._send = send
        self._cells: dict[str, tuple[int, str]] = {}
        """The number and the code of each cell, by the name that it was compiled under."""
        self._filename = ""
        self._inspector = Inspector()
        self._coach = Coach("", send)
        self._recorder = TrainingRecorder(self._on_progress)
        self._graphs = GraphMemory(
            callers=self._recorder.before_backward, last_backward=lambda: self._recorder.last_backward
        )
        self._coach.listen_to(self._recorder)
        self._live = LiveView(namespace, self._inspector, send)
        self._recorder.in_the_loop += [self._live.in_the_loop, lambda frame: hear_in_the_loop()]
        self._uninstall: list[Callable[[], object]] = [
            self._graphs.forget,
            self._recorder.uninstall,
            self._coach.uninstall,
            self._recorder.end,
        ]

    def install(self) -> None:
        """Listen from now on. What is there by now is not new."""
        self._recorder.install()
        self._uninstall.append(listen_to_writers(self._recorder.log))
        tui_torch.listener, before = self._recorder.log, tui_torch.listener
        self._uninstall.append(lambda: setattr(tui_torch, "listener", before))
        self._inspector.begin(self._namespace, ())

    @property
    def watched(self) -> tuple[str, ...]:
        """The expressions whose values are told while a loop runs."""
        return self._live.watched

    @watched.setter
    def watched(self, names: tuple[str, ...]) -> None:
        self._live.watched = names

    def begin_cell(self, code: str, filename: str, number: int) -> None:
        """A cell is about to run, or runs."""
        earlier = [known for _, known in self._cells.values()]
        self._cells.pop(filename, None)
        self._cells[filename] = (number, code)
        if len(self._cells) > CELLS:
            del self._cells[next(iter(self._cells))]
        self._filename = filename
        self._graphs.begin()
        self._recorder.begin(*earlier, code, is_all=False)
        self._coach.begin(code, self._namespace, filename)
        self._live.begin(live=True)

    def end_cell(self, error: BaseException | None) -> None:
        """The cell is over: tell what is left to tell of its training, and what it raised."""
        self._recorder.end()
        self._coach.end()
        self._live.end(failed=error is not None)
        if error is not None and self._filename in self._cells:
            code = self._cells[self._filename][1]
            self._send(self._placed(describe(error, self._filename, code, self._is_cell, is_explained=False)))

    def inspect(self) -> Inspection:
        """The names of the user, and what has changed since the last time."""
        return self._inspector.inspect(self._namespace, ())

    def read_on(self) -> Inspection | None:
        """The last inspection with more of it read; None if nothing was left."""
        return self._inspector.read_on(self._namespace)

    def look(self, request: Request) -> View:
        """The view of a value."""
        return look(request, self._namespace, graphs=self._graphs)

    def uninstall(self) -> None:
        """Leave PyTorch as it was."""
        while self._uninstall:
            with suppress(Exception):  # the others are taken out all the same
                self._uninstall.pop()()

    def _is_cell(self, filename: str) -> bool:
        return filename in self._cells

    def _placed(self, failed: Failed) -> Failed:
        """With `In [3]` in place of the names that cells are compiled under."""
        frames = tuple(
            replace(frame, file=f"In [{self._cells[frame.file][0]}]")
            if frame.file is not None and frame.file in self._cells
            else frame
            for frame in failed.frames
        )
        return replace(failed, frames=frames)

    def _on_progress(self, progress: TrainingProgress) -> None:
        self._send(progress)
        self._coach.trained(progress)
        self._graphs.resume()
