"""An optimizer that steps without a gradient: before any `backward()`, or after the gradients were zeroed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tui_torch.probe.coach.rule import Facts, Look, Rule, Step, Stepper
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.events import Note


class Stepping(Rule):
    def __init__(self) -> None:
        self._filled: set[int] = set()
        """Ids of leaves that a backward() filled and no step() has used."""
        self._zeroed: dict[int, int] = {}
        """At how many looks an optimizer found the gradients that had just been filled empty."""

    def looked(self, look: Look) -> None:
        self._filled |= {id(leaf) for leaf in look.graph.leaves if leaf.grad is not None}

    def step(self, step: Step) -> None:
        if not step.is_fed and step.stepper.held & self._filled:
            self._zeroed[id(step.stepper)] = self._zeroed.get(id(step.stepper), 0) + 1
        self._filled -= step.stepper.held

    def notes(self, facts: Facts) -> Iterator[Note]:
        for stepper in facts.steppers:
            if stepper.by_closure or stepper.line is None or not stepper.looks:
                continue
            never_fed = stepper.fed == 0
            if never_fed and self._zeroed.get(id(stepper)) == stepper.looks:
                yield _zeroed(stepper, facts)
            elif facts.backwards == 0 and never_fed and not stepper.is_patched:
                yield _without_backward(stepper, facts)
            elif stepper.backwards_before == 0 and facts.backwards and stepper.fed < stepper.looks:
                site = facts.sites[0] if facts.sites else None
                if site is not None and stepper.steps > 1 and facts.source.share_a_loop(stepper.line, site.line):
                    yield Note(
                        "step-before-backward",
                        f"`{stepper.name}.step()` comes before `{site.expression}.backward()`: the first of "
                        f"{times(stepper.steps, 'step')} had no gradient, and each later one uses that of the pass "
                        f"before, computed at other weights.",
                        stepper.line,
                        f"{facts.source.line(site.line)}\n{facts.source.line(stepper.line)}",
                    )


def _zeroed(stepper: Stepper, facts: Facts) -> Note:
    source, line = facts.source, stepper.line or 1
    zeroing = next(
        (call for call in source.calls("zero_grad") if call.lineno <= line and source.function_around(call.lineno)
         is source.function_around(line)),
        None,
    )  # fmt: skip
    zero = source.named(zeroing) if zeroing is not None else f"{stepper.name}.zero_grad()"
    return Note(
        "zeroed-before-step",
        f"The gradients are gone before `{stepper.name}.step()` can use them: at none of "
        f"{times(stepper.steps, 'step')} did any of its {times(stepper.size, 'parameter')} have one, although "
        f"`backward()` filled them.",
        stepper.line,
        f"{source.line(line)}\n{zero}",
    )


def _without_backward(stepper: Stepper, facts: Facts) -> Note:
    loss = _loss_before(facts.source, stepper.line or 1)
    many = "it" if stepper.steps == 1 else f"each of {stepper.steps:,}"
    return Note(
        "step-before-backward",
        f"`{stepper.name}.step()` runs before any `backward()`: its {times(stepper.size, 'parameter')} had no "
        f"gradient, so {many} moved nothing.",
        stepper.line,
        f"{loss}.backward()\n{facts.source.line(stepper.line or 1)}" if loss else None,
    )


def _loss_before(source: Source, line: int) -> str | None:
    """The name of the loss that was computed last before a line."""
    last: str | None = None
    for node in source.nodes:
        if isinstance(node, ast.Assign) and node.lineno <= line and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            of_a_loss = isinstance(node.value, ast.Call) and "loss" in called(node.value).lower()
            if "loss" in name.lower() or of_a_loss:
                last = name
    return last
