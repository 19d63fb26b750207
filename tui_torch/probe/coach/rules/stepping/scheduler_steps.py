"""Learning rate schedulers that step too often, never, too early, or for an optimizer that does not step."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tui_torch.probe.coach.fixes import Fix, block_of, inserted_after, moved_after, noted, replaced, statement_at
from tui_torch.probe.coach.learning_rates import as_written
from tui_torch.probe.coach.rule import CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.schedulers import SchedulerRecord
from tui_torch.probe.coach.wording import times
from tui_torch.probe.source.lines import Source
from tui_torch.probe.training.series import StepValue
from tui_torch.probe.training.wrapped_optimizers import is_same_optimizer
from tui_torch.protocol.notes import Note

ENOUGH = 20
"""The number of steps of an optimizer from which on a schedule matters."""
DEAD = 1e-3
"""The part of its greatest value from which on a learning rate moves nothing to speak of."""
_FEW = 40
"""Maximum number of steps at which schedulers are looked at."""
_DECAYING = ("StepLR", "MultiStepLR", "ExponentialLR", "MultiplicativeLR", "LambdaLR", "ReduceLROnPlateau")
"""Schedulers that count epochs as a rule; those that count batches come back up, or are made for it."""
_BY_BATCH = ("OneCycleLR", "CyclicLR")


class SchedulerSteps(CoachRule):
    """Compares how often schedulers step with how often optimizers do."""

    def __init__(self) -> None:
        self._seen: dict[SchedulerRecord, list[tuple[OptimizerRecord, int, int]]] = {}
        """What stepped, for which time, and how often the scheduler had stepped by then."""
        self._last: dict[SchedulerRecord, tuple[int, int]] = {}
        """How often its optimizer and a scheduler had stepped when they were last looked at."""
        self._own: dict[SchedulerRecord, OptimizerRecord] = {}
        """The optimizers that schedulers belong to, if they have stepped."""
        self._rates: dict[OptimizerRecord, list[float]] = {}
        """The greatest rate of an optimizer's groups, at the steps that are looked at closely."""

    def before_step(self, step: Step) -> None:
        for record in step.schedulers:
            if record.optimizer is not None and is_same_optimizer(record.optimizer(), step.optimizer):
                self._own[record] = step.record
                self._last[record] = (step.record.steps, record.count())
            seen = self._seen.setdefault(record, [])
            if len(seen) < _FEW:
                seen.append((step.record, step.record.steps, record.count()))
        rates = self._rates.setdefault(step.record, [])
        if len(rates) < _FEW:
            rates.append(max(abs(float(group["lr"])) for group in step.optimizer.param_groups))

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer in facts.optimizers:
            yield from self._zero(optimizer, facts)
        for record in facts.schedulers:
            if record.is_driven:
                continue
            optimizer = self._own.get(record)
            count = self._count(record, optimizer)
            if optimizer is None:
                yield from self._of_another(record, count, facts)
            elif count == 0:
                yield from self._never(record, optimizer, facts)
            elif (note := _dies(record, count, optimizer, facts)) is not None:
                yield note
            else:
                yield from self._first(record, optimizer, facts)

    def _count(self, record: SchedulerRecord, optimizer: OptimizerRecord | None) -> int:
        """How often a scheduler stepped; of one that is gone by now, at the pace that it had when last seen."""
        count = record.count()
        if record.of() is not None or optimizer is None or record not in self._last:
            return count
        steps, seen = self._last[record]
        return round(optimizer.steps * seen / max(steps - 1, 1))

    def _zero(self, optimizer: OptimizerRecord, facts: Facts) -> Iterator[Note]:
        """A rate that is 0 at every step; schedules may begin with a single 0."""
        rates = self._rates.get(optimizer, [])
        points = _rates(facts) if len(facts.optimizers) == 1 else []
        if optimizer.steps < ENOUGH or len(rates) < 5 or any(rates) or any(rate for _, rate in points):
            return
        says = (
            f"The learning rate of `{optimizer.name}` is 0 at each of {times(optimizer.steps, 'step')}: nothing moves."
        )
        line, made = optimizer.line, facts.source.assigned(optimizer.name)
        record = next((one for one, own in self._own.items() if own is optimizer), None)
        if record is not None and record.line is not None and record.base:
            line = record.line
            says += f" That is what `{record.name(facts.source)}` makes of {as_written(record.base)}."
        elif made is not None:
            line = made.lineno
        division, fix = _whole_division(line, facts.source), None
        if division is not None:
            says += f" `{facts.source.named(division)}` divides whole numbers, and drops what is left over."
            left, right = facts.source.named(division.left), facts.source.named(division.right)
            fix = replaced(facts.source, division, f"{left} / {right}")
        yield noted("rate-is-zero", says, line, fix)

    def _of_another(self, record: SchedulerRecord, count: int, facts: Facts) -> Iterator[Note]:
        """A scheduler steps in the loop of an optimizer that is not its own, which never steps."""
        seen = self._seen.get(record, [])
        counts = sorted({steps for _, _, steps in seen})
        if len(facts.optimizers) != 1 or count < 3 or len(counts) < 2:
            return
        optimizer, name = facts.optimizers[0], record.name(facts.source)
        made = facts.source.assigned(optimizer.name)
        here = statement_at(facts.source, record.line or 0)
        says = (
            f"`{name}` steps {times(count, 'time')}, but for an optimizer that never steps: it belongs to another one "
            f"than `{optimizer.name}`, whose {times(optimizer.steps, 'step')} it leaves alone."
        )
        fix = None
        if made is not None and here is not None and made.lineno > here.lineno:
            says += f" `{optimizer.name}` is made on line {made.lineno}: make `{name}` below it."
            if any(one is here for one in block_of(facts.source, made)):
                fix = moved_after(facts.source, here, made)
        elif isinstance(here, ast.Assign) and isinstance(here.value, ast.Call) and here.value.args:
            fix = replaced(facts.source, here.value.args[0], optimizer.name)
        yield noted("schedules-another", says, record.line, fix)

    def _never(self, record: SchedulerRecord, optimizer: OptimizerRecord, facts: Facts) -> Iterator[Note]:
        source, name = facts.source, record.name(facts.source)
        if optimizer.steps < ENOUGH or not record.is_counted or record.line is None:
            return
        known = {one.name for one in facts.optimizers}
        # Another `step()` may be this one's, by another name or later than the run got.
        for call in source.calls("step"):
            of_scaler = any(source.named(argument) in known for argument in call.args)
            if isinstance(call.func, ast.Attribute) and source.named(call.func.value) not in known and not of_scaler:
                return
        rate = self._rates[optimizer][-1]
        at = f" at {as_written(rate)}" if rate > 0 else ""
        says = (
            f"`{name}` is made and `{name}.step()` never called: the learning rate stayed{at} for all "
            f"{times(optimizer.steps, 'step')}."
        )
        yield noted("scheduler-never-steps", says, record.line, _step_added(record, name, optimizer, facts))

    def _first(self, record: SchedulerRecord, optimizer: OptimizerRecord, facts: Facts) -> Iterator[Note]:
        seen = [(number, count) for other, number, count in self._seen.get(record, []) if other is optimizer]
        if len(seen) < 2 or seen[0] != (1, 1) or optimizer.by_closure or optimizer.line is None:
            return
        name = record.name(facts.source)
        for call in _steps_of(name, facts.source):
            block_and_later = _later_in_the_loop(call.lineno, optimizer.line, facts.source)
            if block_and_later is None:
                continue
            statement, later = block_and_later
            rate = self._rates[optimizer][0]
            says = (
                f"`{name}.step()` comes before `{optimizer.name}.step()`: the first of "
                f"{times(optimizer.steps, 'step')} already has the schedule's second rate, "
                f"{as_written(rate) if rate else '0'}, and its first is never used."
            )
            yield noted("scheduler-first", says, call.lineno, moved_after(facts.source, statement, later))
            return


