"""Which lessons a test takes in the suite, where it does the same with each of the course."""

from __future__ import annotations

from collections.abc import Container, Sequence

import pytest

PARTS = 3
"""Each such test takes one lesson of so many, and several tests take each lesson among them."""


def in_full_only(ids: Sequence[str], part: int, besides: Container[str] = ()) -> frozenset[str]:
    """The ids of the lessons that a test takes when it is counted in full, with `-m "slow or not slow"`.

    Args:
        ids: Those of the course, in its order.
        part: Which of the parts the suite takes, 0 to `PARTS` - 1: tests of a kind take different ones.
        besides: Ids of lessons that are too long for the suite in any case.
    """
    return frozenset(name for number, name in enumerate(ids) if number % PARTS != part or name in besides)


def marks(name: str, full: Container[str]) -> list[pytest.MarkDecorator]:
    """The marks of a test with the lesson of that id."""
    return [pytest.mark.slow] if name in full else []
