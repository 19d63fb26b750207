"""Steps of Adam that are larger than the weights, after which the loss is worse for good."""

from __future__ import annotations

import inspect
import math
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress

import torch

from tui_torch.probe.coach import learning_rates
from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.rule import CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.tensor_stamp import MOST, stamp
from tui_torch.probe.coach.trials.rate_trial import learns
from tui_torch.probe.coach.wording import number
from tui_torch.protocol.notes import Note

ENOUGH = 20
"""The number of losses from which on it is clear where they stay."""
WORSE = 3.0
"""How many times as large as at first a loss is that got worse for good."""
SOON = 6
"""The number of first losses within which it gets worse."""
_KINDS = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax")
_PARAMETERS = 20
"""Maximum number of parameters whose size is taken."""


class LargeSteps(CoachRule):
    """Compares Adam's rate, by which about a step moves each weight, with the weights before the first step."""

    def __init__(self) -> None:
        self._first: dict[OptimizerRecord, tuple[float, float, float | None]] = {}
        """The root mean square of the weights before the first step, its rate, and the default rate of the class."""

    def before_step(self, step: Step) -> None:
        if step.record in self._first or step.record.kind not in _KINDS or step.record.steps > 1:
            return
        group = step.optimizer.param_groups[0]
        default: float | None = None
        with suppress(KeyError, TypeError, ValueError):
            given = inspect.signature(type(step.optimizer)).parameters["lr"].default
            default = float(given)
        self._first[step.record] = _size(group["params"]), float(group["lr"]), default

    def notes(self, facts: Facts) -> Iterator[Note]:
        if len(facts.optimizers) != 1 or len(facts.sites) != 1 or facts.optimizers[0] not in self._first:
            return
        optimizer, record = facts.optimizers[0], facts.sites[0]
        size, rate, default = self._first[optimizer]
        points = facts.losses_of(record)
        losses = [loss for _, loss in points]
        if len(losses) < ENOUGH or not all(map(math.isfinite, losses)) or losses[0] <= 0 or not 0 < size <= rate:
            return
        late = losses[len(losses) // 2 :]
        if max(losses[1:SOON]) < WORSE * losses[0] or min(late) <= losses[0]:
            return
        middle = statistics.median(late)
        if middle < WORSE * losses[0] or default is None or rate < 10 * default:
            return
        _, place = learning_rates.the_rate(facts.source, rate)
        says = (
            f"The loss got worse and stays so: {number(losses[0])} at step {points[0][0]}, and {number(middle)} in the "
            f"middle of the last {len(late)}. A step of `{optimizer.kind}` moves each weight by about the learning "
            f"rate, and {learning_rates.as_written(rate)} is more than the weights were, {number(size)} on average."
        )
        line = record.line if place is None else place.lineno
        settings, held = optimizer.settings, optimizer.held
        tried = None if record.trial is None else record.trial.losses(default, optimizer.kind, settings, held)
        if tried is None or not learns(tried):
            yield noted("rate-above-weights", says, line, None)
            return
        written = learning_rates.as_written(default)
        says += f" With its own default, {written}, the loss falls."
        yield noted("rate-above-weights", says, line, None if place is None else replaced(facts.source, place, written))


def _size(parameters: Sequence[torch.Tensor]) -> float:
    """Return the root mean square of parameters that have a gradient."""
    used = [parameter for parameter in parameters if parameter.grad is not None][:_PARAMETERS]
    count = sum(min(parameter.numel(), MOST) for parameter in used)
    return math.sqrt(sum(stamp(parameter).norm ** 2 for parameter in used) / count) if count else 0.0
