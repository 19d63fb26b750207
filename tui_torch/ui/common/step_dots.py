"""The dots that stand for the steps of a lesson: the same in its title and in the list of lessons."""

from __future__ import annotations

from collections.abc import Iterable

Dot = tuple[str, str]
"""A dot, and its style."""


def step_dots(done: Iterable[bool], current: int | None = None, *, ascii_only: bool = False) -> list[Dot]:
    """One dot for each step, in their order.

    Args:
        done: Whether each step is done.
        current: The index of the step that the learner is at; None where they are in another lesson.
        ascii_only: Use ASCII characters alone.
    """
    full, now, empty = ("*", "@", ".") if ascii_only else ("●", "◉", "○")
    dots = [(full, "$success") if is_done else (empty, "$text-muted") for is_done in done]
    if current is not None and dots:
        dots[current] = (now, "$primary bold")
    return dots
