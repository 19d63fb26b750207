"""Errors of broadcasting: shapes that are not compatible, and results that do not fit where they are written."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.registry import rule
from tui_torch.protocol.shapes import shape_text


@rule(
    r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
    RuntimeError,
)
def broadcast(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x + y` of shapes that cannot be broadcast."""
    first, second, dimension = found.groups()
    pair = case.pair()
    rule_of_broadcasting = (
        "Shapes are compared from the last dimension backwards, and two sizes must be equal, or one of them 1: "
        f"{first} and {second} (dimension {dimension}) are neither."
    )
    if pair is None or case.shape(pair[0]) is None or case.shape(pair[1]) is None:
        return RuleResult(rule_of_broadcasting)
    left, right = pair
    if isinstance(case.node, ast.BinOp) and isinstance(case.node.op, ast.MatMult):
        return RuleResult(
            f"{case.with_shape(left)}, {case.with_shape(right)}: there are {first} matrices on one side and {second} "
            "on the other. Give as many of each, or a single one."
        )
    forms = [
        {right: "{}.unsqueeze(1)"},
        {left: "{}.unsqueeze(1)"},
        {right: "{}.t()"},
        {left: "{}.t()"},
        {right: "{}.squeeze()"},
        {left: "{}.squeeze()"},
    ]
    one_each = case.shape(left) is not None and len(case.shape(left) or ()) == len(case.shape(right) or ()) == 1
    # For two vectors the outer sum would work, and is seldom meant.
    suggested_fix = None if one_each else case.working_fix(*forms)
    meaning = f"{case.with_shape(left)}, {case.with_shape(right)}. {rule_of_broadcasting}"
    return RuleResult(meaning if suggested_fix else meaning + " Make them equally long.", suggested_fix)


@rule(r"output with shape (\[.*?\]) doesn't match the broadcast shape (\[.*?\])", RuntimeError)
def in_place_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x += y` where the result has a larger shape than `x`."""
    held, result = found.groups()
    suggested_fix = None
    if isinstance(case.node, ast.AugAssign):
        target, value = case.node.target, case.node.value
        plain = ast.Assign([target], ast.BinOp(target, case.node.op, value), lineno=0)
        suggested_fix = case.working_fix(ast.unparse(ast.fix_missing_locations(plain)))
    return RuleResult(
        f"The result would be {result}, and an in-place operation has to fit it into the {held} that is there. Make a "
        "new tensor instead.",
        suggested_fix,
    )


@rule(
    r"The expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\) at non-singleton dimension (\d+)"
)
def expand(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.expand(...)` along a dimension whose size is not 1."""
    held = case.argument(case.call("expand", "broadcast_to"), 0, "input")
    who = case.with_shape(held) if held is not None else "What is written there has another shape"
    forms = [{held: "{}.unsqueeze(1)"}] if held is not None else []
    return RuleResult(
        f"{who}: dimension {found[3]} would go from {found[2]} to {found[1]}, and only a size of 1 can be stretched.",
        case.working_fix(*forms),
    )


@rule(
    r"expand\(torch\.\w+\{(\[.*?\])\}, size=(\[.*?\])\)|shape mismatch: value tensor of shape (\[.*?\]) cannot "
    r"be broadcast"
)
def assigned_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[0] = y` with a `y` of another shape."""
    value = found[1] or found[3]
    sizes = tuple(sizes_in(found[2] or ""))
    place = f"a place of {shape_text(sizes)}" if sizes else "one element" if found[2] is not None else "that place"
    return RuleResult(
        f"A tensor of {value} does not fit {place}: write what has its shape, or a longer slice on the left."
    )
