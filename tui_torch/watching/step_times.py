"""How long a step usually takes, from when steps were recorded: a wait for a rank that has failed is no step's time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LATEST = 8
"""Minimum number of stretches between recorded steps that are looked at, where there are as many."""
PAUSE = 5.0
"""How many times the median of its steps a stretch takes that is none of training: an evaluation, a wait."""

Stretch = tuple[int, int, float]
"""The step that it begins after, its last step, and its seconds."""


def usual_stretches(times: Sequence[tuple[int, float]]) -> tuple[Stretch, ...]:
    """The last tenth of the stretches between recorded steps, but for those that a pause is in.

    Args:
        times: (step, seconds) pairs, by step.
    """
    stretches = [(first, last, now - began) for (first, began), (last, now) in pairwise(times) if last > first]
    latest = stretches[-max(len(stretches) // 10, LATEST) :]
    if not latest:
        return ()
    most = PAUSE * _median(latest)
    return tuple(stretch for stretch in latest if _each(stretch) <= most)


def seconds_of_step(times: Sequence[tuple[int, float]]) -> float | None:
    """How long a step usually takes; None before there are two."""
    found = usual_stretches(times)
    return sum(seconds for *_, seconds in found) / steps_in(found) if found else None


def steps_in(stretches: Sequence[Stretch]) -> int:
    """The number of their steps."""
    return sum(last - first for first, last, _ in stretches)


def _each(stretch: Stretch) -> float:
    first, last, seconds = stretch
    return seconds / (last - first)


def _median(stretches: Sequence[Stretch]) -> float:
    """The median of their steps, of which each takes its stretch's mean."""
    half, passed = steps_in(stretches) / 2, 0
    for stretch in sorted(stretches, key=_each):
        passed += stretch[1] - stretch[0]
        if passed >= half:
            return _each(stretch)
    raise AssertionError("the steps have a median")
