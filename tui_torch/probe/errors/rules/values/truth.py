"""Errors of a tensor where Python wants one True or False: in `if`, `and`, `not`, `max(a, b)`, and as an option."""

from __future__ import annotations

import ast
import builtins
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule

_BY_ELEMENT = {"max": "maximum", "min": "minimum"}
"""The functions of `torch` that compare two tensors element by element, as Python's compare two numbers."""


@rule(r"Boolean value of Tensor with (more than one value|no values) is ambiguous", RuntimeError)
def truth_of_a_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `if x > 0:` on a tensor of more than one element, and `nn.MSELoss(pred, y)`."""
    call = case.call()
    if call is not None and (result := _of_a_call(case, call)) is not None:
        return result
    if found[1] == "no values":
        return RuleResult("An empty tensor is neither true nor false. Ask for `x.numel() == 0`.")
    test = _whole_test(case)
    if test is None:
        return RuleResult(
            "Python wants one True or False here, and the tensor holds many. `.any()` is True when some element is, "
            "`.all()` when all are; `and`, `or` and `not` become `&`, `|` and `~` on tensors.",
        )
    joined = ast.unparse(_by_element(test))
    if (outer := _decided_by(case, test)) is not None:
        return RuleResult(
            f"{case.with_shape(_asked(case.node))}: it holds many answers, and Python wants one. `.any()` is True when "
            "some element is, `.all()` when all are.",
            readings=(
                *case.possible_fixes(
                    ("all have to be true", f"({joined}).all()"),
                    ("one that is true is enough", f"({joined}).any()"),
                    of=test,
                    unseen=True,
                    silent=True,
                ),
                *_chosen_by_element(case, outer, joined),
            ),
        )
    return RuleResult(
        "`and`, `or` and `not` want one True or False of a tensor, which holds many. Element by element they are `&`, "
        "`|` and `~`.",
        case.working_fix(joined, of=test, unseen=True) if isinstance(test, ast.BoolOp | ast.UnaryOp) else None,
    )


def _of_a_call(case: ErrorCase, call: ast.Call) -> RuleResult | None:
    made = case.find(call.func)
    function = ast.unparse(call.func)
    if issubclass(type(made), type) and vars(torch.nn).get(made.__name__) is made:
        arguments = ", ".join(ast.unparse(part) for part in (*call.args, *call.keywords))
        return RuleResult(
            f"`{function}` is a class: it is made once, with its options, and then called with tensors. Here the "
            "tensors went to where the options go.",
            case.working_fix(f"{function}()({arguments})", unseen=True),
        )
    by_element = _BY_ELEMENT.get(function)
    is_built_in = made is not MISSING and made is getattr(builtins, function, None)
    if by_element is None or not is_built_in or any(case.tensor(part) is None for part in call.args):
        return None
    if len(call.args) != 2:
        return None
    return RuleResult(
        f"Python's `{function}` asks of two which is the larger, and tensors hold many answers. `torch.{by_element}` "
        "compares element by element.",
        case.working_fix(f"torch.{by_element}({', '.join(map(ast.unparse, call.args))})", unseen=True),
    )


def _whole_test(case: ErrorCase) -> ast.expr | None:
    """Return the piece that failed with every `and`, `or` and `not` that it is a part of."""
    test = case.node
    if not isinstance(test, ast.expr):
        return None
    for outer in case.history.around(test):
        if not isinstance(outer, ast.BoolOp) and not (isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not)):
            break
        test = outer
    return test


def _by_element(test: ast.expr) -> ast.expr:
    """Return a test with `&`, `|` and `~` in the place of `and`, `or` and `not`."""
    match test:
        case ast.BoolOp(op, [first, *others]):
            joined = _by_element(first)
            for other in others:
                joined = ast.BinOp(joined, ast.BitAnd() if isinstance(op, ast.And) else ast.BitOr(), _by_element(other))
            return joined
        case ast.UnaryOp(ast.Not(), operand):
            return ast.UnaryOp(ast.Invert(), _by_element(operand))
        case _:
            return test


def _asked(node: ast.AST | None) -> ast.AST | None:
    """Return what `and`, `or` or `not` asks first."""
    match node:
        case ast.BoolOp(_, [first, *_]):
            return _asked(first)
        case ast.UnaryOp(ast.Not(), operand):
            return _asked(operand)
        case _:
            return node


def _decided_by(case: ErrorCase, test: ast.expr) -> ast.AST | None:
    """Return the `if`, `while` or `assert` that a test decides; None if it gives a value."""
    outer = next(iter(case.history.around(test)), None)
    is_test = isinstance(outer, ast.If | ast.While | ast.Assert | ast.IfExp) and outer.test is test
    return outer if is_test and case.shape(_asked(case.node)) is not None else None


def _chosen_by_element(case: ErrorCase, outer: ast.AST, joined: str) -> tuple[PossibleFix, ...]:
    """Return `torch.where` for `a if test else b`."""
    if not isinstance(outer, ast.IfExp):
        return ()
    parts = f"{ast.unparse(outer.body)}, {ast.unparse(outer.orelse)}"
    return case.possible_fixes(("each element chooses", f"torch.where({joined}, {parts})"), of=outer, unseen=True)
