"""Hears where the learner's code switches gradients off, or a model to `eval()`, and where it clips gradients."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.coach.heard.clipping import clipping_of
from tui_torch.probe.coach.heard.without_gradients import is_decorator
from tui_torch.probe.coach.rule import CoachRule
from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import is_clipping
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.source.names_in_scope import NamedValues, names_in_scope

OFTEN = 12
"""Maximum number of times that the rules hear of one place."""
_PLACES = 640
"""Maximum number of places that are told apart."""
CLIPPINGS = 24
"""The number of times that gradients are clipped that the rules are told of."""


class GradientSwitches:
    """Listens to `no_grad()`, `inference_mode()` and `eval()` as far as the learner's code speaks of them."""

    def __init__(
        self,
        filename: str,
        learners: Callable[[FrameType | None], FrameType | None],
        kept: Callable[[], AbstractContextManager[None]],
        tell: Callable[[Callable[[CoachRule], None]], None],
        met: Callable[[], None],
        count: Callable[[], int | None],
    ) -> None:
        """Hear nothing yet.

        Args:
            filename: The name that the learner's code is compiled under.
            learners: Gives the innermost frame of the learner's code, from one outwards.
            kept: Suppresses exceptions within it.
            tell: Calls what it is given with each rule.
            met: Is called where a place is come by that may switch something for the steps after it.
            count: Gives the number of `backward()` calls so far; None while steps are not looked at closely.
        """
        self._filename = filename
        self._learners = learners
        self._kept = kept
        self._tell = tell
        self._met = met
        self._count = count
        self._looks: dict[tuple[int, int], int] = {}
        """By the id of a code and the instruction, or a number below 0 for it: how often it was come by."""
        self._clippings = 0
        self._is_on = False

    def listen(self, source: str) -> list[Uninstall]:
        """Listen until what this returns is called."""
        self._is_on = True
        undo: list[Uninstall] = [self._stop]
        # PyTorch's own code enters them too, in every step.
        for cls, also in ((torch.no_grad, "clip_grad"), (torch.inference_mode, "")):
            if cls.__name__ in source or (also and also in source):
                undo.append(self._listen_to(cls, "__enter__", self._entered))
            if cls.__name__ in source and "==" in source:
                undo.append(self._listen_to(cls, "__exit__", self._left))
        if ".eval(" in source:
            undo.append(self._listen_to(torch.nn.Module, "eval", self._eval))
        return undo

    def _stop(self) -> None:
        self._is_on = False

    def _listen_to(self, cls: Any, name: str, heard: Callable[[FrameType], None]) -> Uninstall:
        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def method(it: Any, *args: Any) -> Any:
                if self._is_on:
                    with self._kept():
                        heard(sys._getframe(1))
                return original(it, *args)

            return method

        return wrap_method(cls, name, wrapper_of)

    def _is_met_seldom(self, code: int, place: int) -> bool:
        """Count that a place is come by; return whether it is one of the first times there."""
        seen = self._looks
        if len(seen) < _PLACES:
            seen[code, place] = seen.get((code, place), 0) + 1
        return seen.get((code, place), OFTEN + 1) <= OFTEN

    def _eval(self, frame: FrameType) -> None:
        place = self._learners(frame)
        if place is not None and self._is_met_seldom(id(place.f_code), -1 - place.f_lasti):
            self._met()

    def _entered(self, frame: FrameType) -> None:
        code = frame.f_code
        if code.co_filename != self._filename and not is_decorator(code):
            if is_clipping(code):
                self._clipping(frame)
            return
        if code.co_filename == self._filename:
            if self._is_met_seldom(id(code), frame.f_lasti):
                self._met()
                scope = names_in_scope(frame)
                self._tell(lambda rule: rule.gradients_off(frame, scope))
            return
        # A decorated function: it is called in a moment, with these.
        called_with = local_names(frame)
        function = called_with.get("func")
        inner = getattr(function, "__code__", None)
        if inner is None or inner.co_filename != self._filename or not self._is_met_seldom(id(inner), 0):
            return
        self._met()
        names = _names_of_call(called_with)
        self._tell(lambda rule: rule.gradients_off(frame, names))

    def _left(self, frame: FrameType) -> None:
        """The block is over, and the frame still has its names."""
        code = frame.f_code
        if code.co_filename == self._filename and self._is_met_seldom(id(code), -100_000 - frame.f_lasti):
            names = names_in_scope(frame)
            self._tell(lambda rule: rule.gradients_on(frame, names))

    def _clipping(self, frame: FrameType) -> None:
        count, place = self._count(), self._learners(frame)
        if count is None or self._clippings == CLIPPINGS or place is None:
            return
        clipping = clipping_of(local_names(frame), place.f_lineno, names_in_scope(place), count)
        if clipping is not None:
            self._clippings += 1
            self._tell(lambda rule: rule.clipping(clipping))


def _names_of_call(called_with: dict[str, Any]) -> NamedValues:
    function = called_with["func"]
    given = dict(zip(function.__code__.co_varnames, called_with["args"], strict=False))
    return {**function.__globals__, **given, **called_with["kwargs"]}
