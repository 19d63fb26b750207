"""Errors of operations that a dtype does not have: softmax of whole numbers, random numbers of them, bits of floats."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule

_DTYPES = {
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Float": "float32",
    "Double": "float64",
}
_WHOLE = ("int64", "int32", "int16", "int8", "uint8", "bool")
_BITS = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>"}
_RANDOM = (
    "rand",
    "randn",
    "rand_like",
    "randn_like",
    "normal",
    "normal_",
    "uniform_",
    "xavier_uniform_",
    "kaiming_normal_",
)


def _held(case: ErrorCase, dtype: str) -> ast.expr | None:
    """The first tensor of the failing piece that has a dtype."""
    call = case.call()
    parts = [*(case.pair() or ())]
    if call is not None:
        if isinstance(call.func, ast.Attribute):
            parts.append(call.func.value)
        parts += [*call.args, *(keyword.value for keyword in call.keywords)]
    return next((part for part in parts if case.dtype(part) == dtype), None)


@rule(r"\"(\w+)\" not implemented for '(\w+)'", RuntimeError)
def not_for_this_dtype(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an operation on tensors of a dtype that it does not have."""
    dtype = _DTYPES.get(found[2])
    if dtype is None:
        return None
    if isinstance(case.node, ast.BinOp | ast.AugAssign) and type(case.node.op) in _BITS and dtype.startswith("float"):
        return RuleResult(
            f"`{_BITS[type(case.node.op)]}` works on bits, of whole numbers and of True and False, and these are "
            f"{dtype}. For a power write `**`; for conditions compare first, each in parentheses: `(x > 0) & (x < 1)`."
        )
    call = case.call()
    name = called_name(call) if call is not None else ""
    if name in _RANDOM and dtype in _WHOLE and call is not None:
        given = next((keyword.value for keyword in call.keywords if keyword.arg == "dtype"), None)
        hint = (
            "`torch.randint(low, high, size)` draws whole numbers"
            if given is not None
            else "make it a float tensor first"
        )
        return RuleResult(f"Random numbers of this kind are fractions, and {dtype} holds whole numbers: {hint}.")
    held = _held(case, dtype)
    what = f"{case.quoted(held)} is {dtype}" if held is not None else f"What this line computes with is {dtype}"
    who = f"`{name}`" if name else "this operation"
    if layer := case.layer():
        who = f"`{layer.path}`"
    if dtype in _WHOLE:
        fix = None
        if held is not None and isinstance(case.node, ast.Call | ast.BinOp):
            fix = case.working_fix({held: "{}.float()"}, with_dtype=True)
            if fix is None and isinstance(case.node, ast.Call) and name:
                fix = SuggestedFix(rewritten(case.node, {held: "{}.float()"}), None, case.node)
        return RuleResult(f"{what}, and {who} is for floats. Convert it first.", fix)
    if dtype in ("float16", "bfloat16"):
        return RuleResult(
            f"{what}, and {who} is not there for {dtype} on this device. Convert it with `.float()` first."
        )
    return RuleResult(f"{what}, and {who} is not there for {dtype}. Convert it to the kind of numbers that it is for.")


@rule(
    r"(?:quantile\(\) input tensor must be either float or double|vector_norm: Expected a floating point)", RuntimeError
)
@rule(r"Boolean inputs not supported for (\w+)", RuntimeError)
def only_of_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain quantiles and norms of whole numbers."""
    held = case.argument(case.call(), 0, "input")
    if held is None or case.dtype(held) is None:
        return None
    return RuleResult(
        f"{case.quoted(held)} is {case.dtype(held)}, and this is computed of floats.",
        case.working_fix({held: "{}.float()"}, with_dtype=True, unseen=True),
    )


@rule(r"~ \(operator\.invert\) is only implemented on integer and Boolean-type tensors", TypeError)
def not_of_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `~mask` of floats."""
    held = case.node.operand if isinstance(case.node, ast.UnaryOp) else None
    return RuleResult(
        f"`~` turns True into False and back, and {case.quoted(held)} is {case.dtype(held) or 'of floats'}. Compare "
        f"it first, `{ast.unparse(held) if held is not None else 'x'} == 0`, or use `1 - "
        f"{ast.unparse(held) if held is not None else 'x'}`."
    )


@rule(r"Integers to negative integer powers are not allowed", RuntimeError)
def negative_power(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x ** -1` of whole numbers."""
    pair = case.pair()
    if pair is None:
        return None
    return RuleResult(
        f"A negative power is a fraction, and {case.quoted(pair[0])} is {case.dtype(pair[0]) or 'of whole numbers'}.",
        case.working_fix({pair[0]: "{}.float()"}, with_dtype=True, unseen=True),
    )
