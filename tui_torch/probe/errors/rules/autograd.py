"""Errors of autograd: `backward()` without a graph or on a freed one, and leaves that are changed in place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tui_torch.probe.errors.case import LONGEST_FIX, LONGEST_PIECE, ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.gradients.carried_values import carried_graph
from tui_torch.probe.errors.rules.gradients.changed_in_place import change_of, changed_by_a_step, out_of_place
from tui_torch.probe.errors.rules.gradients.kept_results import copied_with_a_result
from tui_torch.probe.values.short_repr import plain


@rule(r"Trying to backward through the graph a second time", RuntimeError)
def backward_twice(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a second `backward()` through a graph that the first one has freed."""
    held = case.differentiated()
    if (result := carried_graph(case, held)) is not None:
        return result
    return RuleResult(
        f"The graph behind {case.quoted(held) if held else 'this loss'} was freed by the first `backward()`. In a "
        "loop, compute the prediction and the loss anew in each step; something computed before the loop is a graph "
        "that is gone. `backward(retain_graph=True)` the first time keeps it, if you do need it twice.",
        of_autograd=True,
    )


@rule(r"grad can be implicitly created only for scalar outputs", RuntimeError)
def backward_of_many(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` and `torch.autograd.grad` without a gradient on a tensor of more than one element."""
    call, held = case.call("backward", "grad"), case.differentiated()
    if isinstance(held, ast.List | ast.Tuple):
        held = next((one for one in held.elts if case.shape(one)), None)
    if call is None or held is None:
        return None
    name = called_name(call)
    name = f"`{name}()`" if case.receiver() is not None else f"`{ast.unparse(call.func)}`"
    forms = [("the average counts, as in most losses", "mean"), ("every element counts", "sum")]
    if called_name(call) == "grad":
        forms = [("each element's own derivative is wanted", "sum"), ("the average's derivative is wanted", "mean")]
    readings = tuple(
        PossibleFix(meant, SuggestedFix(text, None, call))
        for meant, form in forms
        if len(text := rewritten(call, {held: f"{{}}.{form}()"})) <= LONGEST_FIX
    )
    many = case.with_shape(held) if case.shape(held) is not None else f"{case.quoted(held)} has more than one element"
    return RuleResult(
        f"{many}: {name} starts from one number. Reduce it to a scalar first, by `.mean()` or `.sum()`.",
        of_autograd=True,
        readings=readings,
    )


@rule(r"a (view of a )?leaf Variable that requires grad is being used in an in-place operation", RuntimeError)
def leaf_in_place(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w -= lr * w.grad` on a leaf that requires grad."""
    statement = case.statement
    target: ast.expr | None = None
    match statement:
        case ast.AugAssign(target=held) | ast.Assign(targets=[ast.Subscript() as held]):
            target = held
        case _:
            target = case.receiver() or case.argument(case.call(), 0, "input")
    root = target.value if isinstance(target, ast.Subscript) else target
    who = case.quoted(root) if root is not None else "This tensor"
    leaf = f"{who} is a leaf that requires grad: to change it in place would falsify the gradients computed from it."
    guarded = f"with torch.no_grad(): {ast.unparse(statement)}" if statement is not None else ""
    fix = case.working_fix(guarded, of=statement, silent=True)
    if (anew := _not_in_place(case)) is not None:
        return RuleResult(f"{leaf} Make a new tensor, without changing this one.", anew, of_autograd=True)
    is_update = any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in _within(statement))
    if is_update or not isinstance(statement, ast.AugAssign) or root is None:
        return RuleResult(
            f"{leaf} A step of training, or setting weights, is not to be recorded: do it under `torch.no_grad()`.",
            fix,
            of_autograd=True,
        )
    anew = ast.Assign([statement.target], ast.BinOp(statement.target, statement.op, statement.value), lineno=0)
    computed = case.working_fix(ast.unparse(ast.fix_missing_locations(anew)), of=statement, silent=True)
    return RuleResult(
        f"{leaf} A part of the computation makes a new tensor; setting a weight is done under `torch.no_grad()`.",
        of_autograd=True,
        readings=tuple(
            PossibleFix(meant, one)
            for meant, one in (("this is part of the computation", computed), ("it sets a weight", fix))
            if one is not None
        ),
    )


def _not_in_place(case: ErrorCase) -> SuggestedFix | None:
    """The call of a function that changes its input, as one that makes a new tensor: `F.relu(x)`, `torch.relu(x)`."""
    call = case.call()
    if call is None:
        return None
    kept = [key for key in call.keywords if key.arg != "inplace"]
    if len(kept) < len(call.keywords):
        return case.working_fix(ast.unparse(ast.Call(call.func, call.args, kept)))
    is_used = not isinstance(case.statement, ast.Expr)
    if (is_used or case.receiver() is None) and called_name(call).endswith("_"):
        return case.working_fix(f"{ast.unparse(call.func)[:-1]}({', '.join(map(ast.unparse, call.args))})", unseen=True)
    return None


def _within(statement: ast.stmt | None) -> Iterator[ast.AST]:
    return ast.walk(statement) if statement is not None else iter(())


@rule(r"one of the variables needed for gradient computation has been modified by an inplace operation", RuntimeError)
def modified_in_place(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `backward()` through a tensor that was changed in place after an operation had saved it."""
    text = str(case.error)
    what = re.search(r"\[torch\.\S+ (\[.*?\])\](?:, which is output \d+ of (\w+?)(?:Backward\d*)?,)?", text)
    shape = f" of {what[1]}" if what else ""
    by = f", the result of `{what[2].lower()}`," if what and what[2] else ""
    change = change_of(case, what[2]) if what and what[2] else None
    if change is not None:
        fix = out_of_place(change)
        instead = "Make a new tensor in its place." if fix is not None else "Change a `.clone()` of it."
        return RuleResult(
            f"Line {change.lineno}, `{plain(ast.unparse(change), LONGEST_PIECE)}`, changed a tensor{shape} in place "
            f"after an operation had saved it, and `backward()` needs it as it was. {instead}",
            fix,
            of_autograd=True,
        )
    if (result := changed_by_a_step(case, shape)) is not None:
        return result
    return RuleResult(
        f"A tensor{shape}{by} was changed in place (`+=`, `x[...] =`, a method that ends in `_`) after it was used, "
        "and `backward()` needs it as it was. Write `y = y + 1` in place of `y += 1`; in a loop, call `backward()` "
        "before `optimizer.step()`.",
        of_autograd=True,
    )


@rule(r"you can only change requires_grad flags of leaf variables", RuntimeError)
def requires_grad_of_a_result(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `loss.requires_grad = True` and `y.requires_grad_(False)` on the result of a computation."""
    held = case.node.value if isinstance(case.node, ast.Attribute) else case.receiver()
    who = case.quoted(held) if held is not None else "This tensor"
    follows = "so whether it requires grad follows from what it was computed from"
    if _sets_it(case):
        return RuleResult(
            f"{who} is the result of a computation, {follows}, and it does already: leave this line out. "
            "`backward()` fills the gradients of the leaves behind it.",
            of_autograd=True,
        )
    suggested_fix = None
    of = case.statement if isinstance(case.statement, ast.Assign | ast.Expr) else None
    if of is not None and isinstance(held, ast.Name):
        text = f"{held.id} = {held.id}.detach()"
        suggested_fix = case.working_fix(text, of=of, unseen=True, silent=True)
    return RuleResult(
        f"{who} is the result of a computation, {follows}. `detach()` gives its numbers without the graph.",
        suggested_fix,
        of_autograd=True,
    )


def _sets_it(case: ErrorCase) -> bool:
    match case.statement, case.node:
        case ast.Assign(value=value), _:
            return case.find(value) is not False
        case _, ast.Call(args=[value, *_]):
            return case.find(value) is not False
        case _, ast.Call(keywords=[ast.keyword("requires_grad", value)]):
            return case.find(value) is not False
        case _:
            return True


@rule(r"Only Tensors created explicitly by the user \(graph leaves\) support the deepcopy protocol", RuntimeError)
def deepcopy_of_a_result(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `copy.deepcopy(y)` of the result of a computation."""
    held = case.argument(case.call(), 0, "x")
    if (result := copied_with_a_result(case, held)) is not None:
        return result
    suggested_fix = None
    if held is not None and case.tensor(held) is not None:
        suggested_fix = case.working_fix(f"({ast.unparse(held)}).detach().clone()", unseen=True)
    return RuleResult(
        f"{case.quoted(held) if held else 'This tensor'} is the result of a computation, and a copy of it would need "
        "a copy of its graph. `detach().clone()` copies the numbers.",
        suggested_fix,
        of_autograd=True,
    )


@rule(r"attempting to assign a gradient of size '(\[.*?\])' to a tensor of size '(\[.*?\])'")
def gradient_of_another_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w.grad = g` with a gradient of another shape."""
    return RuleResult(
        f"A gradient has its tensor's shape, {found[2]}, and this one is {found[1]}. Assign one of that shape."
    )
