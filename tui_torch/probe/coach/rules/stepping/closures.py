"""Functions that LBFGS calls at each point that it tries, and that compute nothing there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, block_of, inserted_before, noted, statement_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, OptimizerRecord, Step
from tui_torch.probe.coach.wording import times
from tui_torch.probe.isolation.torch_internals import version_of
from tui_torch.probe.source.lines import Source, called
from tui_torch.protocol.notes import LineEdit, Note

ENOUGH = 3
"""The number of steps after which it is no accident."""
_MOST = 50
"""Maximum number of parameters whose gradients are compared."""

_State = tuple[tuple[int, int | None], ...]
"""Which tensors the gradients are, and how often each was changed."""


class Closures(CoachRule):
    """Compares the gradients before and after the steps of an LBFGS: what it calls has to compute them."""

    def __init__(self) -> None:
        self._before: dict[OptimizerRecord, _State] = {}
        self._idle: dict[OptimizerRecord, int] = {}
        """The number of steps in which nothing computed a gradient."""
        self._worked: set[OptimizerRecord] = set()
        self._has_gradients: dict[OptimizerRecord, bool] = {}
        self._open: OptimizerRecord | None = None
        """The optimizer whose step is going on."""
        self._loss: ref[torch.Tensor] | None = None
        """The loss of the latest `backward()`."""
        self._repeated: dict[OptimizerRecord, int] = {}
        """How often `backward()` was called on the same loss again, within a step."""

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._open is not None and self._loss is not None and self._loss() is snapshot.loss:
            self._repeated[self._open] = self._repeated.get(self._open, 0) + 1
        self._loss = ref(snapshot.loss)

    def before_step(self, step: Step) -> None:
        if step.record.kind == "LBFGS" and step.record.by_closure:
            self._before[step.record] = _state(step.optimizer)
            self._open, self._loss = step.record, None

    def after_step(self, step: Step, backwards: int) -> None:
        before, self._open = self._before.pop(step.record, None), None
        if before is None:
            return
        if backwards != step.backwards or _state(step.optimizer) != before:
            self._worked.add(step.record)
        self._idle[step.record] = self._idle.get(step.record, 0) + 1
        self._has_gradients[step.record] = bool(before)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for optimizer, count in self._repeated.items():
            call = None if optimizer.line is None else _step_call(optimizer.line, facts.source)
            if count >= ENOUGH and call is not None:
                says = (
                    f"`{optimizer.name}` calls `{facts.source.named(call.args[0])}` at each point that it tries, for "
                    f"the loss and the gradients there. `backward()` runs on the same loss each time, which was "
                    f"computed before the step. The forward pass belongs into the function, too."
                )
                yield noted("closure-computes-nothing", says, optimizer.line, _with_forward(call, facts.source))
                return
        for optimizer, count in self._idle.items():
            if optimizer in self._worked or optimizer.line is None or count < min(ENOUGH, optimizer.steps):
                continue
            if count < 2 and self._has_gradients[optimizer]:
                continue
            call = _step_call(optimizer.line, facts.source)
            if call is None:
                continue
            function = facts.source.named(call.args[0]) if call.args else "the closure"
            says = (
                f"`{optimizer.name}` calls `{function}` at each point that it tries, to get the loss and the gradients "
                f"there. No `backward()` ran inside of it in {times(count, 'step')}: "
            )
            if self._has_gradients[optimizer]:
                says += "the loss and the gradients are those of before the step, so it cannot tell one point from "
                says += "another. The forward pass and `backward()` belong into the function."
                fix = _closure_around(call, facts.source)
            else:
                says += "there is no gradient to go by, and nothing moves. `backward()` belongs into the function."
                fix = _with_backward(call, facts.source)
            yield noted("closure-computes-nothing", says, optimizer.line, fix)


def _state(optimizer: torch.optim.Optimizer) -> _State:
    parameters = [one for group in optimizer.param_groups for one in group["params"]][:_MOST]
    return tuple((id(one.grad), version_of(one.grad)) for one in parameters if one.grad is not None)


def _step_call(line: int, source: Source) -> ast.Call | None:
    calls = [call for call in source.calls("step") if call.lineno <= line <= (call.end_lineno or 0) and call.args]
    return calls[0] if len(calls) == 1 else None


def _function(call: ast.Call, source: Source) -> ast.FunctionDef | None:
    """Return the function of the learner's that a step is given by its name."""
    given = call.args[0]
    found = [
        node
        for node in source.nodes
        if isinstance(given, ast.Name) and isinstance(node, ast.FunctionDef) and node.name == given.id
    ]
    return found[0] if len(found) == 1 else None


