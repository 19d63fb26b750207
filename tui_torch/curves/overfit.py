"""Whether validation rises while the training's loss goes on falling."""

from __future__ import annotations

import math
import re
import statistics
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.records.bounded_series import StepNumber

PASSES = 12
"""The number of passes over the validation data below which nothing is said."""
AFTER = 5
"""The number of passes since the best one below which nothing is said."""
SHARE_AFTER = 0.2
"""The same as a part of all passes."""
RISE = 0.15
"""The part of itself by which validation has risen since its best."""
FALL = 0.05
"""The part of itself by which the training's loss has fallen meanwhile."""
SIGMAS = 5
"""How many times as large as its noise the rise of validation is."""
EXPLAINED = 0.93
"""The part of the variance of validation since its best that a curve which never falls explains."""
JUMP = 1.5
"""How many times as high as at the best the training's loss may be later: where it learns something else, it jumps."""
_NOISE_OF_NORMAL = 1.4826
"""The standard deviation of a normal distribution, in median distances from its median."""
_HEEDED = re.compile(r"patience|early.?stop|\bbest", re.IGNORECASE)
_KEPT = re.compile(r"state_dict|deepcopy|\.save\(|\bbreak\b")


@dataclass(frozen=True, slots=True)
class Overfit:
    """How far validation and training are apart."""

    best: StepNumber
    """The step and the value of the best pass."""
    place: int
    """Its number among the passes, counted from 1."""
    averaged: int
    """The number of passes or stretches that each of the following is a mean of."""
    validation: float
    """Validation at the end."""
    training_before: float
    """The training's loss around the best pass."""
    training: float
    """The training's loss at the end."""


def heeds_validation(code: str) -> bool:
    """Whether code seems to stop early by its validation, or to keep the best weights."""
    return bool(_HEEDED.search(code) and _KEPT.search(code))


def overfit(validation: Sequence[StepNumber], losses: Sequence[StepNumber]) -> Overfit | None:
    """Return how far validation and training are apart, if validation has risen since its best, and training fallen.

    Args:
        validation: (step, mean loss of a pass) pairs, oldest first.
        losses: (step, loss) pairs of the training, oldest first.
    """
    values = [value for _, value in validation]
    count = len(values)
    if count < PASSES or not all(map(math.isfinite, values)):
        return None
    training = _between(validation, losses)
    if training is None:
        return None
    averaged = max(3, count // 8) | 1
    smooth = _averages(values, averaged)
    lowest = min(range(count), key=smooth.__getitem__)
    after = count - 1 - lowest
    if after < max(AFTER, SHARE_AFTER * count) or after < averaged:
        return None
    end, trained_end = statistics.fmean(values[-averaged:]), statistics.fmean(training[-averaged:])
    trained_before = _averages(training, averaged)[lowest]
    rise, fall = end - smooth[lowest], trained_before - trained_end
    noise = _noise(values) * math.sqrt(2 / averaged)
    if rise < RISE * abs(smooth[lowest]) or rise < SIGMAS * noise or end <= trained_end:
        return None
    if not _rises_steadily(values[lowest:]):
        return None
    jump = max(training[lowest + 1 :])
    if fall < FALL * abs(trained_before) or jump > JUMP * max(trained_before, 0.0) + SIGMAS * _noise(training):
        return None
    around = range(max(lowest - averaged // 2, 0), min(lowest + averaged // 2 + 1, count))
    best = min(around, key=values.__getitem__)
    return Overfit(validation[best], best + 1, averaged, end, trained_before, trained_end)


def _between(validation: Sequence[StepNumber], losses: Sequence[StepNumber]) -> list[float] | None:
    """The mean loss of the training between one pass and the next; None if there is none, or it is not finite."""
    steps = [step for step, _ in losses]
    means: list[float] = []
    begun = 0
    for step, _ in validation:
        end = bisect_right(steps, step)
        if end > begun:
            means.append(statistics.fmean(loss for _, loss in losses[begun:end]))
        elif means:  # thinned
            means.append(means[-1])
        begun = max(begun, end)
    return means if len(means) == len(validation) and all(map(math.isfinite, means)) else None


def _averages(values: Sequence[float], width: int) -> list[float]:
    """The mean of each value and its neighbours, `width` in all where there are as many."""
    half = width // 2
    return [statistics.fmean(values[max(at - half, 0) : at + half + 1]) for at in range(len(values))]


def _noise(values: Sequence[float]) -> float:
    """The standard deviation of what values jump by from one to the next, apart from where they go."""
    changes = [after - before for before, after in pairwise(values)]
    middle = statistics.median(changes)
    return _NOISE_OF_NORMAL * statistics.median(abs(change - middle) for change in changes) / math.sqrt(2)


def _rises_steadily(values: Sequence[float]) -> bool:
    """Return whether a curve that never falls explains most of how far values are apart.

    Noise, also one that lasts over many passes, goes down as well as up.
    """
    rising = _never_falling(values)
    mean = statistics.fmean(values)
    whole = sum((value - mean) ** 2 for value in values)
    left = sum((value - level) ** 2 for value, level in zip(values, rising, strict=True))
    return left < (1 - EXPLAINED) * whole


def _never_falling(values: Sequence[float]) -> list[float]:
    """The curve that never falls and is nearest to values: means of neighbours that fall (isotonic regression)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while blocks and blocks[-1][0] >= mean:
            before, many = blocks.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        blocks.append((mean, count))
    return [mean for mean, count in blocks for _ in range(count)]
