"""Scores of classes that are cosines times a small number: their softmax stays close to uniform."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_graph import result_shape, saved
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.tensor_stamp import MOST
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

_LOOKS = 4
"""The number of `backward()` calls that are looked at, each of which has to find such scores."""
HIGH = 0.75
"""The part of the loss of a guess that the lowest possible one is, if nearly nothing can be learned."""
_OF_PRODUCTS = ("@", "mm(", "matmul", "linear", "einsum", "sim", "cos")
"""Parts of code that computes cosines, or names them."""
_PASSING = ("TBackward0", "TransposeBackward0", "ViewBackward0", "UnsafeViewBackward0", "CloneBackward0")


@dataclass(frozen=True, slots=True)
class _Scores:
    scale: float
    """What the cosines are multiplied by."""
    classes: int

    @property
    def lowest(self) -> float:
        """The lowest cross-entropy: of one score at the top, and all others at the bottom."""
        return math.log1p((self.classes - 1) * math.exp(-2 * self.scale))


class FlatScores(CoachRule):
    """Looks how far apart the scores of a cross-entropy can be, by what they are computed of."""

    def __init__(self) -> None:
        self._looks = 0
        self._found: list[tuple[_Scores, int]] = []

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._looks >= _LOOKS:
            return
        self._looks += 1
        for operation in snapshot.graph.operations:
            if operation.kind == "LogSoftmaxBackward0":
                found = _scores(operation.of)
                if found is not None:
                    self._found.append((found, snapshot.record.line))
                return

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._looks < 2 or len(self._found) < self._looks or not facts.optimizers:
            return
        scores, line = self._found[-1]
        guess = math.log(scores.classes)
        if scores.lowest < HIGH * guess or any(found.scale != scores.scale for found, _ in self._found):
            return
        factor = "" if scores.scale == 1 else f" times {number(scores.scale)}"
        says = (
            f"The scores are cosines{factor}, from -{number(scores.scale)} to {number(scores.scale)}. The softmax of "
            f"{scores.classes} scores so close together is nearly uniform: the loss cannot fall below "
            f"{number(scores.lowest)}, and a guess has log({scores.classes}) = {number(guess)}."
        )
        place = _multiplied(scores.scale, facts.source) if scores.scale < 1 else None
        if scores.scale < 1:
            says += " Divide the cosines by a temperature that small."
        fix = None if place is None else _divided(place, scores.scale, facts.source)
        yield noted("flat-scores", says, line if place is None else place.lineno, fix)


def _scores(node: Any) -> _Scores | None:
    """Return what a logarithm of a softmax is taken of, if it is products of vectors of length 1 at most."""
    shape, dim = result_shape(node), saved(node, "dim")
    if not shape or len(shape) != 2 or not isinstance(dim, int):
        return None
    classes, scale = shape[dim - 2**64 if dim >= 2**63 else dim], 1.0
    below = next(iter(inputs(node)), (None, 0))[0]
    for _ in range(8):
        kind = type(below).__name__
        if kind in ("MulBackward0", "DivBackward0"):
            factor = _factor(saved(below, "other"))
            if factor is None:
                return None
            scale = scale * factor if kind == "MulBackward0" else scale / factor
        elif kind == "MmBackward0":
            return _Scores(scale, classes) if classes > 1 and _are_of_length_one(below) else None
        elif kind not in _PASSING:
            return None
        below = next(iter(inputs(below)), (None, 0))[0]
    return None


def _factor(other: Any) -> float | None:
    """Return a number that nothing learns; None of anything else."""
    if isinstance(other, torch.Tensor):
        if other.dim() or other.requires_grad:
            return None
        other = float(other)
    return float(other) if isinstance(other, int | float) and other > 0 else None


def _are_of_length_one(node: Any) -> bool:
    one, other = saved(node, "self"), saved(node, "mat2")
    if not isinstance(one, torch.Tensor) or not isinstance(other, torch.Tensor):
        return False
    if one.layout is not torch.strided or max(one.numel(), other.numel()) > MOST:
        return False
    lengths = torch.cat([one.detach().float().norm(dim=1), other.detach().float().norm(dim=0)])
    return bool((lengths < 1.001).all())


def _multiplied(scale: float, source: Source) -> ast.BinOp | ast.AugAssign | None:
    """Return the code that multiplies by a number of that value; None if there is none, or there are several."""
    found = [
        node
        for node in source.nodes
        if (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _side(node, scale, source) is not None)
        or (isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Mult) and _is(node.value, scale, source))
    ]
    if len(found) > 1:
        found = [node for node in found if any(part in ast.unparse(node) for part in _OF_PRODUCTS)]
    return found[0] if len(found) == 1 and isinstance(found[0], ast.BinOp | ast.AugAssign) else None


def _side(node: ast.BinOp, scale: float, source: Source) -> tuple[ast.expr, ast.expr] | None:
    """Return what is multiplied, and the number."""
    if _is(node.right, scale, source):
        return node.left, node.right
    return (node.right, node.left) if _is(node.left, scale, source) else None


def _is(node: ast.expr, scale: float, source: Source) -> bool:
    """Return whether code stands for a number: itself, by its name, or as what a function is given by default."""
    name = ast.unparse(node).removeprefix("self.")
    values: list[ast.expr] = [node] if isinstance(node, ast.Constant) else []
    if isinstance(node, ast.Name | ast.Attribute):
        for one in source.nodes:
            if isinstance(one, ast.Assign) and any(ast.unparse(t).removeprefix("self.") == name for t in one.targets):
                values.append(one.value)
            elif isinstance(one, ast.FunctionDef):
                named = [*one.args.posonlyargs, *one.args.args]
                defaults = zip(named[len(named) - len(one.args.defaults) :], one.args.defaults, strict=True)
                values += [default for argument, default in defaults if argument.arg == name]
    numbers = [one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, int | float)]
    return any(math.isclose(value, scale, rel_tol=1e-6) for value in numbers)


def _divided(place: ast.BinOp | ast.AugAssign, scale: float, source: Source) -> Fix | None:
    if isinstance(place, ast.AugAssign):
        return replaced(source, place, f"{source.named(place.target)} /= {source.named(place.value)}")
    sides = _side(place, scale, source)
    if sides is None:
        return None
    text = source.named(sides[0])
    bare = isinstance(sides[0], ast.Call | ast.Name | ast.Attribute | ast.Subscript) or sides[0] is place.left
    return replaced(source, place, f"{text if bare else f'({text})'} / {source.named(sides[1])}")
