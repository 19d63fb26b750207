"""A loss that does not move: nothing steps, or the steps are far too small."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from weakref import ref

import torch

from tui_torch.probe.coach import learning_rates
from tui_torch.probe.coach.fixes import Fix, called_where_named, inserted_after, noted, replaced, statement_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord
from tui_torch.probe.coach.tensor_stamp import Stamp, stamp
from tui_torch.probe.coach.trials.rate_trial import learns
from tui_torch.probe.coach.wording import not_called, number
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import name_of
from tui_torch.protocol.notes import Note

LONG = 50
"""The number of steps after which a loss that learns has moved."""
FLAT = 2e-3
"""The part of itself by which a loss that moves has changed."""
SEEN = 0.5
"""The part of the fall which the slope promises that is seen where steps are too small."""
ENOUGH = 20
"""The number of `backward()` calls after which it is clear that nothing steps."""


class FlatLoss(CoachRule):
    """Finds weights that nothing moves, and a learning rate that is far too small."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[ref[torch.Tensor], Stamp]] = {}
        """The followed leaves as they were when they were first seen, by id."""
        self._slopes: dict[SiteRecord, list[float]] = {}
        """The squared norms of the gradients of the followed leaves, after each call that was looked at."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        squares = 0.0
        for leaf in snapshot.tracked:
            if leaf.grad is None:
                continue
            squares += stamp(leaf.grad).norm ** 2
            if len(self._first) < 8 and id(leaf) not in self._first:
                self._first[id(leaf)] = ref(leaf), stamp(leaf)
        self._slopes.setdefault(snapshot.record, []).append(squares)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for record in facts.sites:
            if record.count < ENOUGH:
                continue
            if self._nothing_moved() and not facts.optimizers:
                yield from _never_stepped(record.line, facts)
                return
            if facts.optimizers and facts.backwards >= LONG and (note := self._too_small(record, facts)):
                yield note
                return

    def _nothing_moved(self) -> bool:
        alive = [(leaf, state) for held, state in self._first.values() if (leaf := held()) is not None]
        states = [(stamp(leaf), state) for leaf, state in alive]
        return bool(states) and all(now.version == was.version and now.same_numbers(was) for now, was in states)

    def _too_small(self, record: SiteRecord, facts: Facts) -> Note | None:
        points = facts.losses_of(record)
        losses = [loss for _, loss in points]
        optimizer = facts.optimizer_of(record)
        # Where another loss pulls the weights the other way, standing still may be the balance of the two.
        if optimizer is None or facts.is_contested(record):
            return None
        if len(losses) < LONG or not all(loss == loss for loss in losses):
            return None
        middle = abs(statistics.median(losses))
        change = max(losses) - min(losses)
        # What has nothing left to learn has no slope.
        slope = statistics.median(self._slopes.get(record, [0.0]))
        rate = optimizer.rate
        if middle < 1e-6 or change > FLAT * middle or not rate or optimizer.kind != "SGD":
            return None
        if slope < 1e-4 * middle * middle:
            return None
        _, place = learning_rates.the_rate(facts.source, rate)
        new = learning_rates.power_of_ten(rate * 0.1 * middle / (rate * slope))
        if new < 10 * rate:
            return None
        says = (
            f"The loss hardly moves: {number(losses[0])} at step {points[0][0]}, {number(losses[-1])} at step "
            f"{points[-1][0]}. With a gradient of the norm {number(slope**0.5)}, steps of the learning rate "
            f"{learning_rates.as_written(rate)} are too small"
        )
        trial = record.trial
        if trial is None or trial.losses(rate, optimizer.kind, optimizer.settings, optimizer.held) is None:
            # Where steps are only too small, the loss falls as far as its slope says; at a minimum, it does not.
            fall = rate * slope * (points[-1][0] - points[0][0])
            if losses[0] - losses[-1] < SEEN * fall - 1e-6 * middle:  # less than which float32 does not show
                return None
            return Note("flat", f"{says}.", place.lineno if place is not None else record.line)
        # Where no rate helps, the rate is not what is wrong.
        better = None
        while better is None and new >= 10 * rate:
            tried = trial.losses(new, optimizer.kind, optimizer.settings, optimizer.held)
            better, new = (new if learns(tried or ()) else None), learning_rates.power_of_ten(new / 10)
        if better is None:
            return None
        new, says = better, f"{says}; try {learning_rates.as_written(better)}."
        fix = replaced(facts.source, place, learning_rates.as_written(new)) if place is not None else None
        return noted("flat", says, place.lineno if place is not None else record.line, fix)


def _never_stepped(line: int, facts: Facts) -> Iterator[Note]:
    optimizer = next((value for value in facts.names.values() if issubclass(type(value), torch.optim.Optimizer)), None)
    name = name_of(optimizer, facts.names) if optimizer is not None else None
    if name is None:
        return
    says = f"`backward()` ran {facts.backwards:,} times and `{name}.step()` never: the weights are what they were."
    bare = next((one for one in facts.source.uncalled("step") if ast.unparse(one) == f"{name}.step"), None)
    if bare is not None:
        says += f" {not_called(bare)}"
        yield noted("never-stepped", says, bare.lineno, called_where_named(facts.source, bare))
        return
    yield noted("never-stepped", says, line, _stepping(name, line, facts.source))


def _stepping(name: str, line: int, source: Source) -> Fix | None:
    backward = statement_at(source, line, "backward")
    if backward is None:
        return None
    zeroes = any(source.calls("zero_grad")) or ".grad = None" in source.text or ".grad.zero_()" in source.text
    return inserted_after(source, backward, f"{name}.step()", *([] if zeroes else [f"{name}.zero_grad()"]))