def _whole_division(line: int | None, source: Source) -> ast.BinOp | None:
    """Return the `//` of a line."""
    for node in source.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv) and node.lineno == line:
            return node
    return None


def _steps_of(name: str, source: Source) -> list[ast.Call]:
    """Return the calls of `step()` of a scheduler, also by a name that only a function has for it."""
    calls = [call for call in source.calls("step") if isinstance(call.func, ast.Attribute)]
    own = [call for call in calls if source.named(call.func).removesuffix(".step") == name]
    return own or [call for call in calls if "sched" in source.named(call.func).lower()]


def _step_added(record: SchedulerRecord, name: str, optimizer: OptimizerRecord, facts: Facts) -> Fix | None:
    source, line = facts.source, optimizer.line
    step = statement_at(source, line, "step") if line is not None else None
    if step is None or line is None:
        return None
    argument = ""
    if record.kind == "ReduceLROnPlateau":
        if not facts.sites or not facts.sites[0].site.expression.isidentifier():
            return None
        argument = facts.sites[0].site.expression
    loops = source.loops_around(line)
    if record.kind in _BY_BATCH or len(loops) < 2:
        # A function of its own may be one epoch, and is called in a loop that is not seen from here.
        if record.kind not in _BY_BATCH and source.function_around(line) is not None:
            return None
        return inserted_after(source, step, f"{name}.step({argument})")
    return inserted_after(source, loops[-1], f"{name}.step({argument})")


