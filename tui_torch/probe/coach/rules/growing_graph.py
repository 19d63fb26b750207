"""Losses that are summed or kept as tensors: each keeps the graph that it came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import torch

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.loss_graph import number_of, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.isolation.torch_internals import sequence_number
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.notes import Note

SUMMANDS = 3
"""The number of summands from which on a sum is noted."""
KEPT = 8
"""The number of losses in a list from which on it is noted."""
_FAR = 200
"""Maximum number of summands, and of items of a list, that are looked at."""


class GrowingGraph(CoachRule):
    """Finds sums and lists of losses whose `backward()` has run: they keep the graphs for nothing.

    A sum on which `backward()` is still to be called has no such part: that would be an error.
    """

    def __init__(self) -> None:
        self._done: set[int] = set()
        """The sequence numbers of losses whose `backward()` has run."""
        self._note: Note | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record.count in (4, 8, 12) or snapshot.record.count > 12:
            self._search(snapshot.names, snapshot.source)
        number = number_of(snapshot.loss)
        if number is not None:
            self._done.add(number)

    def notes(self, facts: Facts) -> Iterator[Note]:
        self._search(facts.names, facts.source)
        if self._note is not None:
            yield self._note

    def _search(self, names: NamedValues, source: Source) -> None:
        for node in source.nodes:
            match node:
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add()):
                    summand: ast.expr | None = node.value
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.BinOp(left=ast.Name(id=left), op=ast.Add(), right=right)
                ) if left == name:
                    summand = right
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[argument]):
                    summand = argument
                case _:
                    continue
            if (note := self._grown(name, names.get(name), node, summand, source)) is not None:
                self._note = note
                return

    def _grown(self, name: str, value: Any, node: Any, summand: ast.expr, source: Source) -> Note | None:
        of_what = source.named(summand)
        fix = replaced(source, summand, _as_number(summand, source))
        if issubclass(type(value), torch.Tensor) and not isinstance(node, ast.Call):
            count = self._summands(value)
            if count >= SUMMANDS:
                says = (
                    f"`{name}` is a tensor that keeps the graphs of all the losses in it, {count} so far: memory grows "
                    f"with every step. A number is enough: `{of_what}.item()`."
                )
                return noted("growing-graph", says, node.lineno, fix)
        if type(value) is list and isinstance(node, ast.Call):
            count = sum(number_of(item) in self._done for item in value[:_FAR] if issubclass(type(item), torch.Tensor))
            if count >= KEPT:
                says = (
                    f"`{name}` keeps {count} losses as tensors, each with the graph that it came from: memory grows "
                    f"with every step. A number is enough: `{of_what}.item()`."
                )
                return noted("growing-graph", says, node.lineno, fix)
        return None

    def _summands(self, total: torch.Tensor) -> int:
        """Return the number of a sum's parts whose `backward()` has run."""
        count, node = 0, Base.grad_fn.__get__(total)
        for _ in range(_FAR):
            if node is None or type(node).__name__ != "AddBackward0":
                return count
            following: Any = None
            for parent, _ in inputs(node):
                if parent is None:
                    continue
                loss = through_views(_scaled(parent)) or parent
                if sequence_number(parent) in self._done or sequence_number(loss) in self._done:
                    count += 1
                elif type(parent).__name__ == "AddBackward0":
                    following = parent
            node = following
        return count


def _scaled(node: Any) -> Any:
    """Return the node of the loss in `loss * len(x)` or `loss / 4`."""
    if type(node).__name__ in ("MulBackward0", "DivBackward0"):
        return next((parent for parent, _ in inputs(node) if parent is not None), node)
    return node


def _as_number(summand: ast.expr, source: Source) -> str:
    """Return the code of a summand with `.item()` after the loss in it."""
    if isinstance(summand, ast.BinOp) and isinstance(summand.op, ast.Mult | ast.Div):
        sign = "*" if isinstance(summand.op, ast.Mult) else "/"
        return f"{_as_number(summand.left, source)} {sign} {source.named(summand.right)}"
    text = source.named(summand)
    return f"{text}.item()" if isinstance(summand, ast.Name | ast.Attribute | ast.Call) else f"({text}).item()"
