"""Drawing the inputs of a check without Hypothesis: always the same ones, the simple ones first.

In a notebook this stands in one module with `drawn_inputs.py`, of which it takes the place of `failing_inputs`.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch

from tui_torch.probe.lesson.arena.drawn_inputs import Found, drawn_input, is_drawn
from tui_torch.probe.lesson.arena.time_limit import TooSlowError, stopped_after
from tui_torch.probe.lesson.exported.strategies import SeededDraws
from tui_torch.protocol.grading.asked import DrawnInput

_MORE = 2
"""How many times the examples of the app are tried: there Hypothesis looks where it is worth looking."""
_TRYING = 2.0
"""Seconds after which no further input is tried, counted from the second one: the first may import something."""
_NOT_FINITE = 256.0
"""How far from 0 a special value counts as."""

_F = TypeVar("_F")


def failing_inputs(
    inputs: Sequence[DrawnInput],
    names: Mapping[str, Any],
    fails: Callable[[dict[str, Any]], _F | None],
    *,
    examples: int,
    seconds: float,
    is_smallest_sought: bool = True,
) -> Found[_F]:
    """Try inputs, always the same ones, and find the smallest of them on which `fails` says how the answer fails.

    Args:
        inputs: What is drawn, in order.
        names: What expressions may use besides the inputs before them.
        fails: Called with each; returns None where the answer is right.
        examples: Number of inputs that the app tries.
        seconds: After which the answer is stopped where it is.
        is_smallest_sought: Whether others are tried after the first on which it fails.

    Raises DeclarationError if an input cannot be made.
    """
    found = Found[_F]()
    numbers = random.Random(0)
    trying: dict[str, Any] | None = None
    smallest = (math.inf, math.inf)
    count = _MORE * examples if any(map(is_drawn, inputs)) else 1
    until = math.inf
    try:
        with stopped_after(seconds):
            for number in range(count):
                draws = SeededDraws(numbers, min(1.0, 2 * number / count))
                made: dict[str, Any] = {}
                for one in inputs:
                    made[one.name] = drawn_input(one, draws, {**names, **made})
                size = _extent(list(made.values()))
                if size >= smallest:
                    continue
                if time.monotonic() > until:
                    break
                found.examples += 1
                trying = found.last = made
                failure = fails(made)
                trying, until = None, min(until, time.monotonic() + _TRYING)
                if failure is not None:
                    found.failure, smallest = (made, failure), size
                    if not is_smallest_sought:
                        break
    except TooSlowError:
        found.unfinished = trying
    return found


def _extent(value: Any) -> tuple[float, float]:
    """How many elements there are, and how far from 0."""
    match value:
        case torch.Tensor():
            far = value.detach().double().abs()
            return far.numel(), float(torch.where(far.isfinite(), far, _NOT_FINITE).sum())
        case int() | float():
            return 1, abs(value) if math.isfinite(value) else _NOT_FINITE
        case list() | tuple():
            extents = [_extent(item) for item in value]
            return sum(count for count, _ in extents), sum(far for _, far in extents)
        case _:
            return 0, 0.0
