"""An optimizer that steps without a gradient: before any `backward()`, or after the gradients were zeroed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch

from tui_torch.probe.coach.fixes import (
    Fix,
    called_where_named,
    inserted_before,
    moved_after,
    noted,
    statement_at,
    statement_of,
)
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.tensor_stamp import stamp
from tui_torch.probe.coach.wording import not_called, times
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import Note

_MOST = 50
"""Maximum number of leaves that are followed from a `backward()` to a step."""


class StepWithoutGradient(CoachRule):
    """Finds optimizers that step before a `backward()`, or after `zero_grad()`."""

    def __init__(self) -> None:
        self._filled: set[int] = set()
        """The ids of leaves that a `backward()` filled and no `step()` has used."""
        self._zeroed: dict[int, bool] = {}
        """By the id of the record of an optimizer that stepped when gradients that were just filled are gone: whether
        they are 0, rather than None."""
        self._used: set[int] = set()
        """The ids of the records of optimizers that stepped with a gradient other than 0."""
        self._moved: set[int] = set()
        """The ids of the parameters that these hold."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        unknown = [leaf for leaf in snapshot.graph.leaves if id(leaf) not in self._moved]
        self._filled |= {id(leaf) for leaf in unknown[:_MOST] if _has_gradient(leaf)}

    def before_step(self, step: Step) -> None:
        number = id(step.record)
        if number not in self._used:
            parameters = [one for group in step.optimizer.param_groups for one in group["params"]]
            if any(map(_has_gradient, parameters)):
                self._used.add(number)
                self._moved |= step.record.held
            elif step.record.held & self._filled:
                self._zeroed[number] = any(one.grad is not None for one in parameters)
        self._filled -= step.record.held

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer in facts.optimizers:
            if optimizer.by_closure or optimizer.line is None or not optimizer.looks:
                continue
            never_had_gradient = optimizer.steps_with_gradient == 0
            # Not at each step that is looked at: the look may begin between a `backward()` and its step.
            if id(optimizer) in self._zeroed and id(optimizer) not in self._used:
                yield _zeroed(optimizer, self._zeroed[id(optimizer)], facts)
            elif facts.backwards == 0 and never_had_gradient and not optimizer.is_patched:
                yield _without_backward(optimizer, facts)
            elif (
                optimizer.backwards_before == 0 and facts.backwards and optimizer.steps_with_gradient < optimizer.looks
            ):
                record = facts.sites[0] if facts.sites else None
                if (
                    record is not None
                    and optimizer.steps > 1
                    and facts.source.share_a_loop(optimizer.line, record.line)
                ):
                    yield noted(
                        "step-before-backward",
                        f"`{optimizer.name}.step()` comes before `{record.site.call}`: the first of "
                        f"{times(optimizer.steps, 'step')} had no gradient, and each later one uses that of the pass "
                        f"before, computed at other weights.",
                        optimizer.line,
                        _step_after(optimizer.line, record.line, facts.source),
                    )


def _has_gradient(leaf: torch.Tensor) -> bool:
    """Return whether a leaf has a gradient that is not 0."""
    return leaf.grad is not None and not leaf.is_meta and not stamp(leaf.grad).is_zero


def _zeroed(optimizer: OptimizerRecord, as_zeros: bool, facts: Facts) -> Note:
    source, line = facts.source, optimizer.line or 1
    zeroing = [
        call
        for call in source.calls("zero_grad")
        if call.lineno <= line and source.function_around(call.lineno) is source.function_around(line)
    ]
    step, zero = statement_at(source, line, "step"), statement_of(source, zeroing[-1]) if zeroing else None
    when = "at its only step" if optimizer.steps == 1 else f"at each of {times(optimizer.steps, 'step')}"
    whose = "that of its one parameter" if optimizer.size == 1 else f"those of its {optimizer.size:,} parameters"
    return noted(
        "zeroed-before-step",
        f"The gradients are gone before `{optimizer.name}.step()` can use them: {when}, {whose} "
        f"{'is' if optimizer.size == 1 else 'are'} {'0' if as_zeros else 'None'}, although `backward()` filled "
        f"{'it' if optimizer.size == 1 else 'them'}.",
        optimizer.line,
        moved_after(source, zero, step) if step is not None and zero is not None else None,
    )


def _without_backward(optimizer: OptimizerRecord, facts: Facts) -> Note:
    loss = _loss_before(facts.source, optimizer.line or 1)
    many = "it" if optimizer.steps == 1 else f"each of {optimizer.steps:,}"
    step = statement_at(facts.source, optimizer.line or 1, "step")
    says = (
        f"`{optimizer.name}.step()` runs before any `backward()`: its {times(optimizer.size, 'parameter')} had no "
        f"gradient, so {many} moved nothing."
    )
    bare = next(facts.source.uncalled("backward"), None)
    if bare is not None:
        fix = called_where_named(facts.source, bare)
        return noted("step-before-backward", f"{says} {not_called(bare)}", bare.lineno, fix)
    return noted(
        "step-before-backward",
        says,
        optimizer.line,
        inserted_before(facts.source, step, f"{loss}.backward()") if loss and step is not None else None,
    )


def _step_after(step_line: int, backward_line: int, source: Source) -> Fix | None:
    step, backward = statement_at(source, step_line, "step"), statement_at(source, backward_line, "backward")
    return moved_after(source, step, backward) if step is not None and backward is not None else None


def _loss_before(source: Source, line: int) -> str | None:
    """Return the name of the loss that is computed last before a line; None if none looks like one."""
    last: str | None = None
    for node in source.nodes:
        if isinstance(node, ast.Assign) and node.lineno <= line and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            of_a_loss = isinstance(node.value, ast.Call) and "loss" in called(node.value).lower()
            if "loss" in name.lower() or of_a_loss:
                last = name
    return last
