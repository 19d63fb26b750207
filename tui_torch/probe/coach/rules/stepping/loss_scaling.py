"""A GradScaler whose factor stays in the gradients, or is taken out of gradients that never had it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, inserted_before, noted, replaced, statement_at
from tui_torch.probe.coach.loss_graph import saved
from tui_torch.probe.coach.rule import BackwardSnapshot, Clipping, CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.tensor_stamp import stamp
from tui_torch.probe.coach.wording import number, times
from tui_torch.probe.source.names_in_scope import NamedValues, reachable
from tui_torch.protocol.notes import Note

ENOUGH = 3
"""The number of times after which it is no accident."""
SCALED = 2.0
"""The least factor that is told from rounding."""


@dataclass(slots=True)
class _Counted:
    """What the gradients were at a place, each time that it was looked at."""

    wrong: int = 0
    right: int = 0
    factor: float = 1.0
    norm: float = 0.0
    """The largest norm among the followed gradients, the factor in it."""
    limit: float = 0.0

    @property
    def is_wrong(self) -> bool:
        """Whether it was wrong often, and never right."""
        return self.wrong >= ENOUGH and not self.right


class LossScaling(CoachRule):
    """Compares the gradients at a clipping and at a step with those that `backward()` left of the scaled loss."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[ref[torch.Tensor], float]] = {}
        """The norms of the followed leaves' gradients, as the last `backward()` left them."""
        self._number = 0
        """The number of the last `backward()` that was looked at."""
        self._scale: float | None = None
        self._is_plain = False
        """Whether the last loss was certainly not scaled."""
        self._scaler: str | None = None
        self._clips: dict[int, _Counted] = {}
        self._past: dict[OptimizerRecord, _Counted] = {}
        self._divided: dict[OptimizerRecord, _Counted] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        self._scale, self._number = snapshot.scale, snapshot.number
        self._is_plain = snapshot.scale is None and not any(
            operation.near and operation.kind == "MulBackward0" and _is_factor(saved(operation.of, "other"))
            for operation in snapshot.graph.operations[:8]
        )

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        self._scaler = self._scaler or _scaler_in(snapshot.names)
        if self._scaler is not None:
            self._left = {
                id(leaf): (ref(leaf), stamp(leaf.grad).norm) for leaf in snapshot.tracked if leaf.grad is not None
            }

    def _now(self, held: set[int]) -> tuple[float, float] | None:
        """Return the norm that a followed leaf's gradient had after `backward()`, and the one that it has now."""
        for number_, (of, left) in self._left.items():
            leaf = of()
            if number_ in held and leaf is not None and leaf.grad is not None and left > 0:
                return left, stamp(leaf.grad).norm
        return None

    def clipping(self, clipping: Clipping) -> None:
        if clipping.backwards != self._number or clipping.parameters is None:
            return
        if self._scale is None or self._scale < SCALED:
            return
        found = self._now({id(one) for one in clipping.parameters})
        if found is not None:
            counted = self._clips.setdefault(clipping.line, _Counted(factor=self._scale, limit=clipping.limit))
            _count(counted, _same(*found))
            counted.norm = max(counted.norm, found[1])

    def before_step(self, step: Step) -> None:
        found = self._now(set(step.record.held)) if step.record.last == self._number else None
        if found is None:
            return
        left, now = found
        if not step.is_by_scaler and self._scale is not None and self._scale >= SCALED:
            _count(self._past.setdefault(step.record, _Counted(factor=self._scale)), _same(left, now))
        elif step.is_by_scaler:
            divided = self._is_plain and now > 0 and left / now >= SCALED
            counted = self._divided.setdefault(step.record, _Counted())
            _count(counted, divided)
            counted.factor = left / now if divided else counted.factor

    def notes(self, facts: Facts) -> Iterator[Note]:
        scaler = self._scaler or "scaler"
        for line, counted in self._clips.items():
            if counted.is_wrong:
                yield _clipped(line, counted, scaler, facts)
        for optimizer, counted in self._past.items():
            if counted.is_wrong:
                yield _past(optimizer, counted, scaler, facts)
        for optimizer, counted in self._divided.items():
            if counted.is_wrong:
                yield _divided(optimizer, counted, scaler, facts)


def _count(counted: _Counted, is_wrong: bool) -> None:
    counted.wrong += is_wrong
    counted.right += not is_wrong


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 0.01 * one


def _is_factor(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.numel() == 1 and float(value) >= SCALED


def _scaler_in(names: NamedValues) -> str | None:
    return next((name for name, value in reachable(names) if isinstance(value, torch.amp.GradScaler)), None)


def _clipped(line: int, counted: _Counted, scaler: str, facts: Facts) -> Note:
    says = (
        f"The gradients are clipped while `{scaler}`'s factor is in them: they are {counted.factor:,.0f} times too "
        f"large here, one with the norm {number(counted.norm)}, and the limit is {number(counted.limit)}. Unscale "
        f"them first."
    )
    here, fix = statement_at(facts.source, line), None
    if here is not None and len(facts.optimizers) == 1:
        fix = inserted_before(facts.source, here, f"{scaler}.unscale_({facts.optimizers[0].name})")
    return noted("clipped-while-scaled", says, line, fix)


def _past(optimizer: OptimizerRecord, counted: _Counted, scaler: str, facts: Facts) -> Note:
    says = (
        f"`{optimizer.name}.step()` goes past `{scaler}`: the loss was multiplied by {counted.factor:,.0f}, and so are "
        f"the gradients of {times(optimizer.steps, 'step')}. `{scaler}.step({optimizer.name})` divides them first."
    )
    return noted("steps-past-scaler", says, optimizer.line, _by_scaler(optimizer, scaler, facts))


def _by_scaler(optimizer: OptimizerRecord, scaler: str, facts: Facts) -> Fix | None:
    source, line = facts.source, optimizer.line
    call = next((call for call in source.calls("step") if call.lineno == line and not call.args), None)
    step = statement_at(source, line, "step") if line is not None else None
    if call is None or step is None:
        return None
    text = f"{scaler}.step({optimizer.name})"
    if not any(source.named(update.func) == f"{scaler}.update" for update in source.calls("update")):
        text += f"\n{' ' * step.col_offset}{scaler}.update()"
    return replaced(source, call, text)


def _divided(optimizer: OptimizerRecord, counted: _Counted, scaler: str, facts: Facts) -> Note:
    record = facts.sites[0]
    says = (
        f"`{scaler}.step({optimizer.name})` divides the gradients by {counted.factor:,.0f}, and `backward()` ran on "
        f"a loss that was not multiplied by it: {times(optimizer.steps, 'step')} hardly moved anything. Go backward "
        f"from what `{scaler}.scale(…)` returns."
    )
    call = next((call for call in facts.source.calls("backward") if call.lineno == record.line), None)
    fix = None
    if call is not None and isinstance(call.func, ast.Attribute):
        loss = call.func.value
        fix = replaced(facts.source, loss, f"{scaler}.scale({facts.source.named(loss)})")
    return noted("loss-not-scaled", says, record.line, fix)
