"""A metric that compares predictions of shape [N, 1] with labels of shape [N]: each one with each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FrameType

import torch

from tui_torch.probe.coach.fixes import noted, replaced, statement_of
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

_LOOKS = 6
"""The number of blocks, and of `backward()` calls, that are looked at."""
_MEASURES = frozenset({"acc", "accuracy", "correct", "hit", "hits", "right", "error", "errors", "err", "wrong"})
"""Words in the names that a metric is given."""
_PREDICTED = ("pred", "guess", "hat", "out", "logit", "score", "prob", "decision")
"""Parts of the names that predictions are given."""
_ELEMENTWISE = ("float", "long", "int", "bool", "round", "sigmoid", "sign", "detach", "cpu", "clone")
"""Calls whose result has the shape of what they are given."""
_DECIDING = ("round", "argmax", "sigmoid", "sign", "topk")


class BroadcastMetric(CoachRule):
    """Looks at the shapes of what is compared, where a block without gradients is over, and at a `backward()`."""

    def __init__(self) -> None:
        self._note: Note | None = None
        self._source: Source | None = None
        self._looks = 0

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        self._source = snapshot.source
        # The second one: what is measured after a step has its names by then.
        if snapshot.record.count == 2:
            self._look(snapshot.record.line, snapshot.names)

    def gradients_on(self, frame: FrameType, names: NamedValues) -> None:
        if self._looks < _LOOKS:
            self._looks += 1
            self._look(frame.f_lineno, names)

    def _look(self, line: int, names: NamedValues) -> None:
        source = self._source
        if self._note is not None or source is None:
            return
        function = source.function_around(line)
        for node in source.nodes:
            if isinstance(node, ast.Compare) and source.function_around(node.lineno) is function:
                found = _broadcast(node, names)
                if found is not None and _is_predicted(found[0], node, source) and _is_a_metric(node, source):
                    self._note = _noted(node, *found, source)
                    return

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None:
            yield self._note


def _broadcast(node: ast.Compare, names: NamedValues) -> tuple[ast.Name, int] | None:
    """Return the side of shape [N, 1], and N, if the other one is of shape [N]."""
    sides = (node.left, *node.comparators)
    if len(sides) != 2 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return None
    one, other = map(_name_of_shape, sides)
    if one is None or other is None:
        return None
    for column, row in ((one, other), (other, one)):
        first, second = names.get(column.id), names.get(row.id)
        if type(first) is not torch.Tensor or type(second) is not torch.Tensor:
            continue
        count = first.shape[0] if first.dim() else 0
        if count > 1 and tuple(first.shape) == (count, 1) and tuple(second.shape) == (count,):
            # Each with each may be meant, of the same labels.
            same = first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr()
            return None if same else (column, count)
    return None


def _name_of_shape(node: ast.expr) -> ast.Name | None:
    """Return the name whose tensor has the shape of an expression: `out` of `(torch.sigmoid(out) > 0.5).long()`."""
    match node:
        case ast.Name():
            return node
        case ast.Compare(left=inner, comparators=[ast.Constant()]) | ast.UnaryOp(operand=inner):
            return _name_of_shape(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=name), args=[inner]) if name in _ELEMENTWISE:
            return _name_of_shape(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _ELEMENTWISE:
            return _name_of_shape(inner)
        case _:
            return None


def _is_predicted(column: ast.Name, node: ast.Compare, source: Source) -> bool:
    """Return whether a name is that of predictions, or goes into, or is given, what decides between classes."""
    if any(part in column.id.lower() for part in _PREDICTED):
        return True
    if any(isinstance(part, ast.Compare) and part is not node for part in ast.walk(node)):
        return True
    made = source.assigned(column.id)
    return made is not None and any(
        (isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE))
        or (isinstance(part, ast.Call) and called(part) in _DECIDING)
        for part in ast.walk(made.value)
    )


def _is_a_metric(node: ast.Compare, source: Source) -> bool:
    """Return whether a comparison becomes a number, or is called what metrics are."""
    statement = statement_of(source, node)
    if statement is None:
        return False
    stored = [part.id.lower() for part in ast.walk(statement) if isinstance(part, ast.Name) and _is_stored(part)]
    if any(word in _MEASURES for name in stored for word in name.split("_")):
        return True
    return any(
        isinstance(part, ast.Call) and called(part) in ("mean", "sum") and not part.args and not part.keywords
        for part in ast.walk(statement)
        if isinstance(part, ast.Call) and any(inner is node for inner in ast.walk(part))
    )


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _noted(node: ast.Compare, column: ast.Name, count: int, source: Source) -> Note:
    says = (
        f"`{source.named(node)}` compares the shape [{count}, 1] with [{count}]: the result has the shape "
        f"[{count}, {count}], each prediction with each label, and says nothing of the model. `{column.id}.squeeze(1)` "
        f"has the shape [{count}]."
    )
    return noted("broadcast-metric", says, node.lineno, replaced(source, column, f"{column.id}.squeeze(1)"))
