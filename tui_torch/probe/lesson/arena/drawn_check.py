"""Holding an answer to a check with drawn inputs: values, gradients, inputs untouched, dtype and device."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.undisturbed import output_discarded, warnings_ignored
from tui_torch.probe.lesson.arena.comparing import ValueDifference, difference
from tui_torch.probe.lesson.arena.drawn_inputs import (
    DeclarationError,
    Found,
    copy_of,
    failing_inputs,
    is_expanded,
)
from tui_torch.probe.lesson.arena.reference import Reference
from tui_torch.probe.lesson.arena.shown import input_line, side_by_side
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.values.evaluate import ERROR, error_line
from tui_torch.probe.values.short_repr import plain
from tui_torch.protocol.events import CheckResult
from tui_torch.protocol.grading.asked import DrawnCheck
from tui_torch.protocol.grading.results import Counterexample

GRADCHECKS = 10
"""On how many inputs gradients are compared with differences: that takes two calls for each of their elements."""
_WHAT = 60
"""Maximum characters of the code of what is compared."""


@dataclass(frozen=True, slots=True)
class _AnswerFailure:
    """How an answer fails on some inputs."""

    sentence: str
    what: str = ""
    difference: ValueDifference | None = None


@dataclass(frozen=True, slots=True)
class _Code:
    """Python whose last line is an expression."""

    before: Any
    """What runs first, compiled."""
    last: Any
    """The expression, compiled."""
    text: str
    """The expression as it is written."""

    def value(self, names: dict[str, Any]) -> Any:
        exec(self.before, names)
        return eval(self.last, names)


def held_to(
    name: str,
    check: DrawnCheck,
    code: str,
    names: Mapping[str, Any],
    reference: Reference,
    run_code: Callable[[str, str, dict[str, Any]], CheckResult],
    seconds: float,
    *,
    is_smallest_sought: bool = True,
) -> CheckResult:
    """Hold an answer to a check: to its comparison or to its code, on each of the drawn inputs.

    Args:
        name: The check's name.
        check: What is drawn, and compared.
        code: The check's own code; empty if it compares.
        names: What the answer left, and what checks find besides.
        reference: The names of the solution and of what it is compared with.
        run_code: Runs the code of a check.
        seconds: How long it may take.
        is_smallest_sought: Whether smaller inputs are looked for where it fails.
    """
    try:
        known = reference.names
        held = _Held(name, check, code, names, reference, run_code)
        with ExitStack() as quiet:
            quiet.enter_context(output_discarded())
            quiet.enter_context(warnings_ignored())
            quiet.enter_context(torch.inference_mode(False))
            quiet.enter_context(torch.enable_grad())
            found = failing_inputs(
                check.inputs,
                known,
                held.failure,
                examples=check.examples,
                seconds=seconds,
                is_smallest_sought=is_smallest_sought,
            )
            if check.is_device_kept and found.failure is None and found.unfinished is None and found.last is not None:
                failure = held.failure_elsewhere(found.last)
                found.failure = (found.last, failure) if failure is not None else None
    except DeclarationError as error:
        return CheckResult(name, False, cannot_be_made(error))
    return _result(name, found, seconds, _used(check))


def _result(name: str, found: Found[_AnswerFailure], seconds: float, used: Collection[str]) -> CheckResult:
    if found.failure is None:
        if found.unfinished is None:
            return CheckResult(name, True)
        inputs = _lines(found.unfinished, used)
        example = Counterexample(inputs, "")
        return CheckResult(name, False, too_slow(seconds), counterexample=example, was_stopped=True)
    inputs, failure = found.failure
    example = Counterexample(_lines(inputs, used), failure.what)
    if (differs := failure.difference) is not None:
        sides = side_by_side(differs.expected, differs.got, differs.differs)
        example = Counterexample(example.inputs, failure.what, *sides)
    return CheckResult(name, False, failure.sentence, counterexample=example)


def cannot_be_made(error: DeclarationError) -> str:
    """What is said of a check whose lesson asks for what cannot be done."""
    return f"this check cannot be made: {error}"


def too_slow(seconds: float) -> str:
    """What is said of a check that was stopped."""
    return f"it had not come to its end after {seconds:g} s"


def _used(check: DrawnCheck) -> Collection[str]:
    """The inputs that are shown: those that the call names, of which others are sizes and parts; else all."""
    every = {one.name for one in check.inputs}
    nodes = ast.walk(ast.parse(check.call or ""))
    return every & {node.id for node in nodes if isinstance(node, ast.Name)} or every


def _lines(inputs: Mapping[str, Any], used: Collection[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, input_line(value)) for name, value in inputs.items() if name in used)


class _Held:
    """An answer that is held to a check."""

    def __init__(
        self,
        name: str,
        check: DrawnCheck,
        code: str,
        names: Mapping[str, Any],
        reference: Reference,
        run_code: Callable[[str, str, dict[str, Any]], CheckResult],
    ) -> None:
        self._name = name
        self._check = check
        self._code = code
        self._names = {**names, **reference.hidden}
        self._reference = reference
        self._run_code = run_code
        self._gradchecks = 0
        """Number of inputs whose gradients were right since the last that were not."""
        self._call = _compiled(check.call, "<the call>") if check.call is not None else None
        self._equals = _compiled(check.equals, "<the reference>") if check.equals is not None else self._call

    def failure(self, inputs: dict[str, Any]) -> _AnswerFailure | None:
        """How the answer fails on these inputs; None where it is right."""
        if self._call is None:
            own = {**self._names, **copy_of(inputs)}
            result = self._run_code(self._name, self._code, own)
            return None if result.passed else _AnswerFailure(result.message)
        wanted, gradients = self._wanted(inputs)
        own = copy_of(inputs)
        try:
            got = self._value(self._call, {**self._names, **own})
        except Exception as error:
            return _AnswerFailure(_raised(self._call.text, error, self._names))
        return (
            self._different(wanted, got)
            or self._changed(inputs, own)
            or self._wrong_gradients(gradients, inputs)
            or self._not_differentiable(inputs)
        )

    def failure_elsewhere(self, inputs: dict[str, Any]) -> _AnswerFailure | None:
        """How the answer fails where the inputs are on another device: a GPU if there is one.

        Else it is PyTorch's own `meta`, whose tensors have a shape and no values. What needs values says nothing there.
        """
        if self._call is None:
            return None
        device = "cuda" if torch.cuda.is_available() else "meta"
        moved = {name: _moved(value, device) for name, value in inputs.items()}
        what = self._what
        try:
            got = self._value(self._call, {**self._names, **moved})
        except Exception as error:
            said = str(error)
            if "cpu" in said and device in said:
                return _AnswerFailure(
                    f"{what} mixes devices: with inputs on a GPU, it makes a tensor on the processor", what
                )
            return None
        values = got if isinstance(got, tuple | list) else [got]
        for value in values:
            if isinstance(value, torch.Tensor) and value.device.type != device:
                return _AnswerFailure(f"{what} comes on the processor, though its inputs are on another device", what)
        return None

    @property
    def _what(self) -> str:
        assert self._call is not None
        return f"`{plain(self._call.text, _WHAT)}`"

    def _wanted(self, inputs: dict[str, Any]) -> tuple[Any, list[torch.Tensor | None]]:
        """What the reference gives, and its gradients. Raises DeclarationError if it raises."""
        assert self._equals is not None
        own = self._with_gradients(copy_of(inputs))
        try:
            value = self._value(self._equals, {"torch": torch, "np": np, **self._reference.names, **own})
            return value, _gradients(value, [own[name] for name in self._check.gradients])
        except Exception as error:
            shown = ", ".join(f"{name} = {line}" for name, line in _lines(inputs, inputs.keys()))
            raise DeclarationError(f"the reference raised {error_line(error)} with {shown}") from None

    def _value(self, code: _Code, names: dict[str, Any]) -> Any:
        seed(0)
        return code.value(names)

    def _with_gradients(self, inputs: dict[str, Any]) -> dict[str, Any]:
        for name in self._check.gradients:
            _differentiable(name, inputs, "gradients").requires_grad_()
        return inputs

    def _different(self, wanted: Any, got: Any) -> _AnswerFailure | None:
        found = difference(wanted, got, within=self._check.within, dtype=self._check.is_dtype_kept)
        if found is None:
            return None
        what = f"{self._what}{found.path}"
        return _AnswerFailure(f"{what} {found.sentence}", what, found)

    def _changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> _AnswerFailure | None:
        for name, value in before.items():
            if name in self._check.may_change or not isinstance(value, torch.Tensor):
                continue
            found = difference(value, after[name].detach(), within=0.0)
            if found is not None:
                sentence = f"`{name}` is not what it was before the call: an answer leaves its inputs as they are"
                return _AnswerFailure(sentence, f"`{name}` after the call", found)
        return None

    def _wrong_gradients(
        self, wanted: Sequence[torch.Tensor | None], inputs: Mapping[str, Any]
    ) -> _AnswerFailure | None:
        if not self._check.gradients or self._call is None:
            return None
        own = self._with_gradients(copy_of(inputs))
        try:
            got = self._value(self._call, {**self._names, **own})
            found = _gradients(got, [own[name] for name in self._check.gradients])
        except Exception as error:
            return _AnswerFailure(f"`backward()` through {self._what} raised {error_line(error)}")
        for name, expected, gradient in zip(self._check.gradients, wanted, found, strict=True):
            if expected is None:
                continue
            what = f"the gradient of `{name}`"
            if gradient is None:
                return _AnswerFailure(f"no gradient goes back from {self._what} to `{name}`", what)
            differs = difference(expected, gradient, within=self._check.within, dtype=False)
            if differs is not None:
                return _AnswerFailure(f"{what} through {self._what} {differs.sentence}", what, differs)
        return None

    def _not_differentiable(self, inputs: dict[str, Any]) -> _AnswerFailure | None:
        if not self._check.gradcheck or self._call is None or self._gradchecks >= GRADCHECKS:
            return None
        self._gradchecks += 1
        own = {name: _moved(value, torch.float64) for name, value in copy_of(inputs).items()}
        asked = [_apart_in_memory(_differentiable(name, own, "gradcheck")) for name in self._check.gradcheck]
        for value in asked:
            value.requires_grad_()
        call = self._call

        def called(*values: torch.Tensor) -> Any:
            given = dict(zip(self._check.gradcheck, values, strict=True))
            return self._value(call, {**self._names, **own, **given})

        try:
            torch.autograd.gradcheck(called, asked)
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            names = " and ".join(f"`{name}`" for name in self._check.gradcheck)
            first = plain(lines[0], ERROR) if lines else type(error).__name__
            self._gradchecks = 0  # smaller inputs are looked for, all of which are to be compared
            return _AnswerFailure(f"the gradient of {names} is not the slope of {self._what}: {first}")
        return None


def _compiled(code: str, filename: str) -> _Code:
    """Compile code whose last statement is an expression. Raises DeclarationError where it is none."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body else None
    if not isinstance(last, ast.Expr):
        raise DeclarationError(f"{filename} ends without an expression")
    before = compile(tree, filename, "exec", dont_inherit=True)
    return _Code(before, compile(ast.Expression(last.value), filename, "eval", dont_inherit=True), ast.unparse(last))


