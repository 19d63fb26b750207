"""Updates by hand whose result nothing keeps: the weights stay as they were, although they have gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.tensor_stamp import Stamp, stamp
from tui_torch.probe.coach.wording import none_of
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

ENOUGH = 3
"""The number of `backward()` calls after which weights that learn have moved."""
_MOST = 50
"""Maximum number of weights that are followed."""
_SUMS = ("sub", "add", "subtract")
"""Functions whose result has to be kept; with an underscore, they change what they are called on."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """A statement that computes a new weight and does not change the old one."""

    statement: ast.Assign | ast.Expr
    weight: ast.expr
    """What should change."""
    in_place: str
    """The code that changes it."""
    name: str | None
    """The name that the new tensor is bound to; None if it gets none."""


class LostUpdate(CoachRule):
    """Finds weights that get gradients and never move, where a result computed from the gradients is dropped."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[ref[torch.Tensor], Stamp]] = {}
        self._looks = 0
        self._has_moved = False

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        self._looks += 1
        for leaf in snapshot.graph.leaves[:_MOST]:
            if leaf.grad is None or leaf.is_meta:
                continue
            if id(leaf) in self._first:
                self._look_at(leaf)
            elif self._looks > 1:
                # What is made again may have the numbers of an update.
                self._has_moved = True
            elif not stamp(leaf.grad).is_zero:
                self._first[id(leaf)] = ref(leaf), stamp(leaf)

    def _look_at(self, leaf: torch.Tensor) -> None:
        held, state = self._first[id(leaf)]
        now = stamp(leaf)
        self._has_moved |= held() is not leaf or now.version != state.version or not now.same_numbers(state)

    def notes(self, facts: Facts) -> Iterator[Note]:
        if facts.backwards < ENOUGH or facts.optimizers or not self._first:
            return
        for held, _ in self._first.values():
            leaf = held()
            if leaf is not None:
                self._look_at(leaf)
        lost = None if self._has_moved else next(_lost(facts), None)
        if lost is None:
            return
        source, count = facts.source, len(self._first)
        text = source.named(lost.statement)
        what = (
            f"`{text}` binds the name `{lost.name}` to a new tensor"
            if lost.name is not None
            else f"`{text}` computes a new tensor that nothing keeps"
        )
        inside = "" if ast.unparse(lost.weight).endswith(".data") else " inside `torch.no_grad()`"
        says = (
            f"{what}, and the parameter is what it was: {facts.backwards:,} `backward()` calls filled gradients, and "
            f"{none_of(count)[0].lower()}{none_of(count)[1:]} that got one has changed. "
            f"`{lost.in_place}`{inside} changes it in place."
        )
        yield noted("update-lost", says, lost.statement.lineno, _in_place(lost, source, facts.names))


def _lost(facts: Facts) -> Iterator[_Lost]:
    """Yield the statements that compute something from a gradient, in each pass of a loop, and drop it."""
    source = facts.source
    loaded = [node.id for node in source.nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)]
    for node in source.nodes:
        # What stands beside the loop may be there to be looked at.
        if not source.function_around(node.lineno) and not any(
            loop.lineno <= record.line <= (loop.end_lineno or 0)
            for record in facts.sites
            for loop in source.loops_around(node.lineno)
        ):
            continue
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if _is_of_the_loop(node, name, source) or name not in loaded:
                    found = _update(value, source)
                    if found is not None:
                        yield _Lost(node, *found, name)
            case ast.Expr(value=value):
                found = _update(value, source)
                if found is not None:
                    yield _Lost(node, *found, None)
            case _:
                pass


def _update(value: ast.expr, source: Source) -> tuple[ast.expr, str] | None:
    """Return the weight of an expression like `w - lr * w.grad`, and the code that changes the weight by it."""
    match value:
        case ast.BinOp(left=weight, op=ast.Sub() | ast.Add() as op, right=change):
            in_place = f"{source.named(weight)} {'-' if isinstance(op, ast.Sub) else '+'}= {source.named(change)}"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=attribute), args=[weight, *rest]):
            in_place = _called_in_place(weight, attribute, [*rest, *value.keywords], source)
            change = value
        case ast.Call(func=ast.Attribute(value=weight, attr=attribute), args=rest):
            in_place = _called_in_place(weight, attribute, [*rest, *value.keywords], source)
            change = value
        case _:
            return None
    if isinstance(value, ast.Call) and called(value) not in _SUMS:
        return None
    plain = ast.unparse(weight).removesuffix(".data")
    return (weight, in_place) if f"{plain}.grad" in ast.unparse(change) else None


def _called_in_place(weight: ast.expr, name: str, rest: list[ast.expr | ast.keyword], source: Source) -> str:
    return f"{source.named(weight)}.{name}_({', '.join(source.named(one) for one in rest)})"


def _is_of_the_loop(node: ast.Assign, name: str, source: Source) -> bool:
    """Return whether a name is that of a loop's item, and used for nothing more in its pass."""
    for loop in source.loops_around(node.lineno):
        if not isinstance(loop, ast.For) or node not in list(ast.walk(loop)):
            continue
        if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(loop.target)):
            later = [part for part in ast.walk(loop) if getattr(part, "lineno", 0) > (node.end_lineno or 0)]
            uses = [part for part in later if isinstance(part, ast.Name) and part.id == name]
            of_gradients = [part.value for part in later if isinstance(part, ast.Attribute) and part.attr == "grad"]
            return all(use in of_gradients for use in uses)
    return False


def _in_place(lost: _Lost, source: Source, names: NamedValues) -> Fix | None:
    """Return the code that changes the weight, inside `torch.no_grad()` unless the code has switched gradients off."""
    statement = lost.statement
    off = ("no_grad", "inference_mode", "set_grad_enabled")
    is_off = any(
        isinstance(node, ast.With)
        and node.lineno <= statement.lineno <= (node.end_lineno or 0)
        and any(word in ast.unparse(node.items[0].context_expr) for word in off)
        for node in source.nodes
    )
    if is_off or ast.unparse(lost.weight).endswith(".data"):
        return replaced(source, statement, lost.in_place)
    guard = spelled(names, "torch.no_grad")
    if guard is None:
        return None
    indent = " " * statement.col_offset
    return replaced(source, statement, f"with {guard}():\n{indent}    {lost.in_place}")
