"""Reads a sentence on a derivative as a formula: the registry of what each sentence says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

INF, NAN = math.inf, math.nan
ORDINARY = (0.5, -1.0, 2.0, 1.25, -0.75, 3.0, -2.0, 0.125)
ANY = (0.0, 1.0, -1.0, 2.0, 0.5, INF, -INF, NAN, 1.0, -0.5, 0.0, 2.0, 3.0, -3.0, 0.25, 1.0)
"""Few enough that ties, kinks and bounds are frequent. The sign of a zero is no part of any sentence."""
FINITE = tuple(number for number in ANY if math.isfinite(number))
FROM_0_TO_1 = (0.0, 1.0, 0.25, 0.5, 0.75, 0.9)
SAYS_NOTHING = 1e99
"""Stands in a formula where the sentence says nothing."""


@dataclass(frozen=True)
class Case:
    """An operation, and the numbers to try it on."""

    run: Callable[..., Tensor]
    shapes: tuple[tuple[int, ...], ...] = ((6,),)
    numbers: Sequence[float] = ANY
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the sentence speaks of beside the inputs: the target, the weight."""


@dataclass(frozen=True)
class Called:
    """A case on certain inputs, and the gradient that arrives."""

    case: Case
    inputs: tuple[Tensor, ...]
    g: Tensor
    result: Tensor

    def __getitem__(self, fact: str) -> Any:
        return self.case.facts.get(fact)


Reading = Callable[..., "Sequence[Tensor]"]
READINGS: list[tuple[re.Pattern[str], Reading]] = []


def says(sentence: str) -> Callable[[Reading], Reading]:
    """The decorated function computes what a sentence says; it is given the groups of the pattern."""

    def add(reading: Reading) -> Reading:
        READINGS.append((re.compile(sentence), reading))
        return reading

    return add


def read(sentence: str) -> tuple[Reading, tuple[str | None, ...]]:
    for pattern, reading in READINGS:
        if found := pattern.fullmatch(sentence):
            return reading, found.groups()
    raise AssertionError(f"no formula reads this: {sentence}")


def to(shape: Sequence[int], gradient: Tensor) -> Tensor:
    """A gradient of the result's shape summed over the copies of an input that was broadcast."""
    return gradient.sum_to_size(shape)  # type: ignore[no-any-return]
