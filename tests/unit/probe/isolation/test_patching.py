"""Wrapping a method for a while: it looks like the original, and goes away without taking another's wrapper along."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tui_torch.probe.isolation.patching import wrap_method


class Counter:
    def add(self, by: int = 1) -> int:
        """Add a number."""
        return by


ORIGINAL = Counter.add


def doubled(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda counter, by=1: 2 * original(counter, by)


def test_a_wrapped_method_calls_the_original_until_it_is_restored() -> None:
    restore = wrap_method(Counter, "add", doubled)
    wrapped = Counter().add(3)
    restore()
    assert (wrapped, Counter().add(3)) == (6, 3) and Counter.add is ORIGINAL


def test_a_wrapper_looks_like_the_original() -> None:
    restore = wrap_method(Counter, "add", doubled)
    wrapper: Any = Counter.add
    restore()
    assert (wrapper.__name__, wrapper.__doc__, wrapper.__wrapped__) == ("add", "Add a number.", ORIGINAL)
    assert inspect.signature(wrapper) == inspect.signature(ORIGINAL)


def test_a_wrapper_that_somebody_put_around_ours_stays() -> None:
    restore = wrap_method(Counter, "add", doubled)
    restore_theirs = wrap_method(Counter, "add", doubled)
    restore()
    wrapped = Counter().add(3)
    restore_theirs()
    left = Counter().add(3)
    restore()
    assert (wrapped, left) == (12, 6) and Counter.add is ORIGINAL
