"""Hearing the steps of all optimizers, without changing PyTorch's hooks while it goes through them.

PyTorch calls its hooks in a loop over an OrderedDict, which raises in the learner's `step()` if a hook adds or removes
one. Here one hook of each kind stands for all who listen, as long as anybody does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from tui_torch.probe.isolation.patching import Uninstall

Listener = Callable[..., None]
"""Is called with the optimizer, its arguments and keyword arguments; raises nothing."""


class _Hook:
    """PyTorch's hook of one kind. It calls those who listen when the step begins, or has ended."""

    def __init__(self, register: Callable[[Any], RemovableHandle]) -> None:
        self._register = register
        self._listeners: tuple[Listener, ...] = ()
        self._handle: RemovableHandle | None = None
        self._calls = 0
        """The number of calls of it that go on."""

    def add(self, listener: Listener) -> Uninstall:
        self._listeners += (listener,)
        if self._handle is None:
            self._handle = self._register(self._called)
        is_there = [True]

        def remove() -> None:
            if is_there:
                is_there.clear()
                at = self._listeners.index(listener)
                self._listeners = self._listeners[:at] + self._listeners[at + 1 :]
            # One that was removed within a step leaves the hook to the next removal outside of any.
            if not self._listeners and not self._calls and self._handle is not None:
                self._handle.remove()
                self._handle = None

        return remove

    def _called(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._calls += 1
        try:
            for listener in self._listeners:
                listener(optimizer, args, kwargs)
        finally:
            self._calls -= 1


_before, _after = _Hook(register_optimizer_step_pre_hook), _Hook(register_optimizer_step_post_hook)
before_optimizer_step = _before.add
"""Have a listener called before each step of an optimizer; the result ends it."""
after_optimizer_step = _after.add
"""Have a listener called after each step of an optimizer; the result ends it."""
