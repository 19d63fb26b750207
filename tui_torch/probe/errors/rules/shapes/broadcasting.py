"""Errors of broadcasting: shapes that are not compatible, and results that do not fit where they are written."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.shapes.alignments import aligned, alignments, template
from tui_torch.protocol.shapes import shape_text


@rule(
    r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
    RuntimeError,
)
def broadcast(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x + y` of shapes that cannot be broadcast."""
    first, second, dimension = found.groups()
    if case.call("pad_sequence") is not None:
        return RuleResult(
            "`pad_sequence` fills up the first size of each sequence, and all others have to be equal: one has "
            f"{first}, "
            f"another {second} in dimension {dimension}. Sequences are [length, features]."
        )
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
    meaning = f"{case.with_shape(left)}, {case.with_shape(right)}. {rule_of_broadcasting}"
    is_call = isinstance(case.node, ast.Call)
    call = case.call()
    is_loss = call is not None and "loss" in f"{called_name(call)} {type(case.find(call.func)).__name__}".lower()
    end = " A loss compares element by element: bring both into one shape." if is_loss else " Make them equally long."
    if (short := _ended_slice(case, pair, int(dimension))) is not None:
        return RuleResult(f"{meaning} {short}")
    readings = _readings(case, left, right, whole=is_call)
    if len(readings) == 1:
        return RuleResult(meaning, readings[0].fix)
    return RuleResult(meaning if readings else meaning + end, readings=readings)


def _ended_slice(case: ErrorCase, pair: tuple[ast.expr, ast.expr], dimension: int) -> str | None:
    """Say that a slice, `pe[:, :n]`, is shorter than was asked for, since the tensor ends."""
    for part in pair:
        if not isinstance(part, ast.Subscript):
            continue
        bounds = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
        whole, sliced = case.shape(part.value), case.shape(part)
        at = dimension - max(0, max(len(case.shape(one) or ()) for one in pair) - len(sliced or ()))
        if whole is None or sliced is None or not 0 <= at < min(len(bounds), len(whole)):
            continue
        bound = bounds[at]
        if isinstance(bound, ast.Slice) and bound.upper is not None and whole[at] == sliced[at]:
            asked = case.value(bound.upper)
            if type(asked) is int and asked > whole[at]:
                return (
                    f"The slice asks for {asked}, and {case.quoted(part.value)} has {whole[at]} there: a slice ends "
                    "where "
                    "the tensor does. Make that longer, or shorten what comes in."
                )
    return None


def _readings(case: ErrorCase, left: ast.expr, right: ast.expr, *, whole: bool) -> tuple[PossibleFix, ...]:
    """Return the ways to bring two pieces together without repeating one along a dimension that neither has."""
    first, second = case.shape(left) or (), case.shape(right) or ()
    if len(first) != len(second):
        small, large = (left, right) if len(first) < len(second) else (right, left)
        return aligned(case, small, large, whole=whole)
    if len(first) == 2 and first == second[::-1]:
        return case.possible_fixes(
            (f"the rows of {case.quoted(right)} are its columns", {right: "{}.t()"}),
            (f"the rows of {case.quoted(left)} are its columns", {left: "{}.t()"}),
        )
    return ()


@rule(r"output with shape (\[.*?\]) doesn't match the broadcast shape (\[.*?\])", RuntimeError)
def in_place_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x += y` where the result has a larger shape than `x`."""
    held, result = found.groups()
    readings: tuple[PossibleFix, ...] = ()
    if isinstance(case.node, ast.AugAssign):
        target, value = case.node.target, case.node.value
        plain = ast.Assign([target], ast.BinOp(target, case.node.op, value), lineno=0)
        readings = case.possible_fixes(
            (f"{case.quoted(target)} is to become {result}", ast.unparse(ast.fix_missing_locations(plain))),
            (f"all rows of {case.quoted(value)} count", {value: "{}.sum(0)"}),
        )
    return RuleResult(
        f"The result would be {result}, and an in-place operation has to fit it into the {held} that is there.",
        readings=readings,
    )


@rule(
    r"The expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\) at non-singleton dimension (\d+)"
)
def expand(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.expand(...)` along a dimension whose size is not 1."""
    held = case.argument(case.call("expand", "broadcast_to"), 0, "input")
    who = case.with_shape(held) if held is not None else "What is written there has another shape"
    meaning = (
        f"{who}: dimension {found[3]} would go from {found[2]} to {found[1]}, and only a size of 1 can be stretched."
    )
    call, shape = case.call("expand", "broadcast_to"), case.shape(held)
    sizes = [size for part in call.args for size in _sizes(case, part)] if call is not None else []
    if held is None or not shape or len(sizes) <= len(shape):
        return RuleResult(meaning)
    ways = [
        (f"{case.quoted(held)} goes along dimension {' and '.join(map(str, places))}", template(places, len(sizes)))
        for places in alignments(shape, sizes)
    ]
    readings = case.possible_fixes(*((meant, {held: form}) for meant, form in ways))
    return RuleResult(meaning, readings[0].fix) if len(readings) == 1 else RuleResult(meaning, readings=readings)


def _sizes(case: ErrorCase, node: ast.expr) -> list[int]:
    value = case.value(node)
    if type(value) in (tuple, list, torch.Size):
        return [size for size in value if type(size) is int]
    return [value] if type(value) is int else []


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
