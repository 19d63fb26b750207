"""Errors of `backward()` and `torch.autograd.grad` where no graph leads back: what cut it, or that there is none."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.origins.graph_cuts import GraphCut, GraphTrace, keeps_graph, trace_graph, whole_cut
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.gradients.replaced_weights import replacement_of
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base

_USUAL_CUTS = "`torch.no_grad()`, `.detach()`, `.item()` or a new `torch.tensor(...)`"


@rule(r"element (\d+) of tensors does not require grad and does not have a grad_fn", RuntimeError)
def no_graph(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` and `torch.autograd.grad` on a tensor that no graph is behind."""
    held = _element(case.differentiated(), int(found[1]))
    who = case.quoted(held) if held is not None else "What is differentiated here"
    if held is not None and (result := _of_a_gradient(case, held)) is not None:
        return result
    trace = trace_graph(held, case.history, case.names)
    if (result := _of_a_replaced_weight(case, who, trace)) is not None:
        return result
    if (result := _of_gradients(case, who, held, trace)) is not None:
        return result
    if trace.cuts:
        cut = trace.cuts[0]
        whole = whole_cut(cut, case.history)
        by_numpy = whole is not None and any(getattr(node, "attr", "") == "numpy" for node in ast.walk(whole))
        cure = "Compute the loss with tensors, without NumPy on the way." if by_numpy else cut.cure
        return RuleResult(
            f"{who} has no graph that leads back: {cut.words}. {cure}",
            None if by_numpy else _without(case, cut),
            of_autograd=True,
        )
    return RuleResult(f"{who} has no graph that leads back. {_why(trace)}", of_autograd=True)


def _of_a_replaced_weight(case: ErrorCase, who: str, trace: GraphTrace) -> RuleResult | None:
    """Explain `w = w - lr * w.grad` under `torch.no_grad()`: the new `w` requires no grad."""
    for path in trace.without:
        if (replaced := replacement_of(case, path)) is not None:
            fix = replaced.in_place
            form = fix.text if fix is not None else f"{path} -= ..."
            if type(case.find(ast.parse(path, mode="eval").body)) is list:
                return RuleResult(
                    f"{who} has no graph that leads back: {replaced.where(case)} has put new tensors into `{path}` "
                    f"(`{path} = ...`), and those require no grad. Change the weights themselves, under "
                    f"`torch.no_grad()`: `for w in {path}: w -= ...`.",
                    of_autograd=True,
                )
            return RuleResult(
                f"{who} has no graph that leads back: {replaced.where(case)} has put a new tensor in the place of "
                f"`{path}` (`{path} = ...`), and that one requires no grad. Change the weight itself, in place, under "
                f"`torch.no_grad()`: `{form}`.",
                fix,
                of_autograd=True,
            )
    return None


def _of_gradients(case: ErrorCase, who: str, held: ast.expr | None, trace: GraphTrace) -> RuleResult | None:
    """Explain a loss that is computed from a gradient, as a gradient penalty is."""
    for call in trace.gradients:
        if trace_graph(held, case.history, case.names, through=call).has_graph:
            return RuleResult(
                f"{who} has no graph that leads back: it is computed from a gradient, and "
                f"`{ast.unparse(call.func)}` (line {call.lineno}) gave that without a graph. To "
                "differentiate through a gradient, give that call `create_graph=True`.",
                _with_graph(case, call),
                of_autograd=True,
            )
    filled = next((path for path in trace.without if path.endswith(".grad")), None)
    if filled is not None and not trace.requiring and not trace.cuts:
        return RuleResult(
            f"{who} has no graph that leads back: it is computed from `{filled}`, which `backward()` fills without a "
            "graph. To differentiate through a gradient, take it by `torch.autograd.grad(y, x, create_graph=True)`.",
            of_autograd=True,
        )
    return None


def _with_graph(case: ErrorCase, call: ast.Call) -> SuggestedFix | None:
    """The statement in which a call of `torch.autograd.grad` stands, with `create_graph=True`."""
    kept = [key for key in call.keywords if key.arg != "create_graph"]
    anew = ast.Call(call.func, call.args, [*kept, ast.keyword("create_graph", ast.Constant(True))])
    statement = next((outer for outer in case.history.around(call) if isinstance(outer, ast.stmt)), None)
    whole = statement if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return) else call
    text = rewritten(whole, {call: ast.unparse(ast.fix_missing_locations(anew))})
    return SuggestedFix(text, None, whole) if len(text) <= LONGEST_FIX else None


def _element(held: ast.expr | None, index: int) -> ast.expr | None:
    """Return the tensor of a list that is differentiated."""
    if isinstance(held, ast.List | ast.Tuple):
        return held.elts[index] if index < len(held.elts) else None
    return held


