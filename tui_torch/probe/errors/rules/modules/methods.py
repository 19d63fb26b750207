"""Errors of methods: written without `self`, or called with more than they take."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule

_STATIC = {"staticmethod", "classmethod"}
_OTHER_NAMES_OF_SELF = {"self", "this", "me", "cls", "_", "obj"}


@rule(
    r"(?:(?P<cls>\w+)\.)?(?P<name>\w+)\(\) takes (?:from \d+ to )?(?P<takes>\d+) positional arguments? but "
    r"(?P<given>\d+) (?:was|were) given",
    TypeError,
    first=True,
)
def too_many_arguments(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `def forward(x):`, and a call of a method or a class with more than it takes."""
    cls, name = found["cls"], found["name"]
    if cls is None:
        return None
    takes, given = int(found["takes"]) - 1, int(found["given"]) - 1
    written = case.history.method(cls, name)
    if written is not None and given == takes + 1 and _is_without_self(written):
        arguments = ast.unparse(written.args)
        return RuleResult(
            f"`{cls}.{name}` is written as `def {name}({arguments})`, without `self`: a method is given its object "
            f"first, and its arguments after that. Write `def {name}(self{', ' + arguments if arguments else ''}):`.",
            parts=[],
        )
    if name == "__init__" and written is not None:
        return _of_a_class(case, cls, takes, given)
    if name != "forward" or (written is None and takes < 0):
        return None
    if takes == 0:
        return RuleResult(
            "`forward` was written with `self` alone, and was called with an input. Write `def forward(self, x):`."
            if given == 1
            else f"`forward` takes nothing but `self`, and was called with {given} inputs: name them after `self`."
        )
    times = "one input" if takes == 1 else f"{takes} inputs"
    return RuleResult(
        f"`{cls}.forward` takes {times} besides `self`, and was called with {given}. Call the module with as many as "
        "its `forward` names."
    )


def _is_without_self(written: ast.FunctionDef) -> bool:
    if any(getattr(one, "id", "") in _STATIC for one in written.decorator_list):
        return False
    names = [argument.arg for argument in (*written.args.posonlyargs, *written.args.args)]
    return not written.args.vararg and (not names or names[0] not in _OTHER_NAMES_OF_SELF)


def _of_a_class(case: ErrorCase, cls: str, takes: int, given: int) -> RuleResult | None:
    """Explain `Net(x)`, where the class is called in the place of a module made of it, and `Net(4, 2)`."""
    call = case.call()
    if call is None or ast.unparse(call.func).rpartition(".")[2] != cls:
        return None
    if takes == 0 and given == 1 and case.tensor(call.args[0]) is not None and _is_module_class(case, call):
        argument = ast.unparse(call.args[0])
        return RuleResult(
            f"`{cls}` is a class: it is made first, and what is made is called with the tensor. Here the tensor went "
            f"to its `__init__`. Write `net = {cls}()` once, and then `net({argument})`.",
            SuggestedFix(f"{ast.unparse(call.func)}()({argument})", None, call),
        )
    took = "nothing" if takes == 0 else "one argument" if takes == 1 else f"{takes} arguments"
    return RuleResult(
        f"`{cls}.__init__` takes {took} besides `self`, and was called with {given}. Give `__init__` a name for each, "
        "or leave them out."
    )


def _is_module_class(case: ErrorCase, call: ast.Call) -> bool:
    made = case.find(call.func)
    return issubclass(type(made), type) and issubclass(made, torch.nn.Module)
