"""An optimizer that steps without a gradient: before any `backward()`, or after the gradients were zeroed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tui_torch.probe.coach.fixes import Fix, inserted_before, moved_after, noted, statement_at, statement_of
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import Note


class StepWithoutGradient(CoachRule):
    """Finds optimizers that step before a `backward()`, or after `zero_grad()`."""

    def __init__(self) -> None:
        self._filled: set[int] = set()
        """The ids of leaves that a `backward()` filled and no `step()` has used."""
        self._zeroed: dict[int, int] = {}
        """By the id of an optimizer's record: the number of steps at which gradients just filled are gone."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        self._filled |= {id(leaf) for leaf in snapshot.graph.leaves if leaf.grad is not None}

    def before_step(self, step: Step) -> None:
        if not step.has_gradient and step.record.held & self._filled:
            self._zeroed[id(step.record)] = self._zeroed.get(id(step.record), 0) + 1
        self._filled -= step.record.held

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer in facts.optimizers:
            if optimizer.by_closure or optimizer.line is None or not optimizer.looks:
                continue
            never_had_gradient = optimizer.steps_with_gradient == 0
            if never_had_gradient and self._zeroed.get(id(optimizer)) == optimizer.looks:
                yield _zeroed(optimizer, facts)
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


def _zeroed(optimizer: OptimizerRecord, facts: Facts) -> Note:
    source, line = facts.source, optimizer.line or 1
    zeroing = [
        call
        for call in source.calls("zero_grad")
        if call.lineno <= line and source.function_around(call.lineno) is source.function_around(line)
    ]
    step, zero = statement_at(source, line, "step"), statement_of(source, zeroing[-1]) if zeroing else None
    when = "at its only step none" if optimizer.steps == 1 else f"at none of {times(optimizer.steps, 'step')} any"
    return noted(
        "zeroed-before-step",
        f"The gradients are gone before `{optimizer.name}.step()` can use them: {when} of its "
        f"{times(optimizer.size, 'parameter')} had one, although `backward()` filled them.",
        optimizer.line,
        moved_after(source, zero, step) if step is not None and zero is not None else None,
    )


def _without_backward(optimizer: OptimizerRecord, facts: Facts) -> Note:
    loss = _loss_before(facts.source, optimizer.line or 1)
    many = "it" if optimizer.steps == 1 else f"each of {optimizer.steps:,}"
    step = statement_at(facts.source, optimizer.line or 1, "step")
    return noted(
        "step-before-backward",
        f"`{optimizer.name}.step()` runs before any `backward()`: its {times(optimizer.size, 'parameter')} had no "
        f"gradient, so {many} moved nothing.",
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
