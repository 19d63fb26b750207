"""A recorder of lines without any haste, for tests: it describes what has changed at every line, at once.

What the product records is held against it, position by position: the same places, names, values, notes and order.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any

import torch

from tests.unit.probe.replay.eager_gradients import NamedGradient, arrival_text, filled_text, named_gradients
from tests.unit.probe.replay.eager_names import VisibleNames, visible_names
from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import untraced
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.replay.listening.frame_state import (
    begins,
    ends_an_iteration,
    goes_on_after,
    way_of_leaving,
)
from tui_torch.probe.replay.printed_text import PrintedText
from tui_torch.probe.replay.value_and_error_text import error_text, value_text
from tui_torch.probe.source.frame_locals import has_own_names
from tui_torch.probe.source.inlined_comprehensions import inlined_comprehensions
from tui_torch.probe.values.paths import UnreachableError, route_of
from tui_torch.probe.values.short_repr import LIMIT, plain
from tui_torch.protocol.events import Position, PositionEvent, Trace

NOTE = 400
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


class EagerRecorder:
    """Records by `sys.settrace` all that the code of one file runs between `start()` and `stop()`, without a limit."""

    def __init__(self, namespace: Mapping[str, object], filename: str, source: str, pins: Sequence[str] = ()) -> None:
        self._namespace, self._filename, self._source = namespace, filename, source
        self._printed = PrintedText()
        self._is_looking = False
        self._names, self._pinned = VisibleNames(), VisibleNames()
        self._paths: dict[str, ast.expr] = {}
        for pin in pins:
            with suppress(SyntaxError):
                path = ast.parse(pin, mode="eval").body
                if not isinstance(path, ast.Name):
                    self._paths[pin] = path
        self._positions: list[Position] = []
        self._calls: dict[int, int] = {}
        self._calls_begun = 0
        self._propagating: int | None = None
        self._raised_in: int | None = None
        self._module_line = 1

    def start(self) -> None:
        self._printed.start()
        self._restore_backward = self._listen_to_backward()
        sys.settrace(self._enter)

    def stop(self) -> Trace:
        sys.settrace(None)
        self._printed.stop()
        self._restore_backward()
        if self._positions and self._positions[-1].event != "exception":
            self._record(None, "return")
        return Trace(tuple(self._positions), self._source, self._printed.output, None)

    def _is_followed(self, code: CodeType) -> bool:
        return code.co_filename == self._filename and code.co_name not in COMPREHENSIONS

    def _enter(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        if not self._is_followed(frame.f_code):
            return None
        if frame.f_code.co_name != "<module>" and (id(frame) not in self._calls or begins(frame)):
            self._calls_begun += 1
            self._calls[id(frame)] = self._calls_begun
        return self._within

    def _within(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if self._is_looking:
            return self._within
        match event:
            case "line":
                self._raised_in = None
                if frame.f_lasti not in inlined_comprehensions(frame.f_code):
                    self._propagating = None
                    self._record(frame, "line")
            case "return":
                unwinding, self._raised_in = self._raised_in == id(frame), None
                how = None if unwinding else way_of_leaving(frame)
                if how in ("returns", "yields") and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
                    self._record(frame, "return", f"{how} {value_text(argument)}")
                if how not in ("yields", "waits"):
                    self._calls.pop(id(frame), None)
            case "exception":
                error = argument[1]
                if not goes_on_after(frame, error):
                    self._raised_in = id(frame)
                if id(error) != self._propagating and error is not None and not ends_an_iteration(frame, error):
                    self._record(frame, "exception", error_text(error))
                    self._propagating = id(error)
            case _:
                pass
        return self._within

    def _record(self, frame: FrameType | None, event: PositionEvent, note: str | None = None) -> None:
        self._is_looking = True
        try:
            with untraced(), unobserved():
                seen, omitted = visible_names(self._namespace, frame)
                summaries, self._names = self._names.look(seen)
                pinned, self._pinned = self._pinned.look(self._pinned_values(seen))
        finally:
            self._is_looking = False
        line, function, depth, call = (None if frame is None else frame.f_lineno) or self._module_line, "<module>", 0, 0
        if frame is not None and has_own_names(frame):
            depth, outer = 0, frame.f_back
            while outer is not None:
                depth += self._is_followed(outer.f_code)
                outer = outer.f_back
            function = plain(frame.f_code.co_qualname.replace("<locals>.", ""), LIMIT)
            call = self._calls.get(id(frame), 0)
        elif frame is not None:
            self._module_line = line
        note = None if note is None else plain(note, NOTE)
        place = line, function, depth, call, event
        self._positions.append(Position(*place, summaries, self._printed.length, note, omitted, pinned))

    def _pinned_values(self, seen: Mapping[str, object]) -> dict[str, object]:
        reached: dict[str, object] = {}
        for pin, path in self._paths.items():
            with suppress(UnreachableError):
                if (route := route_of(path)) is not None:
                    reached[pin] = route.end(seen)
        return reached

    def _listen_to_backward(self) -> Uninstall:
        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def backward(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
                before = self._gradients()
                original(tensor, *args, **kwargs)
                given = args[0] if args else kwargs.get("gradient")
                self._record_backward(tensor, given, before)

            return backward

        return wrap_method(torch.Tensor, "backward", wrapper_of)

    def _learners_frame(self) -> FrameType:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self._is_followed(frame.f_code):
            frame = frame.f_back
        assert frame is not None
        return frame

    def _gradients(self) -> dict[int, NamedGradient]:
        self._is_looking = True
        try:
            with untraced(), unobserved():
                return named_gradients(visible_names(self._namespace, self._learners_frame())[0])
        finally:
            self._is_looking = False

    def _record_backward(self, root: torch.Tensor, gradient: object, before: dict[int, NamedGradient]) -> None:
        frame = self._learners_frame()
        self._is_looking = True
        try:
            with untraced(), unobserved():
                seen, _ = visible_names(self._namespace, frame)
                note = f"{arrival_text(root, gradient, seen)}{filled_text(before, named_gradients(seen))}"
        finally:
            self._is_looking = False
        self._record(frame, "backward", note)
