"""Errors of gradients that the learner computes or watches: hooks, `autograd.Function`, `torch.func`, checkpointing."""

from __future__ import annotations

import ast
import re
from types import CodeType, FunctionType

import torch

from tui_torch.probe.articles import an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule

_HOOKS = {
    "register_forward_hook": ("module, args, output", 3),
    "register_forward_pre_hook": ("module, args", 2),
    "register_full_backward_hook": ("module, grad_input, grad_output", 3),
    "register_full_backward_pre_hook": ("module, grad_output", 2),
    "register_hook": ("grad", 1),
    "register_post_accumulate_grad_hook": ("tensor", 1),
}
"""What each kind of hook is called with."""


def _registered_as(case: ErrorCase, name: str) -> str | None:
    """The method by which the code registers a hook of a name; None if it is not one alone."""
    found: set[str] = set()
    for node in ast.walk(case.tree) if case.tree is not None else ():
        if isinstance(node, ast.Call) and called_name(node) in _HOOKS and node.args:
            hook = node.args[0]
            is_it = isinstance(hook, ast.Lambda) if name == "<lambda>" else ast.unparse(hook).rpartition(".")[2] == name
            if is_it:
                found.add(called_name(node))
    return found.pop() if len(found) == 1 else None


@rule(
    r"^(?:[\w.<>]+\.)?(<lambda>|\w+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were)",
    TypeError,
    first=True,
)
@rule(r"^(?:[\w.<>]+\.)?(<lambda>|\w+)\(\) missing (\d+) required positional arguments?: (.*)", TypeError, first=True)
def hook_of_other_arguments(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a hook that does not take what it is called with."""
    if case.is_own:
        return None  # the learner's own call
    kind = _registered_as(case, found[1])
    if kind is None:
        return None
    arguments, count = _HOOKS[kind]
    name = "the lambda" if found[1] == "<lambda>" else f"`{found[1]}`"
    writes = f"`lambda {arguments}: ...`" if found[1] == "<lambda>" else f"`def {found[1]}({arguments}):`"
    return RuleResult(
        f"A hook of `{kind}` is called with {count} argument{'s' if count != 1 else ''} ({arguments}), and {name} "
        f"takes another number. Write {writes}."
    )


@rule(r"'NoneType' object is not callable", TypeError)
def hook_that_was_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `model.register_forward_hook(hook(...))`, which registers what the hook gave."""
    if case.is_own:
        return None
    for node in ast.walk(case.tree) if case.tree is not None else ():
        if (
            isinstance(node, ast.Call)
            and called_name(node) in _HOOKS
            and node.args
            and isinstance(node.args[0], ast.Call)
        ):
            given = node.args[0]
            return RuleResult(
                f"`{called_name(node)}` was given {case.quoted(given)}, which is None: the hook was called in place of "
                f"being named. Give it the function itself, `{called_name(node)}({ast.unparse(given.func)})`.",
                SuggestedFix(rewritten(node, {given: ast.unparse(given.func)}), None, node),
            )
    return None


@rule(r"cannot register a hook on a tensor that doesn't require gradient", RuntimeError)
def hook_without_gradient(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.register_hook(...)` on a tensor without a gradient."""
    held = case.receiver()
    return RuleResult(
        f"{case.quoted(held)} does not require grad, so no gradient ever comes to it, and no hook is called. Make it "
        "with `requires_grad=True`, or compute it from what requires grad.",
        of_autograd=True,
    )


@rule(r"hook '(.*?)' has changed the (size|type) of value", RuntimeError)
def hook_of_another_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a tensor's hook that gives back a gradient of another shape."""
    name = "The lambda" if found[1] == "<lambda>" else f"`{found[1]}`"
    return RuleResult(
        f"{name} is a hook, and what it returns takes the gradient's place: it must have the gradient's {found[2]}. "
        "A hook that only looks returns nothing."
    )


@rule(r"expected Variable, but hook returned '(\w+)'", TypeError)
def hook_of_no_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a tensor's hook that returns something else than a tensor."""
    return RuleResult(
        f"What a hook returns takes the gradient's place, and this one returned {an_in_code(found[1])}. Return a "
        "tensor of the gradient's shape, or nothing."
    )


@rule(
    r"[Ff]unction (\w+?)(?:Backward)? returned an incorrect number of gradients \(expected (\d+), got (\d+)\)",
    RuntimeError,
)
def number_of_gradients(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a `backward` of an autograd.Function that returns too few gradients."""
    return RuleResult(
        f"`{found[1]}.backward` returns {found[3]} gradient{'s' if found[3] != '1' else ''}, and "
        f"`{found[1]}.forward` takes {found[2]} inputs besides `ctx`: one for each, and None for an input that needs "
        "none (a number, an option)."
    )


@rule(
    r"[Ff]unction (\w+?)(?:Backward)? returned an invalid gradient at index (\d+) - got (\[.*?\]) but expected shape "
    r"compatible with (\[.*?\])",
    RuntimeError,
)
def shape_of_a_gradient(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a `backward` of an autograd.Function that returns a gradient of another shape."""
    return RuleResult(
        f"Gradient {found[2]} that `{found[1]}.backward` returns is {found[3]}, and the input that it belongs to is "
        f"{found[4]}: a gradient has its input's shape. If the input was broadcast, sum over those dimensions."
    )


def _is_function_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, torch.autograd.Function)


@rule(r"Legacy autograd function with non-static forward method is deprecated", RuntimeError)
@rule(r"'?\w*'? ?object is not callable|takes no arguments|non-static", TypeError, RuntimeError)
def function_without_apply(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `Square()(x)` of an autograd.Function."""
    call = case.call()
    if call is None:
        return None
    made = call.func.func if isinstance(call.func, ast.Call) else call.func
    if not _is_function_class(case.find(made)):
        return None
    arguments = ", ".join(ast.unparse(part) for part in (*call.args, *call.keywords))
    name = ast.unparse(made)
    return RuleResult(
        f"`{name}` is an autograd.Function: it is not called, but applied, `{name}.apply(...)`, and its `forward` and "
        "`backward` are static methods.",
        SuggestedFix(f"{name}.apply({arguments})", None, call) if isinstance(call.func, ast.Call) else None,
    )


@rule(r"forward\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given", TypeError, first=True)
def forward_without_ctx(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a `forward` of an autograd.Function without `ctx`."""
    call = case.call("apply")
    if call is None or not isinstance(call.func, ast.Attribute) or not _is_function_class(case.find(call.func.value)):
        return None
    forward = vars(case.find(call.func.value)).get("forward")
    function = forward.__func__ if isinstance(forward, staticmethod) else None
    code: CodeType | None = function.__code__ if type(function) is FunctionType else None
    names = ", ".join(code.co_varnames[: code.co_argcount]) if code is not None else "x"
    if code is not None and code.co_varnames[:1] == ("ctx",):
        return None
    return RuleResult(
        "The `forward` of an autograd.Function is called with `ctx` first, where `backward` finds what was saved, "
        f"and then with the inputs: `def forward(ctx, {names}):`."
    )


@rule(r"You must implement either the backward or vjp method for your custom autograd\.Function", NotImplementedError)
def function_without_backward(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an autograd.Function without `backward`."""
    return RuleResult(
        "This autograd.Function has no `backward`, which says how its result's gradient becomes its inputs' gradients. "
        "Define `@staticmethod def backward(ctx, grad_output):`; look at its spelling."
    )


@rule(r"Function '(\w+?)(?:Backward\d*)?' returned nan values in its (\d+)(?:th|st|nd|rd) output", RuntimeError)
def nan_gradient(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain what anomaly detection has found."""
    hints = {
        "Sqrt": "its slope is infinite at 0, and there is none below",
        "Log": "its slope is infinite at 0, and there is none below",
        "Pow": "its slope may be infinite at 0, or undefined below",
        "Div": "by 0 there is no quotient",
    }
    hint = f" ({hints[found[1]]})" if found[1] in hints else ""
    return RuleResult(
        f"The gradient of `{found[1].lower()}` is not a number{hint}, and everything before it would become nan. "
        "Keep its input away from there, as `x.clamp(min=1e-8)` does."
    )


@rule(r"Expected f\(\*args\) to return a (?:scalar )?Tensor, got (.*?)(?:\. Maybe|$)", RuntimeError)
def function_of_func(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.func.grad` of a function that does not give one number."""
    dimensions = re.search(r"tensor with (\d+) dims", found[1])
    if dimensions:
        return RuleResult(
            f"`torch.func.grad` differentiates a function that gives one number, and this one gives a tensor with "
            f"{dimensions[1]} dimension{'s' if dimensions[1] != '1' else ''}. Reduce it with `.sum()` or `.mean()` "
            "inside, or take `torch.func.jacrev` for the derivative of every element."
        )
    kind = found[1].removeprefix("<class '").removesuffix("'>")
    return RuleResult(
        f"`torch.func.grad` differentiates a function that gives a tensor, and this one gave {an_in_code(kind)}. "
        "Leave out `.item()` and `float(...)` inside."
    )


@rule(r"vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow", RuntimeError)
def choice_within_vmap(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an `if` on a tensor within `vmap`."""
    return RuleResult(
        "Under `vmap` the function runs once for all samples, so an `if` cannot go both ways. "
        "`torch.where(condition, a, b)` takes one or the other for each sample."
    )


@rule(r"vmap: It looks like you're calling \.item\(\) on a Tensor", RuntimeError)
def number_within_vmap(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `.item()` within `vmap`."""
    return RuleResult(
        "Under `vmap` a tensor stands for those of all samples, and is no single number. Compute with the tensor "
        "itself, without `.item()`, `float(...)` or `int(...)`."
    )


@rule(r"vmap: called random operation while in randomness error mode", RuntimeError)
def chance_within_vmap(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain random numbers within `vmap`."""
    return RuleResult(
        "Under `vmap` it has to be said whether each sample draws its own random numbers: "
        "`vmap(f, randomness='different')`, or `'same'` for one draw for all."
    )


@rule(r"Recomputed values for the following tensors have different metadata|different number of tensors was saved")
def recomputed_otherwise(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a checkpointed function that does not do the same the second time."""
    shapes = re.findall(r"metadata: \{'shape': torch\.Size\((\[.*?\])\)", str(case.error))
    differ = f" (a tensor was {shapes[0]} the first time and {shapes[1]} the second)" if len(shapes) > 1 else ""
    return RuleResult(
        "Checkpointing runs the function a second time in `backward()`, and it did not do the same then"
        f"{differ}: it depends on something that has changed in between, such as a counter, a random choice or "
        "`train()`. Let it depend on its arguments alone."
    )
