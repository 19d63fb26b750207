"""Naming a slip by the value that it leaves, however the learner's code is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

RELATIVE, ABSOLUTE = 1e-4, 1e-6
"""How far two numbers may be apart and still come from the same computation, done in another order."""


def slip(seen: object, left_by: Mapping[str, Any]) -> str:
    """What checks call to say which slip leaves what they saw: `, …` for their message, or an empty text.

    Two slips that leave the same cannot be told apart, and then nothing is said: a wrong name is worse than none.

    Args:
        seen: What the learner's code left.
        left_by: The words for each slip, to what it leaves, or to a function of no arguments that computes it. One
            that raises leaves nothing, as the numbers it starts from may be no numbers at all.
    """
    names = [words for words, value in left_by.items() if _leaves(value, seen)]
    return f", {names[0]}" if len(names) == 1 else ""


def _leaves(value: Any, seen: object) -> bool:
    try:
        return _is_same(_plain(value() if callable(value) else value), _plain(seen))
    except Exception:
        return False


def _plain(value: Any) -> Any:
    """A value with lists and numbers in place of tensors and arrays."""
    match value:
        case torch.Tensor() | np.ndarray() | np.generic():
            return value.tolist()
        case list() | tuple():
            return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {key: _plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


def _is_same(one: Any, other: Any) -> bool:
    match one, other:
        case bool(), bool():
            return one == other
        case (bool(), _) | (_, bool()):
            return False
        case ((int() | float()), (int() | float())):
            return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        case list(), list():
            return len(one) == len(other) and all(map(_is_same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
        case _:
            return type(one) is type(other) and bool(one == other)
