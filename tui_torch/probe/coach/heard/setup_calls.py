"""Hears calls that are made once or seldom: seeds, passes over loaders, derivatives, masks of attention."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from tui_torch.probe.coach.rule import AttentionCall, CoachRule, GradientTaken, LoaderPass, Seeding
from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.source.names_in_scope import names_in_scope

OFTEN = 12
"""The number of times that the rules are told of each line."""
_PLACES = 64
"""Maximum number of lines that are told apart."""
_ATTENTION = 4
"""The number of calls of attention with a mask that the rules are told of."""

_SEEDS: dict[str, tuple[Any, str, Callable[[], Any]]] = {
    "torch.manual_seed": (torch, "manual_seed", lambda: torch.get_rng_state().numpy().tobytes()),
    "np.random.seed": (np.random, "seed", lambda: str(np.random.get_state())),
    "random.seed": (random, "seed", random.getstate),
}
"""Functions that seed, and what gives the state of their generators."""


class SetupCalls:
    """Listens to such calls as far as the learner's code speaks of them."""

    def __init__(
        self,
        filename: str,
        learners: Callable[[FrameType | None], FrameType | None],
        kept: Callable[[], AbstractContextManager[None]],
        tell: Callable[[Callable[[CoachRule], None]], None],
        count: Callable[[], int],
    ) -> None:
        """Hear nothing yet.

        Args:
            filename: The name that the learner's code is compiled under.
            learners: Gives the innermost frame of the learner's code, from one outwards.
            kept: Suppresses exceptions within it.
            tell: Calls what it is given with each rule.
            count: Gives the number of `backward()` calls so far.
        """
        self._filename = filename
        self._learners = learners
        self._kept = kept
        self._tell = tell
        self._count = count
        self._met: dict[tuple[int, int], int] = {}
        self._states: dict[tuple[str, int], Any] = {}
        """The state of a generator just after it was seeded, by the function and the seed."""
        self._attention: Uninstall | None = None
        self._attended = 0

    def listen(self, source: str) -> list[Uninstall]:
        """Listen until what this returns is called."""
        undo: list[Uninstall] = []
        for function, (owner, name, _) in _SEEDS.items():
            if f"{name}(" in source:
                undo.append(wrap_method(owner, name, self._seeding(function)))
        if "DataLoader" in source:
            undo.append(wrap_method(DataLoader, "__iter__", self._passing))
        if "padding_mask" in source:
            self._attention = wrap_method(nn.MultiheadAttention, "forward", self._attending)
            undo.append(self._stop_attending)
        return undo

    def gradient_taken(self, frame: FrameType, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> None:
        """Hear a `torch.autograd.grad()` that has returned. Raises nothing."""
        if frame.f_code.co_filename == self._filename and self._is_met_seldom(frame):
            with self._kept():
                given = [*args, *[kwargs.get(name) for name in ("outputs", "inputs")[len(args) :]]]
                makes_graph = args[4] if len(args) > 4 else kwargs.get("create_graph", False)
                taken = GradientTaken(
                    _tensors(given[0]),
                    _tensors(given[1]),
                    _tensors(result),
                    bool(makes_graph),
                    frame.f_lineno,
                    names_in_scope(frame),
                )
                self._tell(lambda rule: rule.gradient_taken(taken))

    def _is_met_seldom(self, frame: FrameType) -> bool:
        place = id(frame.f_code), frame.f_lasti
        met = self._met.get(place, 0)
        if met >= OFTEN or (not met and len(self._met) >= _PLACES):
            return False
        self._met[place] = met + 1
        return True

    def _seeding(self, function: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        state_of = _SEEDS[function][2]

        def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
            def seed(*args: Any, **kwargs: Any) -> Any:
                frame = sys._getframe(1)
                value = next(iter((*args, *kwargs.values())), None)
                told = frame.f_code.co_filename == self._filename and type(value) is int and self._is_met_seldom(frame)
                before = state_of() if told else None
                result = original(*args, **kwargs)
                if told and type(value) is int:
                    with self._kept():
                        after = state_of()
                        known = self._states.get((function, value))
                        self._states[function, value] = after
                        seeding = Seeding(
                            function,
                            value,
                            frame.f_lineno,
                            self._count(),
                            is_drawn=known is not None and before != known,
                            for_training=torch.is_grad_enabled(),
                        )
                        self._tell(lambda rule: rule.seeded(seeding))
                return result

            return seed

        return wrapper_of

    def _passing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __iter__(loader: Any) -> Any:  # noqa: N807
            iterator = original(loader)
            frame = sys._getframe(1)
            place = self._learners(frame)
            if place is frame and place is not None and self._is_met_seldom(place):
                with self._kept():
                    begun = LoaderPass(loader, place.f_lineno, names_in_scope(place), self._count())
                    self._tell(lambda rule: rule.pass_begun(begun))
            return iterator

        return __iter__

    def _attending(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def forward(layer: Any, *args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling():
                with self._kept():
                    self._attend(layer, args, kwargs, sys._getframe(1))
            return original(layer, *args, **kwargs)

        return forward

    def _attend(self, layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType) -> None:
        names = ("query", "key", "value", "key_padding_mask")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        mask, key = given.get("key_padding_mask"), given.get("key")
        place = self._learners(frame)
        if not isinstance(mask, torch.Tensor) or not isinstance(key, torch.Tensor) or place is None:
            return
        self._attended += 1
        call = AttentionCall(key, mask, layer.batch_first, place.f_lineno, names_in_scope(place))
        self._tell(lambda rule: rule.attending(call))
        if self._attended >= _ATTENTION:
            self._stop_attending()

    def _stop_attending(self) -> None:
        undo, self._attention = self._attention, None
        if undo is not None:
            undo()


def _tensors(given: Any) -> tuple[torch.Tensor, ...]:
    several = given if type(given) in (tuple, list) else (given,)
    return tuple(one for one in several if isinstance(one, torch.Tensor))
