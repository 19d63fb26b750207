"""Errors of writing into a tensor of another dtype: by indices, masks and scatter, and numbers too large for it."""

from __future__ import annotations

import ast
import re
from typing import Any

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule

_RANGES = {
    "uint8": (0, 255),
    "int8": (-128, 127),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
_WIDER = {"uint8": "int64", "int8": "int64", "int16": "int64", "int32": "int64", "uint16": "int64", "uint32": "int64"}


@rule(r"Index put requires the source and destination dtypes match", RuntimeError)
@rule(
    r"(?:index_add|index_copy|scatter\w*|masked_scatter)_?(?:\(\))?:.*\b(?:same dtypes?|same scalar type)", RuntimeError
)
@rule(r"(?:scatter|index_reduce|put)\w*(?:\(\))?: (?:Expected self\.dtype to be equal to|self and)", RuntimeError)
def another_dtype(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[i] = y` and `x.scatter_(...)` with a `y` of another dtype than `x`."""
    pair = _written(case)
    if pair is None:
        return None
    target, source = pair
    own, other = case.dtype(target), case.dtype(source)
    if own is None or other is None or own == other:
        return None
    loses = own in _RANGES and other not in _RANGES
    more = ", which would cut off what is behind the point" if loses else ""
    of = case.statement if isinstance(case.statement, ast.Assign) and not isinstance(case.node, ast.Call) else case.node
    fixes: list[PossibleFix] = []
    if isinstance(of, ast.expr | ast.stmt):
        text = rewritten(of, {source: f"{{}}.to({ast.unparse(target)}.dtype)"})
        fixes.append(PossibleFix(f"{case.quoted(target)} is to stay {own}", SuggestedFix(text, None, of)))
    if (anew := _made_with(case, target, other)) is not None:
        fixes.append(PossibleFix(f"{case.quoted(target)} is to hold {other}", anew))
    return RuleResult(
        f"{case.quoted(target)} is {own} and {case.quoted(source)} is {other}: writing by an index converts nothing. "
        f"Convert what is written{more}, or make {case.quoted(target)} as {other}.",
        readings=tuple(fixes),
    )


def _written(case: ErrorCase) -> tuple[ast.expr, ast.expr] | None:
    """Return what is written into, and what is written."""
    match case.node, case.statement:
        case ast.Call(ast.Attribute(owner), arguments, keywords) as call, _ if not called_name(call).startswith("__"):
            named = [key.value for key in keywords if key.arg in ("src", "source", "value", "values")]
            source = [*named, *reversed(arguments)]
            return (owner, source[0]) if source else None
        case _, ast.Assign([ast.Subscript(owner)], value):
            return owner, value
        case _:
            return None


def _made_with(case: ErrorCase, target: ast.expr, dtype: str) -> SuggestedFix | None:
    """The line that made a tensor, with another dtype; None if it is not one that says its dtype."""
    made = case.history.last(ast.unparse(target))
    if made is None or not isinstance(made.value, ast.Call) or made.unpacked:
        return None
    given = next((key.value for key in made.value.keywords if key.arg == "dtype"), None)
    if given is None or "torch." not in ast.unparse(given):
        return None
    return SuggestedFix(rewritten(made.statement, {given: f"torch.{dtype}"}), None, made.statement)


@rule(r"Python integer (-?\d+) out of bounds for (u?int\d+)", OverflowError)
@rule(r"value cannot be converted to type (u?int\d+)_t without overflow()", RuntimeError)
@rule(r"Overflow when unpacking (long)()", RuntimeError)
def too_large(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `np.array([300], dtype=np.uint8)` and `torch.full((2,), 70000, dtype=torch.int16)`."""
    name = found[2] or found[1]
    name = "int64" if name == "long" else name
    lowest, highest = _RANGES.get(name, (0, 0))
    number = found[1] if found[2] else _number_beyond(case, lowest, highest)
    what = f"{number} is" if number else "a number is"
    wider = f" A wider one, such as `{_WIDER[name]}`, or `float32`, holds it." if name in _WIDER else ""
    images = " For an image's brightness, `clip` it to 0 and 255 first." if name == "uint8" else ""
    return RuleResult(f"`{name}` holds whole numbers from {lowest} to {highest}, and {what} beyond.{wider}{images}")


def _number_beyond(case: ErrorCase, lowest: int, highest: int) -> str:
    for part in ast.walk(case.statement) if case.statement is not None else ():
        value: Any = case.find(part) if isinstance(part, ast.Constant | ast.UnaryOp | ast.Name) else None
        if type(value) in (int, float) and not lowest <= value <= highest:
            return ast.unparse(part)
    return ""
