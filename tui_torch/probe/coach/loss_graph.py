"""The autograd graph below a loss: kinds of operations, shapes of results, leaves."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import torch

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.isolation.torch_internals import has_unpack_hook, result_metadata, saved_value, sequence_number
from tui_torch.probe.values.elements import Base

NODES = 1500
"""Maximum number of operations that are looked at, those nearest the loss."""

_PLAIN = frozenset(
    f"{name}Backward{number}"
    for name in ("Mean", "Sum", "Pow", "Abs", "Mul", "Div", "Sqrt", "Neg", "Add", "ToCopy")
    for number in (0, 1)
)
"""Arithmetic and reductions: what comes between a difference and the loss that is made of it."""

_VIEWS = frozenset(
    f"{name}Backward{number}"
    for name in (
        "View",
        "UnsafeView",
        "ReshapeAlias",
        "Transpose",
        "Permute",
        "Squeeze",
        "Unsqueeze",
        "Slice",
        "Select",
        "Alias",
        "ToCopy",
        "Clone",
    )
    for number in range(3)
)
"""Operations whose result has the numbers of their input."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One node of the graph."""

    of: Any
    kind: str
    """The name of its class: `SubBackward0`."""
    near: bool
    """Whether only arithmetic and reductions stand between it and the loss."""

    def below(self, index: int = 0) -> Any:
        """Return the node that made an input; None if that input needs no gradient."""
        found = inputs(self.of)
        return found[index][0] if index < len(found) else None


class LossGraph:
    """The operations and leaves below a loss, read before a `backward()` frees them. Keeps them alive."""

    def __init__(self, loss: torch.Tensor) -> None:
        self.operations: list[Operation] = []
        self.leaves: list[torch.Tensor] = []
        """The tensors that the `backward()` will fill, those nearest the loss first."""
        root = Base.grad_fn.__get__(loss)
        if root is None:
            return
        met = {root}
        waiting: deque[tuple[Any, bool]] = deque([(root, True)])
        while waiting and len(self.operations) < NODES:
            node, near = waiting.popleft()
            kind = type(node).__name__
            if kind == "AccumulateGrad":
                self.leaves.append(node.variable)
                continue
            self.operations.append(Operation(node, kind, near))
            for parent, _ in inputs(node):
                if parent is not None and parent not in met:
                    met.add(parent)
                    waiting.append((parent, near and kind in _PLAIN))

    def only_leaves(self) -> LossGraph:
        """Return a graph that keeps the leaves and no operation alive."""
        graph = LossGraph.__new__(LossGraph)
        graph.operations, graph.leaves = [], self.leaves
        return graph


def number_of(value: torch.Tensor) -> int | None:
    """Return the number of the operation that made a tensor, unique in its thread; None for a leaf."""
    node = Base.grad_fn.__get__(value)
    return None if node is None else sequence_number(node)


def through_views(node: Any) -> Any:
    """Return the first node, from this one towards the leaves, that is not a view; None if there is none."""
    while node is not None and type(node).__name__ in _VIEWS:
        found = inputs(node)
        node = found[0][0] if found else None
    return node


def result_shape(node: Any) -> tuple[int, ...] | None:
    """Return the shape of a node's first result; None if it is unknown."""
    try:
        if type(node).__name__ == "AccumulateGrad":
            return tuple(node.variable.shape)
        return result_metadata(node, 0)[0]
    except (AttributeError, IndexError, TypeError, RuntimeError):
        return None


def saved(node: Any, name: str) -> Any:
    """Return what a node saved under a name; None if it is freed, was modified, or unpacking it would call a hook."""
    try:
        return None if has_unpack_hook(node, name) else saved_value(node, name)
    except (AttributeError, RuntimeError):
        return None
