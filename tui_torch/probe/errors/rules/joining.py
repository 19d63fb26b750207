"""Errors of joining tensors: `cat` and `stack`."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.registry import rule


@rule(r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got size (\d+)", RuntimeError)
def cat_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cat` of tensors that differ in another dimension than the one they are joined along."""
    dimension, first, second = found.groups()
    call = case.call("cat", "concat")
    parts = case.argument(call, 0, "tensors")
    shapes = _shapes_of_all(case, parts)
    forms = []
    if call is not None and parts is not None:
        head = f"{ast.unparse(call.func)}({ast.unparse(parts)}"
        forms = [f"{head}, dim={other})" for other in (1, 0, 2) if str(other) != dimension]
    return RuleResult(
        f"`cat` joins along dimension {dimension}, and every other size must agree: {shapes}{first} is not {second}.",
        case.working_fix(*forms),
    )


@rule(r"Tensors must have same number of dimensions: got (\d+) and (\d+)", RuntimeError)
def cat_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cat` of tensors with different numbers of dimensions."""
    call = case.call("cat", "concat")
    parts = case.argument(call, 0, "tensors")
    forms = []
    if isinstance(parts, ast.List | ast.Tuple):
        most = max((len(case.shape(part) or ()) for part in parts.elts), default=0)
        fewer = [part for part in parts.elts if len(case.shape(part) or ()) == most - 1]
        forms = [dict.fromkeys(fewer, "{}.unsqueeze(0)"), dict.fromkeys(fewer, "{}.unsqueeze(1)")]
    return RuleResult(
        f"`cat` needs as many dimensions of each: {_shapes_of_all(case, parts)}one has {found[1]}, another "
        f"{found[2]}. `unsqueeze` adds a dimension of size 1.",
        case.working_fix(*forms),
    )


def _shapes_of_all(case: ErrorCase, parts: ast.expr | None) -> str:
    held = parts.elts if isinstance(parts, ast.List | ast.Tuple) else []
    shapes = [case.with_shape(part) for part in held[:4] if case.shape(part) is not None]
    return f"{', '.join(shapes)}; " if shapes else ""


@rule(r"stack expects each tensor to be equal size, but got (\[.*?\]) at entry 0 and (\[.*?\]) at entry (\d+)")
def stack_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.stack` of tensors with different shapes."""
    call = case.call("stack")
    if call is None:
        return None
    parts = case.argument(call, 0, "tensors")
    suggested_fix = None
    if parts is not None:
        function = ast.unparse(call.func).removesuffix("stack") + "cat"
        suggested_fix = case.working_fix(f"{function}({ast.unparse(parts)})")
    return RuleResult(
        f"`stack` makes a new dimension of tensors of one shape, and entry 0 is {found[1]}, entry {found[3]} is "
        f"{found[2]}. `cat` joins them along a dimension that they have.",
        suggested_fix,
    )


@rule(
    r"(cat|stack|hstack|vstack)\(\): argument 'tensors' \(position 1\) must be tuple of Tensors, not Tensor", TypeError
)
def tensors_not_in_a_list(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cat(x, y)`."""
    call = case.call()
    if call is None:
        return None
    parts = ", ".join(ast.unparse(argument) for argument in call.args)
    keywords = "".join(f", {ast.unparse(keyword)}" for keyword in call.keywords)
    return RuleResult(
        f"`{found[1]}` takes its tensors in one list, and the second argument is the dimension: put brackets around "
        "them.",
        case.working_fix(f"{ast.unparse(call.func)}([{parts}]{keywords})"),
    )
