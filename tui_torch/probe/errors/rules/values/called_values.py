"""Errors of what is called and is no function: text, a number, a result under a function's name, or handed over."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.given_values import function_called_in
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.short_repr import short_repr

_LONGEST_VALUE = 40
"""Maximum number of characters of a value in a sentence."""
_KINDS = {str: "text", int: "a number", float: "a number", bool: "a bool", list: "a list", dict: "a dict"}
_WANT_FUNCTIONS = ("collate_fn", "worker_init_fn", "transform", "target_transform", "closure")
"""Options that take a function."""
_APPLIED = ("apply", "register_forward_hook", "register_full_backward_hook", "register_hook", "map")
"""Methods whose first argument is a function."""
_BY_LAMBDAS = (torch.optim.lr_scheduler.LambdaLR, torch.optim.lr_scheduler.MultiplicativeLR)


@rule(r"^'([\w.]+)' object is not callable", TypeError)
@rule(r"^lr_lambda should be a function, but got (\w+)", TypeError)
def value_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a call of a value, by the line that gave it or handed it over."""
    kind = found[1].rpartition(".")[2]
    return _in_the_line(case, kind) if case.is_own else _handed_over(case, kind)


def _in_the_line(case: ErrorCase, kind: str) -> RuleResult | None:
    call = case.call()
    if call is None or not isinstance(call.func, ast.Name | ast.Attribute):
        return None
    value = case.find(call.func)
    if value is MISSING or type(value).__name__ != kind:
        return None
    if type(value) is list and value and issubclass(type(value[0]), torch.nn.Module):
        return None  # layers in a list have a rule of their own
    name = ast.unparse(call.func)
    made = case.history.last(name)
    where = f" (line {made.statement.lineno})" if made is not None else ""
    said = short_repr(value, _LONGEST_VALUE) if type(value) in (str, int, float, bool) else None
    what = f"`{name}` is {_KINDS.get(type(value), an(kind))}{f', {said}' if said else ''}{where}"
    if isinstance(call.func, ast.Name) and hasattr(builtins, name):
        return RuleResult(
            f"{what}: that hides Python's own `{name}`, which is called here. Give the value another name.",
            _under_another_name(case, name),
        )
    if type(value) is str and value.isidentifier() and callable(vars(torch.nn.functional).get(value)):
        return RuleResult(
            f"{what}: the name of a function, and not the function. `getattr` finds it by its name.",
            SuggestedFix(rewritten(call, {call.func: "getattr(torch.nn.functional, {})"}), None, call),
        )
    return RuleResult(
        f"{what}, and nothing to call. If it was a function before, its name was taken for a value: give the value "
        "another name.",
    )


def _under_another_name(case: ErrorCase, name: str) -> SuggestedFix | None:
    """The one assignment of a name under another, where the name is not read but called."""
    nodes = list(ast.walk(case.tree)) if case.tree is not None else []
    called = {id(one.func) for one in nodes if isinstance(one, ast.Call)}
    used = [one for one in nodes if isinstance(one, ast.Name) and one.id == name and id(one) not in called]
    made = case.history.last(name)
    if len(used) != 1 or made is None or not isinstance(used[0].ctx, ast.Store):
        return None
    return SuggestedFix(rewritten(made.statement, {used[0]: f"{name}_value"}), None, made.statement)


def _handed_over(case: ErrorCase, kind: str) -> RuleResult | None:
    """Explain `LambdaLR(opt, lr_lambda=0.9)`, `collate_fn=collate(x)` and `net.apply(init(net))`."""
    for made in (node for node in ast.walk(case.tree or ast.Pass()) if isinstance(node, ast.Call)):
        for name, given in _functions_given(case, made):
            value = case.value(given)
            if name == "lr_lambda" and type(value) in (int, float) and type(value).__name__ == kind:
                return _rate(case, made, given, value)
            called = isinstance(given, ast.Call) and _gives(case, given, kind)
            if called or (value is not MISSING and type(value).__name__ == kind and not isinstance(given, ast.Call)):
                return _result_for_a_function(case, name, made, given, kind)
    return None


def _functions_given(case: ErrorCase, made: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the arguments of a call in whose place a function is wanted, with what they are called."""
    for key in made.keywords:
        if key.arg in (*_WANT_FUNCTIONS, "lr_lambda"):
            yield key.arg, key.value
    if case.find(made.func) in _BY_LAMBDAS and len(made.args) > 1:
        yield "lr_lambda", made.args[1]
    if isinstance(made.func, ast.Attribute) and made.func.attr in _APPLIED and made.args:
        yield made.func.attr, made.args[0]


def _gives(case: ErrorCase, call: ast.Call, kind: str) -> bool:
    """Whether a call gave a value of a kind, as far as can be told without running it."""
    function = function_called_in(call, case.history, case.names, case.statement)
    returned = case.history.returned(function) if function is not None else []
    if returned:
        return not any(isinstance(one.value, ast.Lambda | ast.Name) for one in returned)
    return kind in ("NoneType", "Tensor", "Parameter") and (function is not None or _is_pytorchs_call(case, call))


def _is_pytorchs_call(case: ErrorCase, call: ast.Call) -> bool:
    return getattr(case.find(call.func), "__module__", None) in ("torch.nn.init", "torch.nn.functional")


def _rate(case: ErrorCase, made: ast.Call, given: ast.expr, value: float) -> RuleResult:
    what = f"{case.quoted(given)} is a number, and `lr_lambda` a function that takes the number of the epoch"
    if case.find(made.func) is _BY_LAMBDAS[1]:
        fix = SuggestedFix(rewritten(made, {given: f"lambda epoch: {value}"}), None, made)
        return RuleResult(f"{what} and gives what the rate is multiplied by.", fix)
    text = rewritten(made, {given: f"lambda epoch: {value} ** epoch"})
    ways = (
        PossibleFix(f"the rate is to be multiplied by {value} in each epoch", SuggestedFix(text, None, made)),
        PossibleFix(
            f"it is to be {value} times the first rate throughout",
            SuggestedFix(rewritten(made, {given: f"lambda epoch: {value}"}), None, made),
        ),
    )
    return RuleResult(f"{what} and gives what the first rate is multiplied by.", readings=ways)


def _result_for_a_function(case: ErrorCase, name: str, made: ast.Call, given: ast.expr, kind: str) -> RuleResult:
    what = f"`{name}` takes a function, which is called later"
    if not isinstance(given, ast.Call):
        return RuleResult(f"{what}, and {case.quoted(given)} is {an(kind)}.")
    text = rewritten(made, {given: ast.unparse(given.func)})
    is_own = function_called_in(given, case.history, case.names, case.statement) is not None
    return RuleResult(
        f"{what}, and {case.quoted(given)} calls one at once and hands over what it gives ({kind}). Hand over the "
        "function itself, without parentheses.",
        SuggestedFix(text, None, made) if is_own and len(text) <= LONGEST_FIX else None,
    )
