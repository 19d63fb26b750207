"""Errors of floats where whole numbers are wanted: sizes, counts, steps of `range`, bounds of slices."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.float_origins import float_among, float_origin
from tui_torch.probe.errors.operations import words
from tui_torch.probe.errors.registry import rule

_OF_SIZES = words(
    """
    empty expand eye full new_empty new_ones new_zeros ones permute rand randint randn randperm repeat reshape tile
    unflatten view zeros
    """
)
"""Functions and methods that take no floats, but for the value that `full` fills in."""


@rule(r"type must be tuple of ints, ?but got float", TypeError, first=True)
@rule(
    r"must be (?:tuple of (?:Sym)?[Ii]nts?|(?:Sym)?[Ii]nt|an integer)\b.*?(?:not|element of type|got) float",
    TypeError,
    first=True,
)
@rule(
    r"'float' object cannot be interpreted as an integer|can't multiply sequence by non-int of type 'float'", TypeError
)
@rule(r"^empty\(\) received an invalid combination of arguments - got \(tuple", TypeError, first=True)  # 2.6
@rule(r"received an invalid combination of arguments - got \(.*\bfloat\b", TypeError, first=True)  # 2.6
@rule(
    r"^(?:repeat|view|expand|permute|reshape|tile)\(\) takes 1 positional argument but \d+ were given",
    TypeError,
    first=True,
)
@rule(r"slice indices must be integers", TypeError)
@rule(r"batch_size should be a positive integer value, but got batch_size=[\d.]+$", ValueError, first=True)
def float_for_a_whole_number(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.view(n, d / 2)`, `range(n / 2)`, `nn.Linear(d, d / 2)` and `x[: 0.8 * n]`."""
    node = case.node if isinstance(case.node, ast.Call | ast.Subscript | ast.BinOp | ast.For) else None
    among = float_among(case, node)
    if node is None or among is None or (isinstance(node, ast.Call) and _takes_floats(case, node, among[0])):
        return None
    piece, _ = among
    origin = float_origin(case, piece, node.iter if isinstance(node, ast.For) else node)
    if origin is None:
        return None
    return RuleResult(f"{_wanted(case, node)}, and {origin.words}.", origin.fix, origin.readings)


def _takes_floats(case: ErrorCase, call: ast.Call, piece: ast.expr) -> bool:
    """Whether a float may be wanted there, so that something else is wrong."""
    # Up to PyTorch 2.6 a layer's `empty()` says so, which nothing but sizes is given to.
    if "invalid combination" not in str(case.error) or str(case.error).startswith("empty() "):
        return False
    if any(key.arg == "dim" and key.value is piece for key in call.keywords):
        return False
    return called_name(call) not in _OF_SIZES or (called_name(call) == "full" and piece is call.args[-1])


def _wanted(case: ErrorCase, node: ast.AST) -> str:
    argument = re.search(r"argument '(\w+)'", str(case.error))
    is_size = argument is None or "siz" in argument[1] or argument[1] in ("shape", "repeats")
    match node:
        case ast.Call(keywords=keywords) if any(
            key.arg == "dim" and type(case.value(key.value)) is float for key in keywords
        ):
            return "A dimension is named by a whole number"
        case ast.Call() as call if not is_size and argument is not None:
            return f"`{called_name(call)}` takes a whole number for `{argument[1]}`"
        case ast.Subscript():
            return "The bounds of a slice are whole numbers"
        case ast.BinOp():
            return "A list or tuple is repeated a whole number of times"
        case ast.For(iter=ast.Call() as call) | (ast.Call() as call) if called_name(call) == "range":
            return "`range` counts in whole numbers"
        case ast.Call() as call if called_name(call) == "DataLoader":
            return "A batch holds a whole number of samples"
        case ast.Call() as call if called_name(call) in ("topk", "chunk", "split", "unsqueeze", "roll", "kthvalue"):
            return f"`{called_name(call)}` takes whole numbers"
        case _:
            return "A size is a whole number"