def _raised(call: str, error: Exception, names: Mapping[str, Any]) -> str:
    what = f"`{plain(call, _WHAT)}`"
    if isinstance(error, NameError) and error.name and error.name in call and error.name not in names:
        return f"your code has not made `{error.name}`"
    return f"{what} raised {error_line(error)}"


def _gradients(value: Any, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
    """The gradients of a sum of the value's elements, each with a weight of its own, so that none cancels another."""
    if not inputs:
        return []
    tensors = [one for one in (value if isinstance(value, tuple | list) else [value]) if isinstance(one, torch.Tensor)]
    parts = [_weighted(one) for one in tensors if one.requires_grad]
    if not parts:
        return [None] * len(inputs)
    return list(torch.autograd.grad(sum(parts[1:], parts[0]), inputs, allow_unused=True))


def _weighted(value: torch.Tensor) -> torch.Tensor:
    weights = torch.cos(torch.arange(value.numel(), device=value.device, dtype=torch.float64) + 1)
    return (value.double() * weights.reshape(value.shape)).sum()


def _differentiable(name: str, inputs: Mapping[str, Any], key: str) -> torch.Tensor:
    value = inputs.get(name)
    if not (isinstance(value, torch.Tensor) and value.is_floating_point()):
        raise DeclarationError(f"`{name}` has no gradient, expected a tensor of floats among `{key}`")
    return value


def _apart_in_memory(value: torch.Tensor) -> torch.Tensor:
    """The same with each element in a place of its own, so that one can be changed alone."""
    return value.contiguous() if is_expanded(value) else value


def _moved(value: Any, to: str | torch.dtype) -> Any:
    if isinstance(value, torch.Tensor):
        return value if isinstance(to, torch.dtype) and not value.is_floating_point() else value.detach().to(to)
    return value
