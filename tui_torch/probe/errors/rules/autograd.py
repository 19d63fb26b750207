"""Errors of autograd: `backward()` without a graph or on a freed one, and leaves that are changed in place."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base, grad_of


@rule(r"Trying to backward through the graph a second time", RuntimeError)
def backward_twice(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a second `backward()` through a graph that the first one has freed."""
    held = case.receiver()
    return RuleResult(
        f"The graph behind {case.quoted(held) if held else 'this loss'} was freed by the first `backward()`. In a "
        "loop, compute the prediction and the loss anew in each step; something computed before the loop is a graph "
        "that is gone. `backward(retain_graph=True)` the first time keeps it, if you do need it twice.",
        of_autograd=True,
    )


@rule(r"element (\d+) of tensors does not require grad and does not have a grad_fn", RuntimeError)
def no_graph(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` on a tensor that was computed from nothing that requires grad."""
    held = case.receiver()
    if held is None:
        return RuleResult("Nothing that this was computed from requires grad, so there is nothing to differentiate.")
    return RuleResult(
        f"Nothing that {case.quoted(held)} was computed from requires grad, so `backward()` has no way to go. Make "
        "the weights with `requires_grad=True` (or use a model's parameters), and compute the loss outside "
        "`torch.no_grad()`, without `.detach()`, `.item()` or a new `torch.tensor(...)` on the way.",
        of_autograd=True,
    )


@rule(r"grad can be implicitly created only for scalar outputs", RuntimeError)
def backward_of_many(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` without a gradient on a tensor of more than one element."""
    held = case.receiver()
    if held is None:
        return None
    suggested_fix = None
    reduced = case.working_fix(f"({ast.unparse(held)}).mean()", of=held, unseen=True)
    if reduced is not None and isinstance(case.node, ast.Call):
        text = rewritten(case.node, {held: "{}.mean()"})
        suggested_fix = type(reduced)(text, None, case.node)
    return RuleResult(
        f"{case.with_shape(held)}: `backward()` starts from one number. Reduce it to a scalar with `.mean()` or "
        "`.sum()`.",
        suggested_fix,
        of_autograd=True,
    )


@rule(r"a (view of a )?leaf Variable that requires grad is being used in an in-place operation", RuntimeError)
def leaf_in_place(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w -= lr * w.grad` on a leaf that requires grad."""
    target: ast.expr | None = None
    match case.statement:
        case ast.AugAssign(target=held) | ast.Assign(targets=[held]):
            target = held
        case _:
            target = case.receiver()
    root = target.value if isinstance(target, ast.Subscript) else target
    who = case.quoted(root) if root is not None else "This tensor"
    statement = case.statement
    suggested_fix = None
    if isinstance(statement, ast.AugAssign | ast.Assign):
        suggested_fix = case.working_fix(f"with torch.no_grad(): {ast.unparse(statement)}", of=statement, silent=True)
    return RuleResult(
        f"{who} is a leaf that requires grad: to change it in place would falsify the gradients that are computed "
        "from it. An update of weights is not to be recorded: make it under `torch.no_grad()`.",
        suggested_fix,
        of_autograd=True,
    )


@rule(r"Can't call numpy\(\) on Tensor that requires grad", RuntimeError)
def numpy_of_a_tensor_with_grad(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.numpy()` on a tensor that requires grad."""
    held = case.receiver() if case.call("numpy") is not None else case.argument(case.call(), 0, "object")
    if held is None or case.tensor(held) is None:
        return RuleResult(
            "A tensor that requires grad is turned into a NumPy array here, which autograd could not follow. Give it "
            "`tensor.detach()`; under the name of the library that draws or computes with it.",
            of_autograd=True,
        )
    suggested_fix = case.working_fix({held: "{}.detach()"}) if case.call("numpy") is not None else None
    return RuleResult(
        f"{case.quoted(held)} requires grad, and autograd cannot follow what NumPy does with it. `detach()` gives the "
        "same numbers without the graph.",
        suggested_fix,
        of_autograd=True,
    )


@rule(r"one of the variables needed for gradient computation has been modified by an inplace operation", RuntimeError)
def modified_in_place(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` through a tensor that was changed in place after an operation had saved it."""
    text = str(case.error)
    what = re.search(r"\[torch\.\S+ (\[.*?\])\](?:, which is output \d+ of (\w+?)(?:Backward\d*)?,)?", text)
    shape = f" of {what[1]}" if what else ""
    by = f", the result of `{what[2].lower()}`," if what and what[2] else ""
    return RuleResult(
        f"A tensor{shape}{by} was changed in place (`+=`, `x[...] =`, a method that ends in `_`) after it was used, "
        "and `backward()` needs it as it was. Write `y = y + 1` in place of `y += 1`; in a loop, call `backward()` "
        "before `optimizer.step()`.",
        of_autograd=True,
    )


@rule(
    r"'NoneType' object has no attribute '(zero_|data|norm|item|abs|clone|shape|detach|mean|add_|mul_)'", AttributeError
)
@rule(r"unsupported operand type\(s\) for .*'NoneType'", TypeError)
def no_gradient_yet(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w.grad.zero_()` and `w - w.grad` where `w.grad` is None."""
    for node in ast.walk(case.node) if case.node is not None else ():
        if isinstance(node, ast.Attribute) and node.attr == "grad":
            tensor = case.tensor(node.value)
            if tensor is None or grad_of(tensor) is not None:
                continue
            with unobserved():
                required = Base.requires_grad.__get__(tensor)
                leaf = Base.is_leaf.__get__(tensor)
            who = case.quoted(node.value)
            if not leaf:
                why = (
                    f"{who} is computed, and only leaves keep a gradient: call {who[:-1]}.retain_grad()` before "
                    "`backward()`."
                )
            elif required:
                why = (
                    "no `backward()` has filled it yet, or `zero_grad()` has set it back to None. Call `backward()` "
                    f"first on a loss that is computed from {who}."
                )
            else:
                why = f"{who} does not require grad: make it with `requires_grad=True`."
            return RuleResult(f"{case.quoted(node)} is None: {why}", of_autograd=True)
    return None


@rule(r"you can only change requires_grad flags of leaf variables", RuntimeError)
def requires_grad_of_a_result(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `y.requires_grad = False` on the result of a computation."""
    held = case.node.value if isinstance(case.node, ast.Attribute) else case.receiver()
    suggested_fix = None
    if isinstance(case.statement, ast.Assign) and isinstance(held, ast.Name):
        suggested_fix = case.working_fix(f"{held.id} = {held.id}.detach()", of=case.statement, unseen=True, silent=True)
    return RuleResult(
        f"{case.quoted(held) if held else 'This tensor'} is the result of a computation, so whether it requires grad "
        "follows from what it was computed from. `detach()` gives its numbers without the graph.",
        suggested_fix,
        of_autograd=True,
    )


@rule(r"Only Tensors created explicitly by the user \(graph leaves\) support the deepcopy protocol", RuntimeError)
def deepcopy_of_a_result(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `copy.deepcopy(y)` of the result of a computation."""
    held = case.argument(case.call(), 0, "x")
    suggested_fix = None
    if held is not None and case.tensor(held) is not None:
        suggested_fix = case.working_fix(f"({ast.unparse(held)}).detach().clone()", unseen=True)
    return RuleResult(
        f"{case.quoted(held) if held else 'This tensor'} is the result of a computation, and a copy of it would need "
        "a copy of its graph. `detach().clone()` copies the numbers.",
        suggested_fix,
        of_autograd=True,
    )


@rule(
    r"The differentiated Tensor at index (\d+) appears to not have been used in the graph|One of the "
    r"differentiated Tensors"
)
def not_in_the_graph(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.autograd.grad(y, x)` where `y` was not computed from `x`."""
    return RuleResult(
        "The output was not computed from that input, so it has no gradient with respect to it. Look at which tensor "
        "the computation really starts from; `allow_unused=True` gives None instead of this error.",
        of_autograd=True,
    )


@rule(r"attempting to assign a gradient of size '(\[.*?\])' to a tensor of size '(\[.*?\])'")
def gradient_of_another_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w.grad = g` with a gradient of another shape."""
    return RuleResult(
        f"A gradient has its tensor's shape, {found[2]}, and this one is {found[1]}. Assign one of that shape."
    )
