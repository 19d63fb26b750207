"""Errors of complex tensors: losses that are complex, and operations that only real numbers have."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.registry import rule


@rule(r"grad can be implicitly created only for real scalar outputs but got torch\.(complex\d+)", RuntimeError)
def complex_loss(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` of a complex number."""
    held = case.receiver() if case.call("backward") is not None else None
    who = case.quoted(held) if held is not None else "The loss"
    return RuleResult(
        f"{who} is {found[1]}: a loss is made smaller, and a complex number is neither smaller nor larger than "
        "another. Make a real number of it that says how wrong the result is, such as `.abs()` of it, or the mean of "
        "`.abs() ** 2`.",
        of_autograd=True,
    )


@rule(r"\"(\w+)\" not implemented for '(Complex\w+)'", RuntimeError, first=True)
@rule(r"(\w+) is not (?:supported|implemented) for (complex) ", RuntimeError, first=True)
def only_real(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a comparison, a maximum or a loss of complex numbers."""
    pair = case.pair()
    parts = [part for part in pair or () if str(case.dtype(part) or "").startswith("complex")]
    held = parts[0] if parts else case.argument(case.call(), 0, "input")
    who = (
        f"{case.quoted(held)} is {case.dtype(held)}" if held is not None and case.dtype(held) else "A tensor is complex"
    )
    what = f"`{ast.unparse(case.node)}`" if isinstance(case.node, ast.Compare) else "This operation"
    operation = "complex numbers have no order" if isinstance(case.node, ast.Compare) else "it is for real numbers only"
    return RuleResult(
        f"{who}. {what} cannot be computed: {operation}. `.abs()` gives how large each is, `.real` and `.imag` its "
        "parts."
    )


@rule(r"mat1 and mat2 must have the same dtype, but got Complex\w+ and (?:Float|Double)", RuntimeError, first=True)
@rule(
    r"expected m1 and m2 to have the same dtype, but got: c10::complex<\w+> != (?:float|double)",
    RuntimeError,
    first=True,
)
def complex_for_a_layer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the result of a Fourier transform for a layer of real weights."""
    call = case.call()
    layer = case.layer()
    held = case.argument(call, 0, "input")
    if layer is None or held is None or call is None:
        return None
    return RuleResult(
        f"{case.quoted(held)} is {case.dtype(held) or 'complex'}, and `{layer.path}` has real weights. Give it real "
        "numbers: `.abs()` for how large each is, or `torch.view_as_real(...)` for both parts in a last dimension of 2."
    )
