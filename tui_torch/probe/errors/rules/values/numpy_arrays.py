"""Errors where tensors and NumPy's arrays meet: in arithmetic, in a loss, and in NumPy's functions."""

from __future__ import annotations

import ast
import re

import numpy as np
import torch

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.operations import words
from tui_torch.probe.errors.registry import rule

_ALIKE = words(
    """
    abs absolute argmax argmin ceil clip cos cosh cumsum dot exp exp2 expm1 floor log log10 log1p log2 matmul max
    maximum mean min minimum multiply outer prod round sign sin sinh sqrt square subtract sum tan tanh where
    """
)
"""NumPy's functions that `torch` has under the same name, with the same result."""
_OF_A_SAMPLE = ("std", "var")
"""Those that `torch` has under the same name and that divide by n - 1 there."""


def _is_array(case: ErrorCase, node: ast.expr) -> bool:
    return issubclass(type(case.find(node)), np.ndarray)


def _tensor_of(case: ErrorCase, array: ast.expr, beside: ast.expr) -> str:
    """Return a template that makes a tensor of an array, of the dtype of the tensor beside it."""
    held = np.ndarray.view(case.find(array), np.ndarray)
    if held.dtype == np.float64 and case.dtype(beside) in ("float32", None):
        return "torch.from_numpy({}).float()"
    return "torch.from_numpy({})"


