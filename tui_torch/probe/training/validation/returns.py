"""Hearing what Python functions return: all of them for a while, or some of them while gradients are off.

Nothing is replaced: PyTorch's functions and the learner's stay the objects that they are. As of Python 3.12 only the
functions that are followed are instrumented; before, a profile function is set while gradients are off.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from inspect import CO_OPTIMIZED
from types import CodeType, FrameType
from typing import Any, Protocol

import torch

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.source.call_sites import caller, is_outside
from tui_torch.probe.source.frame_locals import local_names

Heard = Callable[[FrameType, object], None]
"""Is called with the frame of a function that returns, and with what it returns. Only KeyboardInterrupt escapes."""

_MONITORING: Any = getattr(sys, "monitoring", None)
_TOOL = "tui-torch losses"
_IDS = (3, 4)
"""The tools of `sys.monitoring` that Python has no name for."""
FRUITLESS = 4
"""The number of times that gradients are turned off at a place, and no followed function returns meanwhile, after which
the place is not heard of any more."""
FRAMES = 30
"""Maximum number of the learner's frames that keep no copies."""
PLACES = 1000
"""Maximum number of such places that are told apart."""


class Returns(Protocol):
    """What hears functions return, in the thread that the learner's code runs in."""

    def install(self) -> Uninstall:
        """Prepare to hear; the result undoes it."""
        ...

    def begin(self, *, compiles: bool) -> None:
        """Prepare for a run, whose code may compile some of itself with PyTorch's compiler."""
        ...

    def hear_all(self) -> None:
        """Hear every function, until `hear()` or `stop()`."""
        ...

    def hear(self, codes: set[CodeType]) -> None:
        """Hear the functions of these codes, at least while gradients are off, and no others."""
        ...

    def stop(self) -> None:
        """Hear nothing more."""
        ...


def returns(heard: Heard) -> Returns:
    """Make what hears functions return, as this Python can."""
    return ProfiledReturns(heard) if _MONITORING is None else MonitoredReturns(heard)


class ProfiledReturns:
    """Hears by a profile function, which is set while gradients are off, if the learner has none."""

    def __init__(self, heard: Heard) -> None:
        self._codes: set[CodeType] = set()
        self._is_hearing = False
        self._fruitless: dict[tuple[int, int], int] = {}
        """By the place where gradients are turned off: how often in a row that was for nothing."""
        self._place: tuple[int, int] | None = None
        """The place at which they are off now."""
        self._looked_at: FrameType | None = None
        """The frame that Python tells of just now."""
        is_grad_enabled = torch.is_grad_enabled

        def hear_one(frame: FrameType, event: str, value: object) -> None:
            if event == "return":
                self._looked_at = frame
                try:
                    heard(frame, value)
                finally:
                    self._looked_at = None
            elif event == "call":
                _let_go_of_one(frame.f_back)

        def hear_followed(frame: FrameType, event: str, value: object) -> None:
            if event == "return":
                if frame.f_code in self._codes:
                    if self._place is not None:
                        self._fruitless[self._place] = 0
                    hear_one(frame, event, value)
                elif is_grad_enabled() and self._is_over(frame):
                    self._looked_at = frame
                    try:
                        self._leave()
                    finally:
                        self._looked_at = None

        self._plain = hear_one, hear_followed
        self._all, self._followed = self._plain

    def install(self) -> Uninstall:
        entered = self._entered

        def entering(original: Callable[..., Any]) -> Callable[..., Any]:
            def __enter__(guard: Any) -> Any:  # noqa: N807
                result = original(guard)
                if self._is_hearing:
                    entered(sys._getframe(1))
                return result

            return __enter__

        def setting(original: Callable[..., Any]) -> Callable[..., Any]:
            def __init__(guard: Any, mode: bool) -> None:  # noqa: N807
                original(guard, mode)
                if self._is_hearing and not mode:
                    entered(sys._getframe(1))

            return __init__

        undo = [
            wrap_method(torch.no_grad, "__enter__", entering),
            wrap_method(torch.inference_mode, "__enter__", entering),
            wrap_method(torch.set_grad_enabled, "__init__", setting),
        ]

        def uninstall() -> None:
            while undo:
                undo.pop()()

        return uninstall

    def begin(self, *, compiles: bool) -> None:
        self.stop()
        self._all, self._followed = map(_uncompiled, self._plain) if compiles else self._plain

    def hear_all(self) -> None:
        self.stop()
        if sys.getprofile() is None:
            sys.setprofile(self._all)

    def hear(self, codes: set[CodeType]) -> None:
        self.stop()
        self._codes, self._is_hearing = codes, bool(codes)
        self._fruitless.clear()
        if codes and not torch.is_grad_enabled():
            self._set(None)

    def stop(self) -> None:
        self._is_hearing = False
        if sys.getprofile() in (self._all, self._followed):
            sys.setprofile(None)
            _let_go(sys._getframe(1), self._looked_at)

    def _entered(self, frame: FrameType) -> None:
        outside = caller(frame)
        if outside is None or torch.is_grad_enabled():
            return
        place = id(outside.f_code), outside.f_lasti
        fruitless = self._fruitless.get(place, 0)
        if fruitless < FRUITLESS and len(self._fruitless) < PLACES and sys.getprofile() is None:
            self._fruitless[place] = fruitless + 1
            self._set(place)

    def _is_over(self, frame: FrameType) -> bool:
        """Whether a function that returns while gradients are on ends the stretch without them.

        PyTorch's compiler, for one, turns them on in between.
        """
        if is_outside(frame.f_code):
            return True
        outside = caller(frame) if frame.f_code.co_name == "__exit__" else None
        return outside is not None and (self._place is None or id(outside.f_code) == self._place[0])

    def _set(self, place: tuple[int, int] | None) -> None:
        self._place = place
        if sys.getprofile() is None:
            sys.setprofile(self._followed)

    def _leave(self) -> None:
        if sys.getprofile() is self._followed:
            sys.setprofile(None)
            _let_go(sys._getframe(1), self._looked_at)


