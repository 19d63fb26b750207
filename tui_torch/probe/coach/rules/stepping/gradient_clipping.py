"""Clipping that changes nothing: after the step, before the gradients are there, or of no parameters."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from tui_torch.probe.coach.fixes import (
    Fix,
    both,
    inserted_before,
    moved_after,
    moved_before,
    noted,
    replaced,
    statement_at,
)
from tui_torch.probe.coach.rule import BackwardSnapshot, Clipping, CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.tensor_stamp import elements, stamp
from tui_torch.probe.coach.wording import number, times
from tui_torch.protocol.notes import Note

ENOUGH = 3
"""The number of times after which it is no accident."""
_MOST = 200
"""Maximum number of gradients whose norm is taken."""


@dataclass(slots=True)
class _Line:
    """What one line that clips was seen to do."""

    limit: float
    calls: int = 0
    used_up: int = 0
    """The number of calls with a generator that had nothing left."""
    empty: int = 0
    """The number of calls that met no gradient, or gradients of 0 alone."""
    late: int = 0
    """The number of calls on gradients that a step had used already."""
    is_of_norm: bool = True
    sizes: list[float] = field(default_factory=list[float])
    """The norms of these gradients, or their largest values, whichever is limited."""
    optimizer: OptimizerRecord | None = None
    """Whose step had used them."""
    is_used_again: bool = False
    """Whether a step used such gradients after the clipping."""


class GradientClipping(CoachRule):
    """Follows which gradients are fresh when they are clipped."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}
        self._number = 0
        """The number of the last `backward()` that was looked at."""
        self._filled: set[int] = set()
        """The ids of leaves that a `backward()` filled and no `step()` has used."""
        self._stepped: dict[OptimizerRecord, frozenset[int]] = {}
        self._scaled: set[OptimizerRecord] = set()
        self._late: set[int] = set()
        """The ids of parameters whose used gradients were clipped."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        fresh = {id(leaf) for leaf in snapshot.graph.leaves if leaf.grad is not None}
        self._filled |= fresh
        self._late -= fresh
        self._number = snapshot.number

    def before_step(self, step: Step) -> None:
        if step.record.last != self._number:
            self._late.clear()
        if step.record.held & self._late:
            for line in self._lines.values():
                line.is_used_again |= line.optimizer is step.record
        self._filled -= step.record.held
        self._stepped[step.record] = step.record.held
        if step.is_by_scaler:
            self._scaled.add(step.record)

    def clipping(self, clipping: Clipping) -> None:
        if clipping.backwards != self._number:
            return
        line = self._lines.setdefault(clipping.line, _Line(clipping.limit, is_of_norm=clipping.is_of_norm))
        line.calls += 1
        if clipping.is_used_up:
            line.used_up += 1
            return
        if clipping.parameters is None:
            return
        gradients = {id(one): one.grad for one in clipping.parameters if one.grad is not None}
        size = _size(list(gradients.values())[:_MOST], clipping.is_of_norm)
        if size == 0:
            line.empty += 1
        elif not gradients.keys() & self._filled:
            owner = next((record for record, held in self._stepped.items() if gradients.keys() <= held), None)
            if owner is not None:
                line.late += 1
                line.optimizer = owner
                line.sizes.append(size)
                self._late |= gradients.keys()

    def notes(self, facts: Facts) -> Iterator[Note]:
        for number_, line in self._lines.items():
            # Without a limit, a norm is measured.
            if line.calls < ENOUGH or not math.isfinite(line.limit) or not facts.optimizers:
                continue
            if line.used_up >= line.calls - 1:
                yield _used_up(number_, line, facts)
            elif line.empty == line.calls:
                yield self._too_early(number_, line, facts)
            elif line.late == line.calls and line.optimizer is not None and not line.is_used_again:
                yield self._too_late(number_, line, line.optimizer, facts)

    def _too_late(self, at: int, line: _Line, optimizer: OptimizerRecord, facts: Facts) -> Note:
        above, what = sum(size > line.limit for size in line.sizes), "norm" if line.is_of_norm else "value"
        says = (
            f"The gradients are clipped after `{optimizer.name}.step()` has used them, so no step is clipped. At "
            f"{above} of the first {times(line.late, 'step')}, a {what} was above {number(line.limit)}; the largest "
            f"was {number(max(line.sizes))}."
        )
        here, step = (statement_at(facts.source, one) if one else None for one in (at, optimizer.line))
        fix = moved_before(facts.source, here, step) if here is not None and step is not None else None
        if fix is not None and optimizer in self._scaled and step is not None:
            scaler = _scaler_of(step)
            unscaled = inserted_before(facts.source, step, f"{scaler}.unscale_({optimizer.name})") if scaler else None
            fix = both(facts.source, unscaled, fix)
        return noted("clipped-after-step", says, at, fix)

    def _too_early(self, at: int, line: _Line, facts: Facts) -> Note:
        says = (
            f"There is nothing to clip: each of the first {times(line.calls, 'time')}, the gradients are missing or 0 "
            f"here, and `backward()` fills them later. Clip between `backward()` and `step()`."
        )
        record = next((one for one in facts.sites if one.line > at), None)
        fix: Fix | None = None
        if record is not None and not self._scaled:
            here, backward = statement_at(facts.source, at), statement_at(facts.source, record.line, "backward")
            if here is not None and backward is not None:
                fix = moved_after(facts.source, here, backward)
        return noted("clips-nothing", says, at, fix)


def _size(gradients: Sequence[torch.Tensor], is_of_norm: bool) -> float:
    if is_of_norm:
        return math.sqrt(sum(stamp(gradient).norm ** 2 for gradient in gradients))
    return max((float(elements(gradient).abs().max()) for gradient in gradients), default=0.0)


def _used_up(at: int, line: _Line, facts: Facts) -> Note:
    given = next((call.args[0] for call in facts.source.calls("clip_grad_norm_", "clip_grad_value_")
                  if call.lineno == at and call.args), None)  # fmt: skip
    says = (
        f"There is nothing to clip: {line.used_up} of the first {times(line.calls, 'call')} get an iterator that has "
        f"nothing left: it gives each parameter once."
    )
    if isinstance(given, ast.Name) and (made := facts.source.assigned(given.id)) is not None:
        says += f" `{given.id}` is made on line {made.lineno}, and something goes through it before."
        text = facts.source.named(made.value)
        return noted("clips-nothing", says, made.lineno, replaced(facts.source, made.value, f"list({text})"))
    return noted("clips-nothing", says, at)


def _scaler_of(step: ast.stmt) -> str | None:
    """Return the code of the scaler in `scaler.step(opt)`."""
    for node in ast.walk(step):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "step":
            return ast.unparse(node.func.value)
    return None
