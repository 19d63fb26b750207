"""Losses whose gradients are computed without a `backward()`: by `torch.autograd.grad()`, and by `torch.func`."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any

import torch
from torch import func

from tui_torch.probe.isolation.patching import Uninstall, leave_out_this_frame, wrap_method
from tui_torch.probe.isolation.torch_internals import is_functorch_tensor, stand_in_for_in_scripts
from tui_torch.probe.isolation.undisturbed import is_inspecting
from tui_torch.probe.source.call_sites import CallSites, FunctionCallSites, call_at, is_pytorchs
from tui_torch.probe.training.validation.naming import statement_of
from tui_torch.probe.values.elements import Base

Taken = Callable[[torch.Tensor, FrameType, CallSites], None]
"""Is called with a loss, the frame that had its gradients computed, and what names it. Exceptions are suppressed."""

GradientsTaken = Callable[[FrameType, tuple[Any, ...], dict[str, Any], Any], None]
"""Is called with the frame that called `torch.autograd.grad()`, what it was given, and what it returned."""

NO_VALUE = "torch.func.grad returns gradients and no loss. grad_and_value returns both, and the loss is drawn here."
MANY_VALUES = (
    "grad_and_value within vmap returns many losses at once. tui_torch.log(loss=losses.mean()) draws their mean."
)

_BACKWARD = re.compile(r"\bbackward\b")

LOOP = 3
"""The number of times that something is done in a loop, at least."""


def mentions_of_backward(code: str) -> int:
    """How often a code says `backward`, also in what it does not run."""
    return len(_BACKWARD.findall(code))


def calls_backward(code: str) -> bool:
    """Whether a code calls a `backward()`, as far as it shows: not in a comment, nor by defining one of its own."""
    if not mentions_of_backward(code):
        return False
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a notebook's commands, perhaps
        return True
    for node in ast.walk(tree):
        match node:
            case (
                ast.Attribute(attr="backward")
                | ast.Name(id="backward")
                | ast.alias(name="backward")
                | ast.Constant(value="backward")
            ):
                return True
            case _:
                pass
    return False


def listen_to_grad(taken: Taken, also: Sequence[GradientsTaken] = ()) -> Uninstall:
    """Listen to every `torch.autograd.grad()` of a scalar that PyTorch does not call itself.

    Those that make a graph of the gradients are left out: a loss is still to be computed of them.

    Args:
        taken: Is called with each loss.
        also: Each is called after every call, also of those left out; it raises nothing. The sequence may grow and
            shrink at any time.
    """

    sites = FunctionCallSites("torch.autograd.grad", "loss", "outputs")

    # A function, since PyTorch's compiler looks at what the one below has from around it.
    def heard(frame: FrameType, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        for listen in tuple(also):
            listen(frame, args, kwargs, result)
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            outputs = args[0] if args else kwargs["outputs"]
            if type(outputs) in (tuple, list) and len(outputs) == 1:
                outputs = outputs[0]
            makes_graph = args[4] if len(args) > 4 else kwargs.get("create_graph", False)
            is_a_loss = isinstance(outputs, torch.Tensor) and not makes_graph and Base.numel(outputs) == 1
            if is_a_loss and not is_pytorchs(frame) and not is_functorch_tensor(outputs):
                taken(outputs, frame, sites)

    def wrapper_of(original: Callable[..., Any]) -> Callable[..., Any]:
        def grad(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling():
                return original(*args, **kwargs)
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                leave_out_this_frame(error)
                raise
            heard(sys._getframe(1), args, kwargs, result)
            return result

        return grad

    return wrap_method(torch.autograd, "grad", wrapper_of, stand_in_for_in_scripts)


def listen_to_transforms(taken: Taken, unseen: Callable[[str], None]) -> Uninstall:
    """Listen to what functions return that `torch.func` has made of others, as far as PyTorch does not call them.

    Args:
        taken: Gets the values of those of `grad_and_value()`.
        unseen: Is called each time that there is no value to draw, with a sentence that says why. It raises nothing.
    """

    sites = ValueCallSites("loss")

    def of_value(original: Callable[..., Any]) -> Callable[..., Any]:
        def grad_and_value(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            if torch.compiler.is_compiling():
                return made
            has_aux = bool(args[2] if len(args) > 2 else kwargs.get("has_aux", False))

            @functools.wraps(made)
            def gradients_and_value(*inputs: Any, **more: Any) -> Any:
                result = made(*inputs, **more)
                if torch.compiler.is_compiling():
                    return result
                with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
                    value = result[1][0] if has_aux else result[1]
                    frame = sys._getframe(1)
                    if is_functorch_tensor(value):
                        unseen(MANY_VALUES)
                    elif not is_pytorchs(frame) and Base.numel(value) == 1:
                        taken(value, frame, sites)
                return result

            return gradients_and_value

        return grad_and_value

    def of_none(original: Callable[..., Any]) -> Callable[..., Any]:
        def grad(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            if torch.compiler.is_compiling():
                return made

            @functools.wraps(made)
            def gradients(*inputs: Any, **more: Any) -> Any:
                result = made(*inputs, **more)
                if not torch.compiler.is_compiling():
                    unseen(NO_VALUE)
                return result

            return gradients

        return grad

    undo = [wrap_method(func, "grad_and_value", of_value), wrap_method(func, "grad", of_none)]

    def uninstall() -> None:
        while undo:
            undo.pop()()

    return uninstall


class UnseenLosses:
    """Losses that code computes gradients of, and that cannot be drawn."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def met(self, why: str) -> None:
        """There was one, which cannot be drawn for a reason, given as a sentence."""
        if not is_inspecting():
            self._counts[why] = self._counts.get(why, 0) + 1

    @property
    def why(self) -> str:
        """Why those of a loop are not drawn; empty without a loop."""
        return next((why for why, count in self._counts.items() if count >= LOOP), "")


class ValueCallSites(CallSites):
    """The call sites of functions that return gradients and a value, named by what the code calls the value."""

    def __init__(self, unnamed: str) -> None:
        super().__init__("grad_and_value", unnamed)
        self._unnamed_call = "grad_and_value(…)"

    def _named(self, code: CodeType, instruction: int, item: int | None) -> tuple[ast.expr, str] | None:
        call = call_at(code, instruction)
        statement = None if call is None else statement_of(code.co_filename, call)
        if call is None or not isinstance(statement, ast.Assign) or ast.unparse(statement.value) != ast.unparse(call):
            return None
        match statement.targets:
            case [ast.Tuple(elts=[_, ast.Tuple(elts=[named, *_])])] | [ast.Tuple(elts=[_, named])]:
                pass
            case [ast.Name() as both]:
                named = ast.Subscript(both, ast.Constant(1), ast.Load())
            case _:
                return None
        return named, ast.unparse(call)
