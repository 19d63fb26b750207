"""Errors of optimizers: the parameters and the options that they are made with."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule


@rule(r"optimizer got an empty parameter list", ValueError)
def nothing_to_optimize(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an optimizer that was given no parameters."""
    return RuleResult(
        "The model has no parameters to train. Layers count when they are assigned to `self` in `__init__` (a plain "
        "list hides them: use `nn.ModuleList`), and a generator such as `parameters()` is empty after its first use."
    )


@rule(r"params argument given to the optimizer should be an iterable of Tensors or dicts", TypeError)
def one_tensor_to_optimize(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.optim.SGD(w)` with one tensor in the place of a list."""
    call = case.call()
    held = call.args[0] if call is not None and call.args else None
    if held is None:
        return None
    return RuleResult(
        f"An optimizer takes a list of tensors, and {case.quoted(held)} is one tensor: write `[{ast.unparse(held)}]`.",
        of_autograd=True,
    )


@rule(r"'(method|\w+)' object is not iterable", TypeError)
def parameters_not_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.optim.SGD(model)` and `torch.optim.SGD(model.parameters)`."""
    call = case.call()
    made = case.find(call.func) if call is not None else MISSING
    if call is None or not isinstance(made, type) or not issubclass(made, torch.optim.Optimizer) or not call.args:
        return None
    first = call.args[0]
    if found[1] == "method":
        return RuleResult(
            f"`{ast.unparse(first)}` is a method: call it, `{ast.unparse(first)}()`, to get the parameters."
        )
    if case.is_module(first):
        return RuleResult(
            f"An optimizer takes parameters, and {case.quoted(first)} is a module: give it "
            f"`{ast.unparse(first)}.parameters()`."
        )
    return None


@rule(r"Invalid (learning rate|momentum value|weight_decay value|beta parameter at index \d): (\S+)", ValueError)
def invalid_option(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an option that is out of its range, such as a negative learning rate."""
    return RuleResult(
        f"The {found[1]} is {found[2]}, which is out of its range: a learning rate is 0 or more, usually 0.001 to 0.1."
    )


@rule(r"can't optimize a non-leaf Tensor", ValueError)
def optimizes_a_result(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an optimizer that was given the result of a computation."""
    return RuleResult(
        "An optimizer changes leaves: tensors that you made with `requires_grad=True`, or a model's parameters. This "
        "one is the result of a computation (`torch.randn(3, requires_grad=True) * 0.1`, for one): multiply first, "
        "and call `.requires_grad_()` last.",
        parts=[case.statement] if case.statement is not None else None,
        of_autograd=True,
    )
