"""A program that is run with its training functions read, without a kernel."""

from __future__ import annotations

import contextlib
import io
import linecache
from typing import Any

from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.inspector.output_shapes import OutputShapes
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training_frames.frames import TrainingFrames
from tui_torch.protocol.events import FrameLocals, LocalsRead, Summary
from tui_torch.protocol.orders import Request, Side
from tui_torch.protocol.views import View

FILE = "<program>"


class FrameSession:
    """A program and what is read of it. Time passes only when the program calls `tick(seconds)`."""

    def __init__(self, code: str, *, is_on: bool = True, is_recorded: bool = False) -> None:
        self.now = 0.0
        self.events: list[LocalsRead] = []
        self.names: dict[str, Any] = {"__name__": "__main__", "tick": self._tick}
        self.error: BaseException | None = None
        """What escaped from the program."""
        self.recorder = TrainingRecorder(lambda progress: None, self.clock)
        self.shapes = OutputShapes(self.clock)
        self.graphs = GraphMemory(callers=self.recorder.before_backward)
        self.frames = TrainingFrames(
            lambda filename: filename == FILE,
            lambda: self.recorder.backwards,
            self.shapes.of,
            self.events.append,
            self.recorder.after_backward,
            self.graphs,
            self.clock,
            self.clock,
        )
        self.recorder.in_the_loop.append(self.frames.in_the_loop)
        self.recorder.losses_taken.append(self.frames.losses_taken)
        self.lines = LineRecorder(self.names, FILE, source=code) if is_recorded else None
        """What records the program line by line."""
        self.printed = self._run(code, is_on)

    def clock(self) -> float:
        return self.now

    def _tick(self, seconds: float) -> None:
        self.now += seconds

    def _run(self, code: str, is_on: bool) -> str:
        seed(0)
        linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
        said = io.StringIO()
        self.recorder.install()
        try:
            self.graphs.begin()
            self.recorder.begin(code)
            self.shapes.arm(code)
            self.frames.begin(is_on=is_on)
            with contextlib.redirect_stdout(said):
                compiled = compile(code, FILE, "exec", dont_inherit=True)
                if self.lines is not None:
                    self.lines.start(self.frames.left)
                try:
                    exec(compiled, self.names)
                except BaseException as error:
                    self.error = error
                if self.lines is not None:
                    self.lines.stop(self.error)
            self.frames.end(self.error)
            self.recorder.end()
            if (read := self.frames.result()) is not None:
                self.events.append(read)
        finally:
            self.recorder.uninstall()
            self.shapes.disarm()
        return said.getvalue()

    @property
    def read(self) -> tuple[FrameLocals, ...]:
        """The functions of the run, as they were read last."""
        return self.events[-1].frames if self.events else ()

    @property
    def functions(self) -> list[str]:
        return [frame.function for frame in self.read]

    def row(self, name: str, place: int = 0) -> Summary:
        """The summary of one variable."""
        return next(summary for summary in self.read[place].variables if summary.name == name)

    def rows(self, place: int = 0) -> list[str]:
        """The names of a function's variables."""
        return [summary.name for summary in self.read[place].variables]

    def view(self, side: Side, expression: str, place: int = 0, **more: Any) -> View:
        """A page of one variable."""
        view = self.frames.view(Request(side, expression, frame=place, **more))
        assert view is not None
        return view