def _with_backward(call: ast.Call, source: Source) -> Fix | None:
    function = _function(call, source)
    if function is None or any(source.calls("backward")):
        return None
    match function.body[-1]:
        case ast.Return(value=ast.Name(id=loss)) as last:
            return inserted_before(source, last, f"{loss}.backward()")
        case _:
            return None


def _with_forward(call: ast.Call, source: Source) -> Fix | None:
    """Return code that computes the loss in the function, where that is the statement just above it."""
    function = _function(call, source)
    if function is None:
        return None
    block = block_of(source, function)
    at = next(number for number, one in enumerate(block) if one is function)
    match block[at - 1] if at else None, function.body[-1]:
        case ast.Assign(targets=[ast.Name(id=name)]) as made, ast.Return(value=ast.Name(id=returned)):
            uses = [statement_at(source, one.lineno, "backward") for one in source.calls("backward")]
            first = next((one for one in function.body if any(one is use for use in uses)), None)
            if name == returned and first is not None:
                return inserted_before(source, first, source.named(made))
        case _:
            pass
    return None


def _closure_around(call: ast.Call, source: Source) -> Fix | None:
    """Return code with all that computes the loss in a function, which the step is given."""
    statement = statement_at(source, call.lineno, "step")
    block = block_of(source, statement) if statement is not None else []
    if statement is None or not (isinstance(statement, ast.Expr) and statement.value is call):
        return None
    at = next(number for number, one in enumerate(block) if one is statement)
    returned = _returned(call, source)
    first = at
    while first > 0 and returned is not None and _belongs(block[first - 1], returned):
        first -= 1
    inside = [one for one in block[first:at] if not isinstance(one, ast.FunctionDef)]
    text = "\n".join(source.named(one) for one in inside)
    if (
        returned is None
        or f"{returned}.backward(" not in text
        or f"{returned} =" not in text
        or "zero_grad" not in text
    ):
        return None
    indent = " " * statement.col_offset
    lines = [
        "def closure():",
        *(f"    {line}" for one in inside for line in source.named(one).splitlines()),
        f"    return {returned}",
        f"{returned} = {source.named(call.func)}(closure)",
    ]
    edit = LineEdit(block[first].lineno, statement.end_lineno or statement.lineno, "\n".join(indent + x for x in lines))
    return Fix("\n".join(lines), (edit,)) if _are_lines_of_their_own([*block[first:at], statement], source) else None


def _returned(call: ast.Call, source: Source) -> str | None:
    """Return the name that the function given to a step returns, as it is."""
    match call.args[0]:
        case ast.Lambda(body=ast.Name(id=name)):
            return name
        case _:
            function = _function(call, source)
    match function.body if function is not None else []:
        case [ast.Return(value=ast.Name(id=name))]:
            return name
        case _:
            return None


def _belongs(node: ast.stmt, loss: str) -> bool:
    """Return whether a statement can be run again: it zeroes, goes backward, or computes something by a name."""
    match node:
        case ast.Expr(value=ast.Call() as inner):
            return called(inner) in ("zero_grad", "backward")
        case ast.Assign(targets=[ast.Name()]):
            return True
        case ast.FunctionDef(body=[ast.Return(value=ast.Name(id=name))]):
            return name == loss
        case _:
            return False


def _are_lines_of_their_own(statements: Sequence[ast.stmt], source: Source) -> bool:
    lines = [source.lines[one.lineno - 1][: one.col_offset].strip() for one in statements]
    single = all(one.lineno == one.end_lineno for one in statements if not isinstance(one, ast.FunctionDef))
    return single and not any(lines) and all(";" not in source.line(one.lineno) for one in statements)
