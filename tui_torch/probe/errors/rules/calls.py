"""Errors of calls: wrong arguments, sizes that are no whole numbers, parentheses for brackets, a debugger left."""

from __future__ import annotations

import ast
import re
from bdb import BdbQuit

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.names import MISSING, attribute_of
from tui_torch.probe.errors.registry import rule


@rule(r"^$", BdbQuit)
def debugger_left(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the end of a run from within the debugger that `breakpoint()` starts."""
    return RuleResult(
        "The debugger was left by `q`, or at the end of the input, and the run ends with it. `c` would have gone on.",
        parts=[],
    )


# PyTorch 2.6 says so of a dtype by name and of tensors without a list, too; their rules are in other modules.
@rule(
    r"^(?!(?:cat|stack|hstack|vstack)\(\).* - got \(Tensor|.*\bdtype=(?:str|type)\b)"
    r"(\w+)\(\) received an invalid combination of arguments - got \((.*?)\)",
    TypeError,
)
def wrong_arguments(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a call of one of PyTorch's functions with arguments that no signature of it takes."""
    call = case.call()
    name, got = found[1], found[2]
    takes = re.findall(r"\* \((.*?)\)\n|but expected \((.*?)\)\s*$", str(case.error))
    ways = "; ".join(f"`{name}({_required_names(first or last)})`" for first, last in takes[:3])
    if call is not None and got == "Tensor, Tensor" and name in ("sum", "mean", "prod", "max", "min"):
        first, second = call.args[:2] if len(call.args) > 1 else (None, None)
        if first is None or second is None:
            return None
        owner = ast.unparse(call.func).rpartition(".")[0]
        added = {"sum": f"{ast.unparse(first)} + {ast.unparse(second)}"}
        forms = [added[name]] if name in added else []
        forms.append(f"{owner}.{name}({owner}.stack([{ast.unparse(first)}, {ast.unparse(second)}]), dim=0)")
        return RuleResult(
            f"`{name}` reduces one tensor; its second argument is the dimension, and {case.quoted(second)} is a "
            "tensor. "
            + ("To add two tensors, write `+`." if name == "sum" else "Stack them first to reduce over both."),
            case.working_fix(*forms),
        )
    tail = f" It is called as {ways}." if ways else ""
    return RuleResult(f"`{name}` does not take ({got}).{tail}")


def _required_names(arguments: str) -> str:
    """Return the names of the arguments without a default in a signature of PyTorch's message."""
    parts = [part.strip() for part in arguments.split(",")]
    names = [part.split()[-1] for part in parts if part != "*" and "=" not in part and part]
    return ", ".join(names)


@rule(r"'torch\.Size' object is not callable", TypeError)
def size_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.shape(0)`."""
    call = case.call()
    if call is None:
        return None
    function = ast.unparse(call.func)
    text = f"{function}[{', '.join(map(ast.unparse, call.args))}]" if call.args else function
    held = call.func.value if isinstance(call.func, ast.Attribute) else None
    return RuleResult(
        f"`{function}` is a value, not a method: "
        f"{'one size is taken with square brackets' if call.args else 'no parentheses'}. "
        + (f"{case.with_shape(held)}." if held is not None else ""),
        case.working_fix(text),
    )


@rule(r"'builtin_function_or_method' object is not subscriptable|'method' object is not subscriptable", TypeError)
def method_indexed(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.size[0]`: a method with brackets in the place of parentheses."""
    if not isinstance(case.node, ast.Subscript):
        return None
    function, index = ast.unparse(case.node.value), ast.unparse(case.node.slice)
    return RuleResult(
        f"`{function}` is a method: it is called with parentheses, and square brackets take elements.",
        case.working_fix(f"{function}({index})"),
    )


@rule(r"'(\w+)' object is not callable", TypeError)
def tensor_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x(0)` on a tensor."""
    call = case.call()
    if call is None or found[1] not in ("Tensor", "Parameter", "Size"):
        return None
    if called_name(call) == "" or attribute_of(case.find(call.func), "shape") is MISSING:
        return None
    function = ast.unparse(call.func)
    arguments = ", ".join(map(ast.unparse, call.args))
    if any(case.shape(argument) for argument in call.args):
        made = next(iter(case.history.all(function, case.history.scope_of(case.statement))), None)
        where = f", since line {made.statement.lineno} gave it a value" if made is not None else ""
        return RuleResult(
            f"`{function}` is a tensor{where}, and is called with tensors as a function would be. If it was a function "
            "before, its name was taken for a result: give the result another name.",
        )
    more = (
        " If it was a function before, you have used its name for something else."
        if isinstance(call.func, ast.Name)
        else ""
    )
    if not arguments:
        return RuleResult(
            f"`{function}` is a tensor, and not called: leave the parentheses out.{more}",
            case.working_fix(function, unseen=True),
        )
    return RuleResult(
        f"`{function}` is a tensor, and not called: an element is taken with square brackets.{more}",
        case.working_fix(f"{function}[{arguments}]", unseen=True),
    )


@rule(
    r"(\w+)\(\): argument 'size' \(position (\d)\) must be tuple of ints, (?:not|but found element of type) (\w+)",
    TypeError,
)
def size_not_an_integer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.zeros("3")`."""
    call = case.call()
    given = call.args[0] if call is not None and call.args else None
    value = case.find(given)
    fix = case.working_fix({given: str(int(value))}) if type(value) is str and value.isdecimal() else None
    return RuleResult(f"A size is a whole number, and {case.quoted(given)} is {an(found[3])}.", fix)


@rule(r"Trying to create tensor with negative dimension (-\d+)", RuntimeError)
def negative_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.zeros(-1)`."""
    call = case.call()
    name = called_name(call) if call is not None else "a new tensor"
    return RuleResult(
        f"A size cannot be {found[1]}. -1 for “whatever is left” is understood by `reshape` and `view` only, and "
        f"`{name}` makes a new tensor: say how large."
    )


@rule(r"can only concatenate tuple \(not \"(\w+)\"\) to tuple", TypeError)
def arithmetic_with_max(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.max(1) + 1`: `max(dim)` gives values and indices."""
    pair = case.pair()
    if pair is None:
        return None
    for part in pair:
        value = case.value(part)
        if type(value).__module__ == "torch.return_types":
            meaning = f"{case.quoted(part)} gives two things: the values, and where they are."
            other = pair[1] if part is pair[0] else pair[0]
            if case.dtype(other) == "int64" and case.shape(other):
                ways = case.possible_fixes(
                    ("the positions are meant", {part: "{}.indices"}), ("the values are meant", {part: "{}.values"})
                )
                return RuleResult(meaning, readings=ways)
            return RuleResult(f"{meaning} Take `.values` (or `.indices`).", case.working_fix({part: "{}.values"}))
    return None
