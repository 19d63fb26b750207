"""Errors of datasets whose `__len__` promises more samples than `__getitem__` can give."""

from __future__ import annotations

import ast
import re

import numpy as np

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule

_OWN_CHOICE = ("sampler", "Sampler", "Subset(")
"""Code that chooses indices of its own, which may lie beyond the length."""


@rule(
    r"out of bounds for (?:dimension|axis) 0|^(?:list|tuple|string|range object) index out of range",
    IndexError,
    first=True,
)
def beyond_the_last_sample(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an IndexError in a `__getitem__` that a DataLoader has called with an index below the length."""
    function = case.history.scope_of(case.statement)
    if not isinstance(function, ast.FunctionDef) or function.name != "__getitem__" or not case.is_own:
        return None
    names = [argument.arg for argument in function.args.args]
    length = _length_of_the_same_class(case, function)
    if len(names) != 2 or length is None or not isinstance(case.node, ast.Subscript) or not _is_called_by_loader(case):
        return None
    asked, held = case.node.slice, case.node.value
    first = asked.elts[0] if isinstance(asked, ast.Tuple) and asked.elts else asked
    index = case.find(ast.Name(names[1], ast.Load()))
    if type(index) is not int or index < 0 or any(case.history.all(names[1], function)):
        return None
    if names[1] not in {part.id for part in ast.walk(first) if isinstance(part, ast.Name)}:
        return None
    has = _size(case, held)
    fix = _shorter(length, held, first, names[1])
    return RuleResult(
        f"A loader asks for indices below `len(dataset)` alone, and `__len__` (line {length.lineno}) returns "
        f"{case.quoted(length.value)}, which promises a sample {index}. For that, `__getitem__` needs "
        f"{case.quoted(case.node)}, and {case.quoted(held)} has {has or 'fewer'} elements. Return the number of "
        "samples that there are.",
        fix,
    )


def _length_of_the_same_class(case: ErrorCase, function: ast.FunctionDef) -> ast.Return | None:
    """Return what the `__len__` beside a method returns; None if that is not one `return`."""
    home = case.history.scope_of(function)
    written = case.history.method(home.name, "__len__") if isinstance(home, ast.ClassDef) else None
    returned = case.history.returned(written) if written is not None else []
    return returned[0] if len(returned) == 1 and returned[0].value is not None else None


def _is_called_by_loader(case: ErrorCase) -> bool:
    if any(word in case.source for word in _OWN_CHOICE):
        return False
    before, traceback = "", case.error.__traceback__
    while traceback is not None and traceback.tb_frame is not case.frame:
        before, traceback = traceback.tb_frame.f_code.co_filename.replace("\\", "/"), traceback.tb_next
    return "torch/utils/data/" in before


def _size(case: ErrorCase, held: ast.expr) -> int | None:
    """Return how many elements are indexed; None if that cannot be looked at."""
    value = case.find(held)
    if type(value) in (list, tuple):
        return len(value)
    if type(value) is np.ndarray:
        return value.shape[0]
    return (case.shape(held) or (None,))[0]


def _shorter(length: ast.Return, held: ast.expr, asked: ast.expr, name: str) -> SuggestedFix | None:
    """`return len(x) - n` where `x[i + n]` is asked for, and `len(x)` is returned."""
    beyond: list[ast.expr] = []
    while isinstance(asked, ast.BinOp) and isinstance(asked.op, ast.Add):
        beyond.append(asked.right)
        asked = asked.left
    if not beyond or not isinstance(asked, ast.Name) or asked.id != name or length.value is None:
        return None
    # What is subtracted has to mean the same in `__len__`: a number, or what `self` holds.
    if not all(isinstance(part, ast.Constant) or ast.unparse(part).startswith("self.") for part in beyond):
        return None
    if ast.unparse(length.value) != f"len({ast.unparse(held)})":
        return None
    text = " - ".join(["return " + ast.unparse(length.value), *(ast.unparse(part) for part in reversed(beyond))])
    return SuggestedFix(text, None, length)
