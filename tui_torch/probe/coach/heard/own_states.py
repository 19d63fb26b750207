"""Hears a model that is given its own weights as the state to go back to."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import ref

import torch
from torch import nn

from tui_torch.probe.coach.rule import CoachRule, OwnStateLoaded
from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.isolation.torch_internals import version_of
from tui_torch.probe.source.names_in_scope import names_in_scope

_KEPT = 512
"""Maximum number of states that are remembered, the latest."""


@dataclass(frozen=True, slots=True)
class _TakenState:
    """A state that the learner's code has taken."""

    first: ref[torch.Tensor]
    """Its first tensor, which dies with it."""
    line: int
    steps: int
    """The number of steps of optimizers before it."""
    writes: tuple[int | None, ...]
    """How often each parameter was written to."""


class OwnStates:
    """Listens to `state_dict()` and `load_state_dict()` of modules, as the learner's code calls them."""

    def __init__(
        self,
        filename: str,
        kept: Callable[[], AbstractContextManager[None]],
        tell: Callable[[Callable[[CoachRule], None]], None],
        steps: Callable[[], int],
    ) -> None:
        """Hear nothing yet.

        Args:
            filename: The name that the learner's code is compiled under.
            kept: Suppresses exceptions within it.
            tell: Calls what it is given with each rule.
            steps: Gives the number of steps of optimizers so far.
        """
        self._filename = filename
        self._kept = kept
        self._tell = tell
        self._steps = steps
        self._taken: deque[_TakenState] = deque(maxlen=_KEPT)
        self._told: set[int] = set()
        """Lines."""

    def listen(self, source: str) -> list[Uninstall]:
        """Listen until what this returns is called."""
        if "load_state_dict(" not in source:
            return []
        return [
            wrap_method(nn.Module, "state_dict", self._taking),
            wrap_method(nn.Module, "load_state_dict", self._loading),
        ]

    def _taking(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def state_dict(module: Any, *args: Any, **kwargs: Any) -> Any:
            state = original(module, *args, **kwargs)
            frame = sys._getframe(1)
            if frame.f_code.co_filename == self._filename:
                with self._kept():
                    first = next(iter(state.values()), None)
                    if isinstance(first, torch.Tensor):
                        taken = _TakenState(ref(first), frame.f_lineno, self._steps(), _writes(module))
                        self._taken.append(taken)
            return state

        return state_dict

    def _loading(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def load_state_dict(module: Any, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            if frame.f_code.co_filename == self._filename and frame.f_lineno not in self._told:
                with self._kept():
                    self._look(module, state_dict, frame)
            return original(module, state_dict, *args, **kwargs)

        return load_state_dict

    def _look(self, module: nn.Module, state: Any, frame: FrameType) -> None:
        if not isinstance(state, Mapping) or not _is_own(module, state):
            return
        first = next(iter(state.values()))
        taken = next((one for one in reversed(self._taken) if one.first() is first), None)
        if taken is None or taken.writes == _writes(module):
            return
        steps = self._steps() - taken.steps
        if steps:
            self._told.add(frame.f_lineno)
            loaded = OwnStateLoaded(
                taken.line,
                frame.f_lineno,
                steps,
                frozenset(map(id, module.parameters())),
                names_in_scope(frame),
            )
            self._tell(lambda rule: rule.own_state_loaded(loaded))


def _writes(module: nn.Module) -> tuple[int | None, ...]:
    return tuple(version_of(parameter) for parameter in module.parameters())


def _is_own(module: nn.Module, state: Mapping[Any, Any]) -> bool:
    """Return whether all tensors of a state are the module's own: to copy them there changes nothing."""
    own = {**dict(module.named_parameters(remove_duplicate=False)), **dict(module.named_buffers())}
    return bool(state) and all(
        isinstance(given, torch.Tensor) and isinstance(mine := own.get(name), torch.Tensor) and _is_same(given, mine)
        for name, given in state.items()
    )


def _is_same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return (
        one.device.type != "meta"
        and one.layout == other.layout == torch.strided
        and one.data_ptr() == other.data_ptr()
        and one.shape == other.shape
        and one.stride() == other.stride()
        and one.dtype == other.dtype
    )