def _let_go(frame: FrameType | None, looked_at: FrameType | None) -> None:
    """Drop the copies of local variables that Python made for a profile function, and would keep with the frames.

    Not of the frame that it tells of just now: what is gone from its copy, Python deletes from the function.
    """
    for _ in range(FRAMES):
        frame = caller(frame)
        if frame is None:
            return
        if frame is not looked_at:
            _let_go_of_one(frame)
        frame = frame.f_back


def _let_go_of_one(frame: FrameType | None) -> None:
    """Drop the copies of one frame, if it is of a learner's function."""
    if frame is not None and frame.f_code.co_flags & CO_OPTIMIZED and is_outside(frame.f_code):
        local_names(frame)


class MonitoredReturns:
    """Hears by a tool of `sys.monitoring`, if one is free."""

    def __init__(self, heard: Heard) -> None:
        self._tool: int | None = None
        self._codes: set[CodeType] = set()
        self._hears_all = False

        def returned(code: CodeType, offset: int, value: object) -> None:
            if self._hears_all or code in self._codes:
                frame: FrameType | None = sys._getframe(1)
                while frame is not None and frame.f_code is not code:  # what keeps the compiler away is in between
                    frame = frame.f_back
                if frame is not None:
                    heard(frame, value)

        self._plain = self._returned = returned

    def install(self) -> Uninstall:
        return self.stop

    def begin(self, *, compiles: bool) -> None:
        self.stop()
        self._returned = _uncompiled(self._plain) if compiles else self._plain

    def hear_all(self) -> None:
        if self._take():
            self._hears_all = True
            _MONITORING.set_events(self._tool, _MONITORING.events.PY_RETURN)

    def hear(self, codes: set[CodeType]) -> None:
        if self._take():
            self._hears_all = False
            _MONITORING.set_events(self._tool, 0)
            for code in self._codes - codes:
                _MONITORING.set_local_events(self._tool, code, 0)
            for code in codes:
                _MONITORING.set_local_events(self._tool, code, _MONITORING.events.PY_RETURN)
            self._codes = set(codes)

    def stop(self) -> None:
        self._hears_all = False
        if self._tool is not None and _MONITORING.get_tool(self._tool) == _TOOL:
            _MONITORING.set_events(self._tool, 0)
            for code in self._codes:
                _MONITORING.set_local_events(self._tool, code, 0)
            _MONITORING.register_callback(self._tool, _MONITORING.events.PY_RETURN, None)
            _MONITORING.free_tool_id(self._tool)
        self._tool, self._codes = None, set()

    def _take(self) -> bool:
        if self._tool is None:
            self._tool = next((id for id in _IDS if _MONITORING.get_tool(id) is None), None)
            if self._tool is not None:
                _MONITORING.use_tool_id(self._tool, _TOOL)
                _MONITORING.register_callback(self._tool, _MONITORING.events.PY_RETURN, self._returned)
        return self._tool is not None


def _uncompiled(callback: Callable[..., None]) -> Callable[..., None]:
    """A function that PyTorch's compiler does not compile where it is called amid compiled code."""
    return torch.compiler.disable(callback)  # type: ignore[no-untyped-call]
