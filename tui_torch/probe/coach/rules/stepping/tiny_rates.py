"""Schedules that leave next to nothing of the learning rate: a rate where a factor belongs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.learning_rates import as_written
from tui_torch.probe.coach.rule import CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.schedulers import SchedulerRecord
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.probe.training.wrapped_optimizers import is_same_optimizer
from tui_torch.protocol.notes import Note

ENOUGH = 20
"""The number of steps of an optimizer from which on its rate matters."""
SMALL, TINY = 0.02, 2e-3
"""Parts of the optimizer's own rate: what a factor that is a rate itself may leave, and what nobody means to leave."""
OWN = 0.1
"""The greatest rate of an optimizer that is not just there to be multiplied."""


class TinyRates(CoachRule):
    """Compares the greatest rate of a run with the one that the optimizer was given."""

    def __init__(self) -> None:
        self._own: dict[SchedulerRecord, OptimizerRecord] = {}

    def before_step(self, step: Step) -> None:
        for record in step.schedulers:
            if record.optimizer is not None and is_same_optimizer(record.optimizer(), step.optimizer):
                self._own[record] = step.record

    def notes(self, facts: Facts) -> Iterator[Note]:
        series = list(facts.curves.rates.values())
        if len(series) != 1 or len(facts.optimizers) != 1 or len(facts.schedulers) != 1:
            return
        record, optimizer, base = facts.schedulers[0], facts.optimizers[0], facts.schedulers[0].base
        rates = [rate for _, rate in series[0]]
        if record.kind != "LambdaLR" or self._own.get(record) is not optimizer or optimizer.steps < ENOUGH:
            return
        if base is None or not 0 < base <= OWN or not rates or record.count() < 1:
            return
        highest = max(rates)
        factor = highest / base
        is_rising = rates[-1] == highest > rates[0]
        is_the_rate = abs(factor - base) <= 0.05 * base
        source = facts.source
        call = next((one for one in source.calls("LambdaLR")), None)
        place = None if call is None else _factor(call, base, source, facts.names)
        is_small = factor <= SMALL or place is not None
        if not factor > 0 or not ((is_the_rate and is_small) or (factor <= TINY and not is_rising)):
            return
        says = (
            f"The learning rate is never above {as_written(float(number(highest)))}: `LambdaLR` multiplies "
            f"`{optimizer.name}`'s rate, {as_written(base)}, by what the function returns, and that is at most "
            f"{number(factor)}. It wants a factor, 1 for the rate as it is, not a rate."
        )
        if place is not None:
            whole, rest = place
            yield noted("rate-for-a-factor", says, whole.lineno, replaced(source, whole, source.named(rest)))
            return
        yield noted("rate-for-a-factor", says, record.line, _rate_of_one(optimizer, source))


def _factor(call: ast.Call, base: float, source: Source, names: NamedValues) -> tuple[ast.BinOp, ast.expr] | None:
    """Return the product with the rate that a schedule returns, and what is left of it without the rate."""
    returned = _returned(call, source)
    whole = returned[0] if len(returned) == 1 else None
    if not isinstance(whole, ast.BinOp) or not isinstance(whole.op, ast.Mult):
        return None
    for one, other in ((whole.left, whole.right), (whole.right, whole.left)):
        if _value(one, source, names) == base:
            return whole, other
    return None


def _returned(call: ast.Call, source: Source) -> list[ast.expr]:
    """Return what the function of a `LambdaLR` returns."""
    given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "lr_lambda")]
    match given:
        case [ast.Lambda(body=body)]:
            return [body]
        case [ast.Name(id=name)]:
            functions = [one for one in source.nodes if isinstance(one, ast.FunctionDef) and one.name == name]
            inside = [part for one in functions[:1] for part in ast.walk(one)]
            return [part.value for part in inside if isinstance(part, ast.Return) and part.value is not None]
        case _:
            return []


def _value(node: ast.expr, source: Source, names: NamedValues) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            made = source.assigned(name)
            if made is not None and isinstance(made.value, ast.Constant):
                return made.value.value
            return names.get(name)
        case _:
            return None


def _rate_of_one(optimizer: OptimizerRecord, source: Source) -> Fix | None:
    """Return code in which the optimizer's rate is 1, so that what the function returns is the rate."""
    made = source.assigned(optimizer.name)
    if made is None or not isinstance(made.value, ast.Call) or called(made.value) != optimizer.kind:
        return None
    rates = [keyword.value for keyword in made.value.keywords if keyword.arg == "lr"]
    return replaced(source, rates[0], "1.0") if rates else None
