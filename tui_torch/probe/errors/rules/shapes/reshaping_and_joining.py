"""Errors of reshaping and joining: `reshape`, `view`, `permute`, `t`, missing dimensions, `cat` and `stack`."""

from __future__ import annotations

import ast
import math
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.registry import rule

_ALONG_ONE = (
    *("softmax", "log_softmax", "sum", "mean", "prod", "std", "var", "norm", "logsumexp", "cumsum", "argmax", "argmin"),
    *("max", "min", "amax", "amin", "sort", "topk", "argsort", "all", "any"),
)
"""Functions that go along one dimension: of a vector, there is only one."""
_JOINED = {0: "they go one below the other", 1: "they belong side by side"}


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
    shape = case.shape(held)
    if call is None or held is None or not shape:
        return RuleResult(f"{have}; {wants}. Reshaping keeps every element. Choose sizes whose product is {numel}.")
    each = math.prod(shape[1:])
    if -1 not in wanted and len(wanted) > 1 and math.prod(wanted[1:]) == each:
        sizes = ", ".join(["-1", *map(str, wanted[1:])])
        is_method = case.find(call.func) is not torch.reshape
        fix = case.working_fix(f"{ast.unparse(call.func)}({sizes})") if is_method else None
        return RuleResult(
            f"{have}; {wants}. Reshaping keeps every element: this has {shape[0]} of {each} elements each, not "
            f"{wanted[0]}. -1 stands for the size that is left over.",
            fix,
        )
    hint = f"{shape[0]} of {each} elements each, so choose" if len(shape) > 1 else "choose"
    return RuleResult(f"{have}; {wants}. Reshaping keeps every element: {hint} sizes whose product is {numel}.")


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
        forms = [{part: "-1"} for part in given if type(case.find(part)) is int and case.find(part) == int(got)]
    # Of several dimensions, which one was meant is not known.
    fix = case.working_fix(*forms) if count == 1 and case.call(*_ALONG_ONE) is not None else None
    return RuleResult(f"{who} {numbered}, and was asked for {got}. -1 is the last one.", fix)


# PyTorch 2.9 lets dimensions have names; 2.13 does not, and says that the arguments do not fit.
@rule(r"Name '(\w+)' not found in Tensor\[(.*)\]\.$", RuntimeError)
def text_for_a_dimension(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.sum('a')`."""
    held = case.argument(case.call(), 0, "input")
    is_known = held is not None and case.shape(held) is not None
    its = f"{case.with_shape(held)}, and its" if is_known else "The tensor's"
    listed = [name for name in found[2].split(", ") if name]
    named = [name for name in listed if name != "None"]
    facts = f"{its} dimensions {'are called ' + ', '.join(named) if named else 'have no names'}."
    match len(listed):
        case 0:
            facts = f"{case.with_shape(held) if is_known else 'The tensor is scalar'}, and has no dimension."
        case 1:
            facts += " Give its number: 0, or -1."
        case count:
            facts += f" Give a dimension's number: 0 to {count - 1}, and -1 is the last one."
    return RuleResult(f"Text in the place of a dimension is a dimension's name. {facts}")


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


@rule(r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got size (\d+)", RuntimeError)
def cat_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cat` of tensors that differ in another dimension than the one they are joined along."""
    dimension, first, second = found.groups()
    call = case.call("cat", "concat")
    parts = case.argument(call, 0, "tensors")
    shapes = _shapes_of_all(case, parts)
    readings: tuple[PossibleFix, ...] = ()
    if call is not None and parts is not None:
        head = f"{ast.unparse(call.func)}({ast.unparse(parts)}"
        readings = case.possible_fixes(
            *(
                (_JOINED.get(other, f"they go on along dimension {other}"), f"{head}, dim={other})")
                for other in (0, 1, 2, 3)
                if str(other) != dimension
            )
        )
    return RuleResult(
        f"`cat` joins along dimension {dimension}, and every other size must agree: {shapes}{first} is not {second}. "
        f"To join them there, bring {first} and {second} to one size first.",
        readings=readings,
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
    readings: tuple[PossibleFix, ...] = ()
    if parts is not None:
        owner = ast.unparse(call.func).removesuffix("stack")
        joined = case.working_fix(f"{owner}cat({ast.unparse(parts)})")
        padded = f"{owner}nn.utils.rnn.pad_sequence({ast.unparse(parts)}, batch_first=True)"
        readings = () if joined is None else (PossibleFix("they go on one after another", joined),)
        if owner == "torch." and re.fullmatch(r"\[\d+(?:, \d+)?\]", found[1]) and _differ_in_length(found[1], found[2]):
            readings += (PossibleFix("the shorter are to be filled up with zeros", SuggestedFix(padded, None, call)),)
    return RuleResult(
        f"`stack` makes a new dimension of tensors of one shape, and entry 0 is {found[1]}, entry {found[3]} is "
        f"{found[2]}. Bring them to one shape first.",
        readings=readings,
    )


def _differ_in_length(first: str, second: str) -> bool:
    one, other = sizes_in(first), sizes_in(second)
    return len(one) == len(other) and one[0] != other[0] and one[1:] == other[1:]


@rule(r"^(cat|stack)\(\) takes from 1 to 2 positional arguments but \d+ were given", TypeError)
@rule(r"^(cat|stack|hstack|vstack)\(\) received an invalid combination of arguments - got \(Tensor", TypeError)  # 2.6
@rule(
    r"(cat|stack|hstack|vstack)\(\): argument 'tensors' \(position 1\) must be tuple of Tensors, not Tensor", TypeError
)
def tensors_not_in_a_list(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cat(x, y)`."""
    call = case.call()
    if call is None:
        return None
    tensors = [argument for argument in call.args if type(case.find(argument)) is not int]
    parts = ", ".join(map(ast.unparse, tensors))
    dimension = "".join(f", {ast.unparse(argument)}" for argument in call.args if argument not in tensors)
    keywords = dimension + "".join(f", {ast.unparse(keyword)}" for keyword in call.keywords)
    return RuleResult(
        f"`{found[1]}` takes its tensors in one list, and the second argument is the dimension: put brackets around "
        "them.",
        case.working_fix(f"{ast.unparse(call.func)}([{parts}]{keywords})"),
    )