def _dies(record: SchedulerRecord, count: int, optimizer: OptimizerRecord, facts: Facts) -> Note | None:
    """Return a note on a schedule that is meant for epochs, goes on with each batch, and is over far too early."""
    source, name = facts.source, record.name(facts.source)
    starts = facts.curves.epoch_starts
    calls = _steps_of(name, source)
    if optimizer.steps < ENOUGH or count < 0.9 * optimizer.steps or len(facts.optimizers) != 1 or not calls:
        return None
    made = source.loops_around(record.line or 0)
    # A loop that it is made in is one over trials, not over epochs.
    loops = [loop for loop in source.loops_around(calls[0].lineno) if loop not in made]
    if not loops:
        return None
    batches = max((after - before for before, after in pairwise(starts)), default=0)
    if batches < 2 and len(loops) < 2:
        return None
    points = _rates(facts)
    fix = None
    statement = statement_at(source, calls[0].lineno, "step")
    if statement is not None:
        fix = moved_after(source, statement, loops[-1])
    often = (
        f"`{name}.step()` runs after each of {times(count, 'batch').replace('batchs', 'batches')}, not once an epoch"
    )
    if record.kind == "CosineAnnealingLR":
        period = getattr(record.of(), "T_max", 0)
        if batches < 2 or not len(starts) == period >= 2 or count < 2 * period:
            return None
        says = (
            f"{often}: its `T_max={period}` is the number of epochs, so the rate goes down and up again "
            f"{times(count // (2 * period), 'time')} instead of down once."
        )
        return noted("scheduler-each-batch", says, calls[0].lineno, fix)
    died = _death(points)
    if record.kind not in _DECAYING or died is None or (record.kind == "ReduceLROnPlateau" and batches < 2):
        return None
    first, last = points[0][1], died[1]
    if died[0] > facts.backwards / 2 or facts.backwards - died[0] < 10 or (batches and died[0] > 2 * batches):
        return None
    says = (
        f"{often}: the learning rate fell from {as_written(first)} to {as_written(last)} by step {died[0]} of "
        f"{facts.backwards:,}, and what follows hardly moves."
    )
    if batches:
        says += f" An epoch has {batches:,} batches."
    return noted("scheduler-each-batch", says, calls[0].lineno, fix)


def _rates(facts: Facts) -> Sequence[StepValue]:
    """Return the rates of the only optimizer that stepped."""
    series = list(facts.curves.rates.values())
    return series[0] if len(series) == 1 else []


def _death(points: Sequence[StepValue]) -> StepValue | None:
    """Return the point from which on a rate stays below DEAD of its greatest value."""
    if not points:
        return None
    floor, found = 1.01 * DEAD * max(rate for _, rate in points), None
    for point in points:
        if point[1] > floor or point[1] <= 0:
            found = None
        elif found is None:
            found = point
    return found


def _later_in_the_loop(line: int, step_line: int, source: Source) -> tuple[ast.stmt, ast.stmt] | None:
    """Return a statement that steps a scheduler, and the later one of the same block that steps an optimizer.

    The later one may be a loop, or call a function that steps it.
    """
    statement = statement_at(source, line, "step")
    if statement is None or not source.loops_around(line):
        return None
    lines = {step_line}
    function = source.function_around(step_line)
    if function is not None and function is not source.function_around(line):
        lines |= {call.lineno for call in source.calls(function.name)}
    block = block_of(source, statement)
    at = next((number for number, one in enumerate(block) if one is statement), len(block))
    for later in block[at + 1 :]:
        if any(later.lineno <= one <= (later.end_lineno or later.lineno) for one in lines):
            earlier = [one for one in block[:at] if any(one.lineno <= at_ <= (one.end_lineno or 0) for at_ in lines)]
            return None if earlier else (statement, later)
    return None
