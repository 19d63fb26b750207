"""Errors of names that are added to before anything is there: `losses.append(…)` without `losses = []`."""

from __future__ import annotations

import ast
import difflib
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule

_OF_LISTS = ("append", "extend", "insert")


@rule(r"^name '(\w+)' is not defined", NameError, first=True)
def added_to_before_it_is_made(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a list or a sum that the code adds to and never made, unless another name was plainly meant."""
    name = found[1]
    kind = _added_to(case, name)
    if kind is None or any(type(case.find(ast.Name(one))) in kind for one in _similar(case, name)):
        return None
    made, what = (f"{name} = []", "appended to") if list in kind else (f"{name} = 0", "added to")
    return RuleResult(
        f"`{name}` is {what} here, and nothing has made it yet. Write `{made}` first: before the loop, if it is in "
        "one.",
        SuggestedFix(made),
        parts=[],
    )


def _added_to(case: ErrorCase, name: str) -> tuple[type, ...] | None:
    """Return what a name that is added to may be; None if it is not added to."""
    match case.statement:
        case ast.AugAssign(target=ast.Name(id=target), op=ast.Add(), value=value) if target == name:
            if isinstance(value, ast.List | ast.ListComp):
                return (list,)
            return (int, float) if type(case.find(value)) in (int, float) else None
        case _:
            outer = next(iter(case.history.around(case.node)), None)
            is_list = isinstance(outer, ast.Attribute) and outer.attr in _OF_LISTS
            return (list,) if is_list and isinstance(case.node, ast.Name) and case.node.id == name else None


def _similar(case: ErrorCase, name: str) -> list[str]:
    known = [one for scope in case.names.scopes for one in scope if type(one) is str]
    return difflib.get_close_matches(name, known, 5, 0.75)
