"""Values that a loop carries from one turn to the next with their graph, such as the hidden state of an RNN."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base

_CUTS = {"detach", "detach_", "data"}


def carried_graph(case: ErrorCase, held: ast.expr | None) -> RuleResult | None:
    """Explain a second `backward()` through the graph of the turn before; None if the code does not say so.

    Args:
        case: The error.
        held: What is differentiated.
    """
    loop = case.history.loop_around(case.statement)
    if held is None or loop is None or _backward_calls(loop) != 1:
        return None
    used = _used_for(held, loop)
    carried = [name for name in _carried(loop) if name in used and _has_graph(case.find(ast.Name(name, ast.Load())))]
    if not carried:
        return None
    statement = next(node for node in _assigning(loop) if carried[0] in _names(node, ast.Store))
    together = [name for name in carried if name in _names(statement, ast.Store)]
    who = " and ".join(f"`{name}`" for name in together)
    several = len(together) > 1
    cut = "; ".join(_detached(case, name) for name in together)
    own = ""
    if isinstance(held, ast.Name) and held.id in together:
        own = " Or call `backward()` on what this turn alone has added."
    return RuleResult(
        f"{who} carr{'y their' if several else 'ies its'} graph from one turn of the loop to the next (line "
        f"{statement.lineno}), and the `backward()` of the turn before has freed that part. Cut it between the turns: "
        f"`{cut}` at the end of each.{own}",
        _fix(case, loop, statement, together) if together == carried else None,
        of_autograd=True,
    )


def _backward_calls(loop: ast.For | ast.While) -> int:
    return sum(isinstance(node, ast.Call) and called_name(node) == "backward" for node in ast.walk(loop))


def _in_order(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the names in a piece of code in the order in which they are read and written."""
    match node:
        case ast.Name():
            yield node
        case ast.Assign(targets, value):
            for part in (value, *targets):
                yield from _in_order(part)
        case ast.AugAssign(target, _, value):
            yield from (ast.Name(one.id, ast.Load()) for one in _in_order(target))
            yield from _in_order(value)
            yield from _in_order(target)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _in_order(child)


def _carried(loop: ast.For | ast.While) -> list[str]:
    """Return the names that a loop reads before it assigns them, and does assign."""
    stores = [name for node in _assigning(loop) for name in _names(node, ast.Store)]
    # A second assignment may be what cuts the graph, as `hidden = hidden.detach()` does.
    cut = {ast.unparse(node.value) for node in ast.walk(loop) if isinstance(node, ast.Attribute) and node.attr in _CUTS}
    written = {name for name in stores if stores.count(name) == 1 and name not in cut}
    seen: set[str] = set()
    carried: list[str] = []
    for statement in loop.body:
        for name in _in_order(statement):
            if isinstance(name.ctx, ast.Load) and name.id in written and name.id not in seen:
                carried.append(name.id)
            seen.add(name.id)
    return carried


def _assigning(loop: ast.For | ast.While) -> Iterator[ast.Assign | ast.AugAssign]:
    for statement in loop.body:
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Assign | ast.AugAssign))


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, context)}


def _used_for(held: ast.expr, loop: ast.For | ast.While) -> set[str]:
    """Return the names that a value is computed from in a loop."""
    used, before = _names(held, ast.Load), set[str]()
    while used != before:
        before = set(used)
        for node in _assigning(loop):
            if _names(node, ast.Store) & used:
                used |= _names(node.value, ast.Load)
    return used


def _has_graph(value: object) -> bool:
    if issubclass(type(value), torch.Tensor):
        with unobserved():
            return Base.grad_fn.__get__(value) is not None
    return type(value) in (tuple, list) and any(map(_has_graph, value))  # type: ignore[arg-type]


def _detached(case: ErrorCase, name: str) -> str:
    if issubclass(type(case.find(ast.Name(name, ast.Load()))), torch.Tensor):
        return f"{name} = {name}.detach()"
    return f"{name} = tuple(part.detach() for part in {name})"


def _fix(
    case: ErrorCase, loop: ast.For | ast.While, statement: ast.Assign | ast.AugAssign, names: list[str]
) -> SuggestedFix | None:
    """The statement that computes the next value, with the value before it detached."""
    if not isinstance(statement, ast.Assign) or any("tuple(" in _detached(case, name) for name in names):
        return None
    reads = [node for node in _in_order(statement.value) if node.id in names]
    if reads:
        # What the loop starts with is to be a tensor, too.
        if len(reads) != len(names) or not all(_starts_as_a_tensor(case, loop, name) for name in names):
            return None
        text = rewritten(statement, dict.fromkeys(reads, "{}.detach()"))
    elif case.statement is not None and statement.lineno > case.statement.lineno and len(names) == 1:
        if not isinstance(statement.targets[0], ast.Name):
            return None
        text = rewritten(statement, {statement.value: "{}.detach()"})
    else:
        return None
    return SuggestedFix(text, None, statement) if len(text) <= LONGEST_FIX else None


def _starts_as_a_tensor(case: ErrorCase, loop: ast.For | ast.While, name: str) -> bool:
    before = [one for one in case.history.all(name, case.history.scope_of(loop)) if one.statement.lineno < loop.lineno]
    return bool(before) and isinstance(before[-1].value, ast.Call)
