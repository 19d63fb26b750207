"""Errors of tensors that share memory: views of several at once, views of `no_grad`, and expanded tensors."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.origins.assignments import last_assignment
from tui_torch.probe.errors.registry import rule

_MAKERS = {
    "Split": "`chunk` or `split`",
    "SplitWithSizes": "`split`",
    "Unbind": "`unbind`, or a `for` over the tensor",
    "Select": "`unbind`, or a `for` over the tensor",
    "Chunk": "`chunk`",
    "UnsafeSplit": "`unsafe_split`",
}
"""What makes several views at once, by the name in PyTorch's message."""


def changed_in_place(case: ErrorCase) -> tuple[ast.expr | None, SuggestedFix | None]:
    """Return what the failing piece changes in place, and the same without that: `y = y + 1`, `y = y.mul(2)`."""
    match case.node, case.statement:
        case (ast.AugAssign(ast.Name() as target, op, value), _) | (_, ast.AugAssign(ast.Name() as target, op, value)):
            text = ast.unparse(ast.fix_missing_locations(ast.Assign([target], ast.BinOp(target, op, value), lineno=0)))
            return target, SuggestedFix(text, None, case.statement)
        case ast.Call(ast.Attribute(owner, name)) as call, ast.Expr(value) if name.endswith("_") and value is call:
            held = owner if case.tensor(owner) is not None else call.args[0] if call.args else None
            plain = rewritten(call, {call.func: f"{ast.unparse(owner)}.{name.rstrip('_')}"})
            fix = None
            if isinstance(held, ast.Name) and name.rstrip("_") not in ("zero", "fill", "copy", "normal", "uniform"):
                fix = SuggestedFix(f"{held.id} = {plain}", None, case.statement)
            return held, fix
        case ast.Subscript(held), _:
            return held, None
        case _, ast.AugAssign(target) | ast.Assign([target]):
            return (target.value if isinstance(target, ast.Subscript) else target), None
        case _:
            return None, None


@rule(r"Output (\d+) of (\w+?)(?:Backward\d*)? is a view and is being modified inplace", RuntimeError)
def one_of_several_views(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a part of `chunk`, `split` or `unbind` that is changed in place."""
    if "BackwardHook" in found[2]:
        return _hooked(case)
    held, fix = changed_in_place(case)
    who = case.quoted(held) if held is not None else "This tensor"
    maker = _MAKERS.get(found[2], f"`{found[2].lower()}`")
    statement = last_assignment(case.tree, case.statement, held.id) if isinstance(held, ast.Name) else None
    if isinstance(statement, ast.Assign):
        maker = case.quoted(statement.value)
    elif isinstance(statement, ast.For):
        maker = f"the `for` over {case.quoted(statement.iter)}"
    end = "" if fix is not None else " Make a new tensor (`y = y + 1`), or change a `.clone()`."
    return RuleResult(
        f"{who} is one of several views that {maker} gave of one tensor, and shares its memory: autograd cannot "
        f"follow a change of one of them in place.{end}",
        fix,
        of_autograd=True,
    )


def _hooked(case: ErrorCase) -> RuleResult:
    """Explain a layer with a backward hook whose output, or input, is changed in place."""
    nodes = list(ast.walk(case.tree)) if case.tree is not None else []
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    hooks = [node for node in calls if isinstance(node.func, ast.Attribute) and "backward_" in node.func.attr]
    hooks = [node for node in hooks if str(getattr(node.func, "attr", "")).endswith("hook")]
    where = f" (line {hooks[0].lineno})" if len(hooks) == 1 else ""
    inplace = [
        (node, key)
        for node in calls
        for key in node.keywords
        if key.arg == "inplace" and ast.unparse(key.value) == "True"
    ]
    meaning = (
        f"A layer with a backward hook{where} hands on a view that the hook watches, and what comes next changes it in "
        "place, so the hook would see the wrong gradient."
    )
    if len(inplace) != 1:
        return RuleResult(f"{meaning} Leave out `inplace=True` (or `+=`) behind such a layer.")
    call, option = inplace[0]
    text = ast.unparse(ast.Call(call.func, call.args, [key for key in call.keywords if key is not option]))
    return RuleResult(
        f"{meaning} That is `{ast.unparse(call)}` in line {call.lineno}: without `inplace` it computes the same.",
        SuggestedFix(text, None, call),
    )


@rule(r"view (?:of a view which )?was created in no_grad mode and is being modified inplace", RuntimeError)
def view_of_no_grad(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a view that was made under `no_grad` and is changed in place outside of it."""
    held, _ = changed_in_place(case)
    who = case.quoted(held) if held is not None else "This view"
    return RuleResult(
        f"{who} was made as a view under `torch.no_grad()`, and is changed in place outside of it, so it cannot be "
        "said whether that is to be recorded. Put both lines under `no_grad`, or both outside.",
        of_autograd=True,
    )


@rule(r"more than one element of the written-to tensor refers to a single memory location", RuntimeError)
def expanded_in_place(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an expanded tensor that is changed in place."""
    held, _ = changed_in_place(case)
    who = case.with_shape(held) if held is not None else "The tensor that is written to"
    name = held.id if isinstance(held, ast.Name) else ""
    fix = None
    if name and isinstance(case.statement, ast.AugAssign):
        target, op, value = case.statement.target, case.statement.op, case.statement.value
        text = ast.unparse(ast.fix_missing_locations(ast.Assign([target], ast.BinOp(target, op, value), lineno=0)))  # type: ignore[list-item]
        fix = SuggestedFix(text, None, case.statement)
    return RuleResult(
        f"{who}, and several of its elements are one place in memory, as `expand` makes them: they cannot be written "
        "one by one. `.clone()` gives each element a place of its own.",
        fix,
    )


@rule(r"some elements of the input tensor and the written-to tensor refer to a single memory location", RuntimeError)
def overlapping_copy(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a tensor that is written over a part of itself."""
    return RuleResult(
        "What is read and what is written are parts of one tensor and overlap, so some elements would be changed "
        "before they are read. Read a `.clone()`."
    )
