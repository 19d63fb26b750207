"""What the arena draws by Hypothesis, from a generator with a seed: each strategy is a function of that."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


class SeededDraws:
    """Draws numbers.

    Args:
        numbers: The generator.
        share: How much of what is possible is drawn from: from 0, the simplest alone, to 1.
    """

    def __init__(self, numbers: random.Random, share: float) -> None:
        self._numbers = numbers
        self._share = share

    def __call__(self, strategy: Callable[[SeededDraws], _T]) -> _T:
        return strategy(self)

    def whole(self, low: int, high: int) -> int:
        """A whole number, both limits included."""
        return self._numbers.randint(low, low + math.ceil((high - low) * self._share))


def integers(low: int, high: int) -> Callable[[SeededDraws], int]:
    """A whole number, both limits included."""
    return lambda draws: draws.whole(low, high)


def binary(*, min_size: int, max_size: int) -> Callable[[SeededDraws], bytes]:
    """Bytes: as many as are asked for."""
    return lambda draws: bytes(draws.whole(0, 255) for _ in range(draws.whole(min_size, max_size)))


def lists(elements: Callable[[SeededDraws], _T], *, min_size: int, max_size: int) -> Callable[[SeededDraws], list[_T]]:
    """A list: as long as is asked for."""
    return lambda draws: [draws(elements) for _ in range(draws.whole(min_size, max_size))]
