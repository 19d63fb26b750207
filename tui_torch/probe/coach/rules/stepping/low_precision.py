"""Weights in bfloat16 or float16 whose updates are smaller than the gap to the next number that they can be."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from tui_torch.probe.coach.fixes import Fix, noted, removed, replaced, statement_of
from tui_torch.probe.coach.rule import CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.tensor_stamp import MOST
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

ENOUGH = 20
"""The number of steps from which on lost updates matter."""
LOOKS = 8
"""The number of steps at each of which most updates have to be lost."""
LOST = 0.6
"""The part of the weights with a gradient that stand still at a step where most updates are lost."""
_PARAMETERS = 20
"""Maximum number of parameters that are looked at."""
_DTYPES = (torch.bfloat16, torch.float16)
_CASTS = ("to", "bfloat16", "half", "type")


@dataclass(slots=True)
class _Rounded:
    """What stood still at the steps that were looked at."""

    dtype: torch.dtype
    shares: list[float] = field(default_factory=list[float])
    elements: int = 0


class LowPrecision(CoachRule):
    """Compares weights before and after a step, where they have few digits."""

    def __init__(self) -> None:
        self._before: dict[OptimizerRecord, list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]] = {}
        """The parameters, what they were, and where their gradients are not 0."""
        self._counted: dict[OptimizerRecord, _Rounded] = {}

    def before_step(self, step: Step) -> None:
        parameters = [one for group in step.optimizer.param_groups for one in group["params"]]
        low = [one for one in parameters if one.dtype in _DTYPES and one.grad is not None and one.numel() <= MOST]
        if not low or len(low) < len([one for one in parameters if one.grad is not None]):
            return
        self._before[step.record] = [
            (one, one.detach().clone(), one.grad.detach() != 0)
            for one in low[:_PARAMETERS]
            if one.grad is not None and one.grad.layout is torch.strided
        ]

    def after_step(self, step: Step, backwards: int) -> None:
        kept = self._before.pop(step.record, [])
        wanted = sum(int(mask.sum()) for _, _, mask in kept)
        if not wanted:
            return
        lost = sum(int(((one.detach() == before) & mask).sum()) for one, before, mask in kept)
        counted = self._counted.setdefault(step.record, _Rounded(kept[0][0].dtype))
        counted.shares.append(lost / wanted)
        counted.elements = wanted

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer, counted in self._counted.items():
            rate = optimizer.rate or 0.0
            if optimizer.steps < ENOUGH or len(counted.shares) < LOOKS or min(counted.shares) < LOST or rate <= 0:
                continue
            name = str(counted.dtype)
            digits = "3" if counted.dtype is torch.float16 else "2"
            says = (
                f"The weights are `{name}`, and most updates of `{optimizer.name}` are lost to rounding: of "
                f"{times(counted.elements, 'weight')} with a gradient, {statistics.median(counted.shares):.0%} are the "
                f"same after a step as before. A `{name}` has {digits} to {int(digits) + 1} digits; an update that is "
                f"smaller than half of the last one changes nothing. Keep the weights in `torch.float32`, and let "
                f"`torch.autocast` compute in `{name}`."
            )
            cast = _cast(counted.dtype, facts.source)
            line = optimizer.line if cast is None else cast.lineno
            fix = _without(cast, facts.source) if cast is not None and "autocast" in facts.source.text else None
            yield noted("updates-rounded-away", says, line, fix)
            return


def _cast(dtype: torch.dtype, source: Source) -> ast.Call | None:
    """Return the only call outside of loops that may cast a model; None if there is none, or there are several."""
    short = str(dtype).removeprefix("torch.")
    names = ("bfloat16",) if dtype is torch.bfloat16 else ("half",)
    found = [
        call
        for call in source.calls(*_CASTS)
        if isinstance(call.func, ast.Attribute)
        and not source.loops_around(call.lineno)
        and (call.func.attr in names or any(ast.unparse(one).endswith(f".{short}") for one in call.args))
    ]
    return found[0] if len(found) == 1 and len(found[0].args) <= 1 and not found[0].keywords else None


def _without(cast: ast.Call, source: Source) -> Fix | None:
    assert isinstance(cast.func, ast.Attribute)
    statement, inner = statement_of(source, cast), cast.func.value
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is cast and ast.unparse(inner) == name:
            return removed(source, statement)
        case ast.Expr(value=value) if value is cast:
            return removed(source, statement)
        case _:
            return replaced(source, cast, source.named(inner))
