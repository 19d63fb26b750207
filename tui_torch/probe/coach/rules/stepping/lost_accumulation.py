"""Gradients of several batches that are meant to add up, and are zeroed before each: only the last one's are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, moved_after, noted, statement_at, statement_of
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, OptimizerRecord, SiteRecord, Step
from tui_torch.probe.coach.tensor_stamp import Stamp, stamp
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

_SAME = 1e-4
"""The part of a gradient's norm by which it may differ from that of the last batch, but for its length."""
_READS = re.compile(r"\.grad\b(?!\s*=\s*None|\.zero_\(|\s+is\b)")
"""Code that does something with gradients between `backward()` and `step()`: it may add them up itself."""


@dataclass(slots=True)
class _Filled:
    """A gradient as the latest `backward()` left it."""

    leaf: ref[torch.Tensor]
    weight: Stamp
    gradient: Stamp


@dataclass(slots=True)
class _Groups:
    """The `backward()` calls of one call site between the steps of one optimizer."""

    optimizer: OptimizerRecord
    sizes: list[int] = field(default_factory=list[int])
    adds_up: bool = False
    """Whether gradients were added up in one of them, or a step used others."""


class LostAccumulation(CoachRule):
    """Follows whether gradients are still there at the next `backward()` before a step."""

    def __init__(self) -> None:
        self._filled: list[_Filled] = []
        self._latest: tuple[SiteRecord | None, int] = None, 0
        """The call site and the number of the latest `backward()`."""
        self._size: int | None = None
        """The number of calls since the last step; None if it is not known."""
        self._adds_up = False
        self._groups: dict[SiteRecord, _Groups] = {}
        self._stepped_at = 0

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        record, number = self._latest
        if snapshot.number == 1:
            self._size = 0
        if record is None or self._size is None or self._size == 0:
            return
        if record is not snapshot.record or number != snapshot.number - 1:
            self._size = None
            return
        self._adds_up |= not self._filled or not all(map(_is_zeroed, self._filled))

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        self._latest = snapshot.record, snapshot.number
        self._size = None if self._size is None else self._size + 1
        self._filled = [
            _Filled(ref(leaf), stamp(leaf), stamp(leaf.grad))
            for leaf in snapshot.tracked
            if leaf.grad is not None and leaf.grad.layout is torch.strided
        ]

    def before_step(self, step: Step) -> None:
        record, number = self._latest
        if number != step.backwards or record is None:
            self._size, self._adds_up = None, False
            return
        if self._size and not step.record.by_closure:
            groups = self._groups.setdefault(record, _Groups(step.record))
            if groups.optimizer is step.record:
                groups.sizes.append(self._size)
                groups.adds_up |= self._adds_up or not _uses_the_last(self._filled, step.record.held)
        self._size, self._adds_up = 0, False

    def notes(self, facts: Facts) -> Iterator[Note]:
        for record, groups in self._groups.items():
            sizes, optimizer = groups.sizes, groups.optimizer
            if groups.adds_up or len(set(sizes)) != 1 or sizes[0] < 2 or _READS.search(facts.source.text):
                continue
            going_on = 0 if self._latest[0] is not record or self._adds_up else self._size or 0
            # A loop may skip the step once, for a reason.
            if len(sizes) < 2 and not (sizes[0] >= 4 and 2 <= going_on <= sizes[0]):
                continue
            place, fix = _zeroing(optimizer, record, facts.source)
            if place is None:
                continue
            each = "the first" if sizes[0] == 2 else f"the first {sizes[0] - 1}"
            says = (
                f"`{optimizer.name}.step()` comes after every {sizes[0]} `backward()` calls, and the gradients are "
                f"zeroed in between: those of {each} are lost, and a step uses the last one's alone. Zero them once "
                f"after each step, so that {times(sizes[0], 'gradient')} add up."
            )
            yield noted("lost-accumulation", says, place, fix)
            return


def _is_zeroed(filled: _Filled) -> bool:
    """Return whether a gradient that was not 0 is gone, and its weight is where it was."""
    leaf = filled.leaf()
    if leaf is None or filled.gradient.is_zero or not stamp(leaf).same_numbers(filled.weight):
        return False
    return leaf.grad is None or stamp(leaf.grad).is_zero


def _uses_the_last(filled: list[_Filled], held: frozenset[int]) -> bool:
    """Return whether a step has the gradients that the latest `backward()` left, but for their length."""
    found = False
    for one in filled:
        leaf = one.leaf()
        if leaf is None or id(leaf) not in held:
            continue
        if leaf.grad is None or one.gradient.is_zero:
            return False
        now = stamp(leaf.grad)
        # What was clipped has the same direction.
        if abs(now.total * one.gradient.norm - one.gradient.total * now.norm) > _SAME * now.norm * one.gradient.norm:
            return False
        found = True
    return found


def _zeroing(optimizer: OptimizerRecord, record: SiteRecord, source: Source) -> tuple[int | None, Fix | None]:
    """Return the line that zeroes in each pass, and the code with it after the step."""
    function = source.function_around(record.line)
    every = list(source.calls("zero_grad"))
    inside = [call for call in every if source.function_around(call.lineno) is function]
    calls = [call for call in inside if source.share_a_loop(record.line, call.lineno)] or inside or every
    if len(calls) != 1 or optimizer.line is None:
        return (record.line if calls else None), None
    statement, step = statement_of(source, calls[0]), statement_at(source, optimizer.line, "step")
    is_near = source.function_around(optimizer.line) is function and calls[0] in inside
    if statement is None or step is None or not is_near:
        return calls[0].lineno, None
    return calls[0].lineno, moved_after(source, statement, step)