@rule(r"Can't call numpy\(\) on Tensor that requires grad", RuntimeError)
@rule(r"unsupported operand type\(s\) for .*'numpy\.ndarray'", TypeError)
@rule(r"Concatenation operation is not implemented for NumPy arrays|can't multiply sequence by non-int", TypeError)
def tensor_with_an_array(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `prediction - y` and `F.mse_loss(prediction, y)` with an array `y`."""
    pair = case.pair() if isinstance(case.node, ast.BinOp | ast.AugAssign | ast.Compare) else None
    if pair is None:
        return None
    for array, tensor in (pair, pair[::-1]):
        if not _is_array(case, array) or _is_array(case, tensor):
            continue
        return RuleResult(
            f"{case.quoted(array)} is a NumPy array, and {case.quoted(tensor)} a tensor: arithmetic wants one kind, "
            "and only tensors have gradients. Make a tensor of the array, best once, before the loop.",
            _fix(case, array, tensor),
            of_autograd=True,
        )
    return None


@rule(r"'int' object is not callable", TypeError, first=True)
@rule(r"argument '(?:input|target)' \(position \d\) must be Tensor, not numpy\.ndarray", TypeError, first=True)
def loss_of_an_array(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.mse_loss(prediction, y)` with an array `y`, whose `size` is a number."""
    call = case.call()
    if call is None or len(call.args) < 2:
        return None
    arrays = [part for part in call.args[:2] if _is_array(case, part)]
    others = [part for part in call.args[:2] if part not in arrays]
    if not arrays or (not others and case.layer() is None):
        return None
    beside = others[0] if others else arrays[0]
    templates = {part: _tensor_of(case, part, beside) for part in arrays}
    names = " and ".join(map(case.quoted, arrays))
    return RuleResult(
        f"{names} {'is a NumPy array' if len(arrays) == 1 else 'are NumPy arrays'}, and a loss compares tensors. Make "
        "a tensor of the array, best once, before the loop.",
        _of_templates(case, templates),
    )


def _fix(case: ErrorCase, array: ast.expr, tensor: ast.expr) -> SuggestedFix | None:
    shape, beside = np.ndarray.view(case.find(array), np.ndarray).shape, case.shape(tensor)
    is_product = isinstance(case.node, ast.BinOp | ast.AugAssign) and isinstance(case.node.op, ast.MatMult)
    if beside is not None and not is_product:
        try:
            torch.broadcast_shapes(shape, beside)
        except RuntimeError:
            return None  # a tensor would be of the wrong shape as well
    return _of_templates(case, {array: _tensor_of(case, array, tensor)})


def _of_templates(case: ErrorCase, templates: dict[ast.expr, str]) -> SuggestedFix | None:
    """Return the piece with tensors for arrays: tried where it can be; the learner's own functions are not run."""
    if not isinstance(case.node, ast.expr):
        return case.working_fix(templates, unseen=True)
    return case.working_fix(templates, unseen=True) or SuggestedFix(rewritten(case.node, templates), None, case.node)


@rule(r"Can't call numpy\(\) on Tensor that requires grad", RuntimeError)
def numpy_of_a_tensor_with_grad(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.numpy()` and `np.exp(x)` on a tensor that requires grad."""
    call = case.call()
    if call is None:
        return RuleResult(
            "A tensor that requires grad is turned into a NumPy array here, which autograd could not follow. In what "
            "is to be trained, stay with tensors; to look at numbers, give `tensor.detach()`.",
            of_autograd=True,
        )
    if case.call("numpy") is not None:
        held = case.receiver()
        return RuleResult(
            f"{case.quoted(held)} requires grad, and autograd cannot follow what NumPy does with it. `detach()` gives "
            "the same numbers without the graph: right to look at them or to draw them. What is to be trained stays "
            "with tensors.",
            case.working_fix({held: "{}.detach()"}) if held is not None else None,
            of_autograd=True,
        )
    given = [part for part in call.args if case.tensor(part) is not None]
    if not given:
        return RuleResult(
            f"`{ast.unparse(call.func)}` turns a tensor that requires grad into a NumPy array, which autograd could "
            "not follow. To look at numbers or to draw them, give it `tensor.detach()`.",
            of_autograd=True,
        )
    return _numpys_function(case, call, given)


@rule(r"got an unexpected keyword|invalid combination|argument '\w+' must be", TypeError, first=True)
def numpys_reduction(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `np.mean(x)` of a tensor: NumPy calls the tensor's own method, with arguments that are NumPy's."""
    call = case.call(*_ALIKE, *_OF_A_SAMPLE, "any", "all")
    if call is None or not isinstance(call.func, ast.Attribute) or case.find(call.func.value) is not np:
        return None
    given = [part for part in call.args if not _is_array(case, part) and type(case.find(part)) not in (int, float)]
    if not given:
        return None
    name = own = called_name(call)
    names = {keyword.arg for keyword in call.keywords}
    same, more = "computes the same on tensors", ""
    if name in _OF_A_SAMPLE:
        same = "divides by n - 1 where NumPy divides by n, unless it is given `correction=0`"
        more = "" if "ddof" in names else ", correction=0"
    elif name in ("max", "min") and ("axis" in names or len(call.args) > 1):
        own = f"a{name}"  # `torch.max` gives the places along a dimension, too
    text = f"{rewritten(call, {call.func: f'torch.{own}'})[:-1]}{more})"
    return RuleResult(
        f"`np.{name}` is NumPy's, and {case.quoted(given[0])} a tensor. `torch.{own}` {same}.",
        case.working_fix(text, unseen=True),
        of_autograd=True,
    )


def _numpys_function(case: ErrorCase, call: ast.Call, given: list[ast.expr]) -> RuleResult:
    detached = SuggestedFix(rewritten(call, dict.fromkeys(given, "{}.detach()")), None, call)
    who, function = case.quoted(given[0]), ast.unparse(call.func)
    owner = case.find(call.func.value) if isinstance(call.func, ast.Attribute) else None
    own = called_name(call) if owner is np else ""
    if own not in _ALIKE:
        return RuleResult(
            f"{who} requires grad, and `{function}` makes a NumPy array of it, which autograd could not follow. Give "
            "it the numbers without the graph.",
            detached,
            of_autograd=True,
        )
    text = rewritten(call, {call.func: f"torch.{own}"})
    ours = case.working_fix(text, unseen=True)
    readings = (("this is part of what is trained", ours), ("you want to look at the numbers", detached))
    return RuleResult(
        f"{who} requires grad, and autograd cannot follow `{function}`, which is NumPy's. `torch.{own}` computes the "
        "same on tensors.",
        of_autograd=True,
        readings=tuple(PossibleFix(meant, fix) for meant, fix in readings if fix is not None),
    )