def _why(trace: GraphTrace) -> str:
    if trace.requiring:
        name = next(iter(trace.requiring))
        what = "has parameters that require grad" if _are_modules(trace) else "requires grad"
        return (
            f"`{name}` {what}, so the graph was cut on the way, or was not recorded: look for {_USUAL_CUTS}, for "
            "`torch.set_grad_enabled(False)`, and for `requires_grad_()` after the computation."
        )
    if trace.frozen:
        name = next(iter(trace.frozen))
        return (
            f"It was computed by `{name}`, and no parameter of `{name}` requires grad: they are frozen. Set "
            "`requires_grad_(True)` on those that are to learn."
        )
    if trace.is_complete:
        return (
            "Nothing that it was computed from requires grad, so there is nothing to differentiate. Make the weights "
            "with `requires_grad=True`, or use a model's parameters."
        )
    return (
        f"Either nothing that it was computed from requires grad, or the graph was cut on the way: look for "
        f"{_USUAL_CUTS}."
    )


def _are_modules(trace: GraphTrace) -> bool:
    return issubclass(type(next(iter(trace.requiring.values()))), torch.nn.Module)


def _without(case: ErrorCase, cut: GraphCut) -> SuggestedFix | None:
    """A fix that leaves a cut out, if the statement then gives a tensor that requires grad."""
    whole = whole_cut(cut, case.history)
    if cut.operand is None or whole is None:
        return None
    if trace_graph(case.differentiated(), case.history, case.names, through=whole).cuts:
        return None  # another piece cuts behind this one
    text = rewritten(cut.statement, {whole: ast.unparse(cut.operand)})
    value = case.outcome(text)
    if not issubclass(type(value), torch.Tensor):
        return None
    with unobserved():
        if not Base.requires_grad.__get__(value):
            return None
    return SuggestedFix(text, None, cut.statement)


def _of_a_gradient(case: ErrorCase, held: ast.expr) -> RuleResult | None:
    """Explain the derivative of what `torch.autograd.grad` or `backward()` gave."""
    found = _gradient_in(case, held)
    if found is None:
        return None
    piece, call = found
    who = case.quoted(piece)
    if call is None:
        return RuleResult(
            f"{who} is a gradient, and `backward()` gave it without a graph, or it is constant. To differentiate it "
            "again, take it by `torch.autograd.grad(y, x, create_graph=True)`; the derivative of a constant is 0.",
            of_autograd=True,
        )
    if not keeps_graph(call):
        return RuleResult(
            f"{who} is a gradient, and `{ast.unparse(call.func)}` (line {call.lineno}) gave it without a graph. To "
            "differentiate it again, give that call `create_graph=True`.",
            _with_graph(case, call),
            of_autograd=True,
        )
    return RuleResult(
        f"{who} is a gradient that is constant: the formula for it holds no input any more (as that of a straight "
        "line, whose slope is one number), so it has no graph, and its own derivative is 0 everywhere.",
        of_autograd=True,
    )


def _gradient_in(case: ErrorCase, held: ast.expr) -> tuple[ast.expr, ast.Call | None] | None:
    """Return the part of an expression that is a gradient, with the call that gave it; None for `x.grad`."""
    for piece in ast.walk(held):
        if isinstance(piece, ast.Attribute) and piece.attr == "grad":
            return (piece, None) if case.tensor(piece) is not None else None
        made = case.history.last(ast.unparse(piece)) if isinstance(piece, ast.Name) else None
        value = made.value if made is not None else piece
        value = value.value if isinstance(value, ast.Subscript) else value
        if isinstance(piece, ast.expr) and isinstance(value, ast.Call) and called_name(value) == "grad":
            return piece, value
    return None


@rule(
    r"The differentiated Tensor at index (\d+) appears to not have been used in the graph|One of the "
    r"differentiated Tensors .*?(appears to not have been used|does not require grad)"
)
def not_in_the_graph(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.autograd.grad(y, x)` where `y` was not computed from `x`."""
    call = case.call("grad")
    given = call.args[1] if call is not None and len(call.args) > 1 else None
    if found[2] == "does not require grad":
        who = case.quoted(given) if given is not None else "What is differentiated with respect to"
        return RuleResult(
            f"{who} does not require grad, so nothing was recorded of what was computed from it. Call "
            "`.requires_grad_()` on it before the computation.",
            of_autograd=True,
        )
    outputs = case.differentiated()
    if outputs is not None and (found_one := _gradient_in(case, outputs)) is not None:
        return RuleResult(
            f"{case.quoted(found_one[0])} is a gradient that does not depend on {case.quoted(given)} any more: what "
            "was differentiated is a straight line in it, so the next derivative is 0 everywhere. `allow_unused=True` "
            "gives None for that, instead of this error.",
            of_autograd=True,
        )
    return RuleResult(
        "The output was not computed from that input, so it has no gradient with respect to it. Look at which tensor "
        "the computation really starts from; `allow_unused=True` gives None instead of this error.",
        of_autograd=True,
    )
