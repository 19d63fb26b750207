"""Errors of reshaping: `reshape`, `view`, `permute`, `t`, and dimensions that a tensor does not have."""

from __future__ import annotations

import ast
import math
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.registry import rule


@rule(r"shape '(\[.*?\])' is invalid for input of size (\d+)", RuntimeError)
def reshape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.reshape(...)` into another number of elements."""
    wanted, numel = sizes_in(found[1]), int(found[2])
    call = case.call("reshape", "view")
    held = case.argument(call, 0, "input")
    known = math.prod(size for size in wanted if size != -1)
    if -1 in wanted:
        wants = f"`{found[1]}` needs a multiple of {known}"
    else:
        wants = f"`{found[1]}` needs {' x '.join(map(str, wanted))} = {known}"
    have = (
        f"{case.with_shape(held)} and has {numel} elements" if held is not None else f"The tensor has {numel} elements"
    )
    forms = []
    if call is not None and -1 not in wanted:
        for place in (0, len(wanted) - 1) if len(wanted) > 1 else (0,):
            others = known // wanted[place] if wanted[place] else 0
            if others and numel % others == 0:
                sizes = ", ".join("-1" if index == place else str(size) for index, size in enumerate(wanted))
                forms.append(f"{ast.unparse(call.func)}({sizes})")
    suggested_fix = None
    if call is not None and held is not None and case.find(call.func) is not torch.reshape:
        suggested_fix = case.working_fix(*forms)
    hint = " -1 stands for the size that is left over." if suggested_fix else f" Choose sizes whose product is {numel}."
    return RuleResult(f"{have}; {wants}. Reshaping keeps every element.{hint}", suggested_fix)


@rule(r"view size is not compatible with input tensor's size and stride", RuntimeError)
def view_of_a_non_contiguous_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.t().view(...)`."""
    call = case.call("view")
    suggested_fix = None
    if call is not None and isinstance(call.func, ast.Attribute):
        suggested_fix = case.working_fix({call.func: f"{ast.unparse(call.func.value)}.reshape"})
    held = case.argument(call, 0, "input")
    who = case.quoted(held) if held is not None else "This tensor"
    return RuleResult(
        f"{who} is not contiguous: its elements do not lie in memory in the order in which they are read (after a "
        "transpose, for one), so `view` cannot give them another shape. `reshape` copies them when it has to.",
        suggested_fix,
    )


@rule(r"Dimension out of range \(expected to be in range of \[(-\d+), (\d+)\], but got (-?\d+)\)", IndexError)
def dimension_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.sum(2)` on a matrix."""
    last, got = int(found[2]), found[3]
    call = case.call()
    held = case.argument(call, 0, "input")
    count = last + 1
    who = f"{case.with_shape(held)}: it has" if held is not None and case.shape(held) is not None else "The tensor has"
    numbered = "only dimension 0" if count == 1 else f"dimensions 0 to {last}"
    forms = []
    if call is not None:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        forms = [{part: "-1"} for part in given if case.find(part) == int(got)]
    return RuleResult(f"{who} {numbered}, and was asked for {got}. -1 is the last one.", case.working_fix(*forms))


@rule(r"permute.*input\.dim\(\) = (\d+) is not equal to len\(dims\) = (\d+)")
def permute(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.permute(...)` with another number of dimensions than `x` has."""
    held = case.argument(case.call("permute"), 0, "input")
    who = case.with_shape(held) if held is not None else "The tensor"
    return RuleResult(
        f"{who}: it has {found[1]} dimensions, and `permute` was given {found[2]}. Name each of its dimensions once."
    )


@rule(r"t\(\) expects a tensor with <= 2 dimensions, but self is (\d+)D")
def t_of_a_batch(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.t()` on a batch of matrices."""
    call = case.call("t")
    held = case.argument(call, 0, "input")
    if held is None:
        return None
    return RuleResult(
        f"{case.with_shape(held)}: `t()` turns a matrix, and this has {found[1]} dimensions. `mT` turns each matrix "
        "of a batch (the last two dimensions).",
        case.working_fix(f"({ast.unparse(held)}).mT"),
    )
